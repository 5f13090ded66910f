/**
 * Signing in and out: the views `@login` and `@logout`.
 *
 * `P/@login` asks the user folders from P outward; at the root, those along `next`. Right
 * credentials begin a session under a new id; the one that the browser came with ends. A browser
 * gets pages and is sent on; a client that sends JSON, or would rather have it, gets JSON, its
 * refusals included. Nothing of it is a transaction.
 */
import { problemOf, problemResponse } from '../api/problem.js';
import type { Content } from '../content/content.js';
import {
  MethodNotAllowed,
  ServerError,
  TooLarge,
  TooManyAttempts,
  Unauthorized,
} from '../errors.js';
import { isKnown, principalKey } from '../security/principal.js';
import { SESSION_COOKIE, type Sessions } from '../security/session.js';
import { type Authenticator, isSecure, type KnownUser } from './authenticate.js';
import { reportError } from './error-page.js';
import { localPath } from './local-path.js';
import { momentCookie, MOMENT_COOKIE } from './moment.js';
import type { PublishRequest } from './request.js';
import { Response } from './response.js';
import { renderSignIn, renderSignOut } from './sign-in-page.js';
import { traverse } from './traverse.js';
import { versionCookie, VERSION_COOKIE } from './version.js';
import type { View } from './view.js';

const METHODS: readonly string[] = ['GET', 'HEAD', 'POST'];

export interface SignInOptions {
  readonly authenticator: Authenticator;
  readonly sessions: Sessions;
}

/** Makes the views by which people sign in and out. */
export function signInViews({ authenticator, sessions }: SignInOptions): readonly View[] {
  return [
    {
      name: '@login',
      open: true,
      handle: (request) =>
        refusing(request, () => {
          requireMethod(request);
          return request.method === 'POST'
            ? signIn(request, authenticator, sessions)
            : signInPage(request, 200);
        }),
      preflight: refuseLarge,
    },
    {
      name: '@logout',
      open: true,
      handle: (request) =>
        refusing(request, () => {
          requireMethod(request);
          return request.method === 'POST' ? signOut(request, sessions) : signOutPage(request);
        }),
      preflight: refuseLarge,
    },
  ];
}

/** Answers a refusal as a problem to whoever wants JSON; to others it is a page of the site. */
async function refusing(
  request: PublishRequest,
  answer: () => Response | Promise<Response>,
): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    const problem = error instanceof ServerError ? problemOf(error, '') : undefined;
    if (problem === undefined || problem.status === 500 || !wantsJson(request)) throw error;
    return problemResponse(problem);
  }
}

async function signIn(
  request: PublishRequest,
  authenticator: Authenticator,
  sessions: Sessions,
): Promise<Response> {
  const { form, envelope, origin, cookies } = request;
  const sent = {
    name: form.text('name').normalize('NFC'),
    password: form.text('password'),
    remoteAddress: envelope.remoteAddress,
  };
  let known: KnownUser;
  try {
    known = await authenticator.verify(sent, askedAt(request));
  } catch (error) {
    const refused = error instanceof Unauthorized || error instanceof TooManyAttempts;
    if (wantsJson(request) || !refused) throw error;
    return refusedPage(request, error);
  }
  const { principal, roles } = known.caller;
  const session = sessions.start({
    principal: principalKey(principal),
    credential: known.credential,
    remember: form.text('remember') !== '',
    replaces: cookies[SESSION_COOKIE],
    secure: isSecure({ origin }),
  });
  await session.stored;
  const { name, userFolder } = principal;
  const response = wantsJson(request)
    ? Response.json({ name, userFolder, roles })
    : Response.redirect(nextOf(request), 303);
  return unkept(response).append('Set-Cookie', session.cookie);
}

async function signOut(request: PublishRequest, sessions: Sessions): Promise<Response> {
  const secure = isSecure({ origin: request.origin });
  const ended = sessions.end(request.cookies[SESSION_COOKIE], { secure });
  await ended.stored;
  const response = wantsJson(request) ? Response.json({}) : Response.redirect(nextOf(request), 303);
  unkept(response).append('Set-Cookie', ended.cookie);
  // Whoever sits down next begins on main.
  if (VERSION_COOKIE in request.cookies) {
    response.append('Set-Cookie', versionCookie(undefined, secure));
  }
  if (MOMENT_COOKIE in request.cookies) {
    response.append('Set-Cookie', momentCookie(undefined, secure));
  }
  return response;
}

/** Gives the object whose user folders are asked, from there outward. */
function askedAt(request: PublishRequest): Content {
  const { object } = request;
  if (object.container !== undefined) return object;
  const [path = '/'] = nextOf(request).split(/[?#]/, 1);
  const { executable, object: reached } = traverse(object, path);
  return executable ?? reached;
}

function signInPage(request: PublishRequest, status: number, message = ''): Response {
  const model = {
    action: request.path,
    next: nextOf(request),
    name: request.form.text('name'),
    message,
    status,
  };
  return unkept(renderSignIn(model, request));
}

function refusedPage(request: PublishRequest, error: Unauthorized | TooManyAttempts): Response {
  const { status, headers } = reportError(error, request.path, '');
  const response = signInPage(request, status, error.message).setAll(headers);
  // With the usual challenge, a browser would ask by a dialog of its own on top of the page.
  return status === 401 ? response.set('WWW-Authenticate', 'Form realm="Canopy"') : response;
}

function signOutPage(request: PublishRequest): Response {
  const name = isKnown(request.user) ? request.user.name : '';
  return unkept(renderSignOut({ action: request.path, name }, request));
}

/** Gives the path to go to: on this site, whatever a link to the page says. */
function nextOf({ form, object }: PublishRequest): string {
  return localPath(form.text('next')) ?? object.url;
}

function wantsJson({ mediaType, headers }: PublishRequest): boolean {
  if (mediaType === 'application/json') return true;
  const accept = headers['accept'] ?? '';
  return weightOf('application/json', accept) > weightOf('text/html', accept);
}

/** Gives how much a media type is wanted, from 0 to 1, by an `Accept` header. */
function weightOf(type: string, accept: string): number {
  const ranges = accept.toLowerCase().split(',');
  const wanted = [type, type.replace(/\/.*/, '/*'), '*/*'];
  for (const each of wanted) {
    const [range] = ranges.filter((one) => one.split(';', 1)[0]?.trim() === each);
    if (range !== undefined) return Number(/;\s*q=([\d.]+)/.exec(range)?.[1] ?? 1);
  }
  return 0;
}

function unkept(response: Response): Response {
  return response.set('Cache-Control', 'no-store');
}

function requireMethod({ method, path }: PublishRequest): void {
  if (METHODS.includes(method)) return;
  throw new MethodNotAllowed(`${path} answers to ${METHODS.join(', ')}.`, { allow: METHODS });
}

/** A name and a password are never that long. */
function refuseLarge({ path }: PublishRequest): never {
  throw new TooLarge(`${path} takes a name and a password, nothing larger.`);
}
