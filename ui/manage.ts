/**
 * `@manage`: finds the screen that a request is for, asks the policy, shows the screen or does what
 * was asked there.
 *
 * Showing changes nothing. An action is sent with `POST` and its name in the field `action`; when it
 * is done the browser is sent on, with `?done=TID` when something changed. When it is refused, what
 * it changed is forgotten and the screen is shown again with the reason and what was typed. With
 * `Accept: application/json`, or `?format=json`, a screen answers what `show` gives, and an action
 * what became of it.
 */
import {
  BadRequest,
  type Content,
  isKnown,
  JOIN_PERMISSION,
  NotFound,
  problemOf,
  problemResponse,
  type PublishRequest,
  Response,
  ServerError,
  Taken,
  Unauthorized,
  type View,
} from '../server/index.js';
import { attemptOf, reportFor, triedOut } from './attempt.js';
import { shownDryRun } from './dry-run.js';
import { forgetSaid, sayLater } from './message.js';
import { guarded, pageResponse, queryWithout } from './page.js';
import { render } from './render.js';
import {
  type AnyScreen,
  type Attempt,
  findScreen,
  mayOpen,
  type Outcome,
  rememberRest,
  requireOpen,
  screensFor,
  screenUrl,
} from './screen.js';
import { errorPage } from './screens/error.js';
import { frameOf } from './shell.js';

/** Partials of the frame that any screen gives alone. */
const FRAME_PARTS = ['tree'];

export const manageView: View = {
  name: '@manage',
  preflight(request) {
    openScreen(request.object, request);
  },
  async handle(request) {
    try {
      return await answer(request.object, request);
    } catch (error) {
      if (!isExplained(error, request)) throw error;
      request.connection.abort();
      request.policy.forget();
      return wantsPage(request) ? await errorPage(error, request) : problemFor(error);
    }
  },
  /** Shows the screen again with what was typed, and what its form would change. */
  async dryRun(request, run) {
    const { object, form } = request;
    const dryRun = shownDryRun(request, run);
    const attempt = triedOut(request, { action: form.text('action'), dryRun });
    return show(openScreen(object, request), object, request, attempt);
  },
  /**
   * An undo asked of what is gone by now, and what was refused because of the version, or the moment,
   * that the browser is in.
   */
  async error(error, _id, request) {
    if (!isKnown(request.user)) return undefined;
    if (!isOfPlace(error)) {
      return error instanceof NotFound && wantsPage(request) ? undoNear(request) : undefined;
    }
    if (!wantsPage(request)) return problemFor(error);
    return (await shownAgain(error, request)) ?? (await errorPage(error, request));
  },
};

/** Codes of refusals that depend on where a browser is. */
const CODES_OF_PLACE: ReadonlySet<string> = new Set([
  'SRV_IN_PAST',
  'SRV_IN_VERSION',
  'SRV_NO_VERSION',
]);

function isOfPlace(error: unknown): error is ServerError {
  if (error instanceof Unauthorized) return error.lacking?.permission === JOIN_PERMISSION;
  return error instanceof ServerError && CODES_OF_PLACE.has(error.code);
}

/** Shows the screen that a form was sent to with what was typed; `undefined` where it is not there. */
async function shownAgain(
  error: ServerError,
  request: PublishRequest,
): Promise<Response | undefined> {
  const { object, missing, carriedAt, form } = request;
  if (missing.length > 0 || carriedAt !== undefined || !request.mayWrite) return undefined;
  const found = findScreen(object, request.rest)?.screen;
  if (found === undefined || !mayOpen(found, object, request)) return undefined;
  const screen = openScreen(object, request);
  const attempt = attemptOf(error, request, { action: form.text('action'), form, object });
  const page = await show(screen, object, request, attempt);
  return page.setAll(reportFor(error).headers);
}

/**
 * Leads an undo that was asked of an object which is gone by now to the nearest container that stands,
 * where the plan is shown; `undefined` for any other request.
 */
function undoNear(request: PublishRequest): Response | undefined {
  const { form, mayWrite, missing, object, rest } = request;
  const screen = findScreen(object, rest)?.screen;
  const isUndo = mayWrite && missing.length > 0 && screen?.actions?.['undo'] !== undefined;
  if (!isUndo || !mayOpen(screen, object, request)) return undefined;
  const query = new URLSearchParams(
    form.all('transaction').map((tid): [string, string] => ['tid', tid]),
  );
  const address = `${screenUrl(object, screen.path)}?${query.toString()}`;
  const response = guarded(Response.redirect(address, 303));
  sayLater(response, `Not undone: ${missing.join('/')} is not in ${object.path} any more`);
  return response;
}

/** A refusal as a JSON client reads it. */
function problemFor(error: ServerError): Response {
  return guarded(problemResponse(problemOf(error, '')));
}

async function answer(object: Content, request: PublishRequest): Promise<Response> {
  const screen = openScreen(object, request);
  if (request.method === 'GET' || request.method === 'HEAD') {
    const other = insteadOf(screen, object, request) ?? screen.answer?.(object, request);
    return other ?? show(screen, object, request);
  }
  const name = request.form.text('action');
  const action = screen.actions?.[name];
  if (action === undefined || !Object.hasOwn(screen.actions ?? {}, name)) {
    throw new BadRequest(
      `The screen ${screen.path} has no action called ${name || '(none given)'}`,
    );
  }
  try {
    if (action.permission !== undefined) request.policy.require(action.permission, object);
    const outcome = await action.run(object, request);
    return outcome instanceof Response ? outcome : sendOn(outcome, object, request);
  } catch (error) {
    if (!wantsPage(request) || !isExplained(error, request)) throw error;
    request.connection.abort();
    request.policy.forget();
    const attempt = attemptOf(error, request, { action: name, form: request.form, object });
    const page = await show(screen, object, request, attempt);
    return page.setAll(reportFor(error).headers);
  }
}

/** Leads to the screen that shows the same; `undefined` where the one asked for shows it. */
function insteadOf(
  screen: AnyScreen,
  object: Content,
  request: PublishRequest,
): Response | undefined {
  const path = screen.instead?.(object, request);
  if (path === undefined) return undefined;
  const query = queryWithout(request, []);
  const address = screenUrl(object, path);
  return guarded(Response.redirect(query === '' ? address : `${address}?${query}`, 303));
}

/** Finds the screen asked for; without a path, the first tab that may be opened. */
function openScreen(object: Content, request: PublishRequest): AnyScreen {
  if (request.rest.length === 0) {
    const first = screensFor(object, request).find((screen) => screen.tab !== undefined);
    if (first !== undefined) return first;
    request.policy.require('View management screens', object);
    throw new NotFound(`There is no screen for ${object.path}`);
  }
  const found = findScreen(object, request.rest);
  if (found === undefined) {
    request.policy.require('View management screens', object);
    throw new NotFound(`There is no screen ${request.rest.join('/')} for ${object.path}`);
  }
  requireOpen(found.screen, object, request);
  if (found.screen.isForm === true && request.connection.at !== undefined) {
    throw new Taken('The past is read-only. Go back to the present to change something.', {
      code: 'SRV_IN_PAST',
    });
  }
  rememberRest(request, found.rest);
  return found.screen;
}

async function show(
  screen: AnyScreen,
  object: Content,
  request: PublishRequest,
  attempt?: Attempt,
): Promise<Response> {
  const model = await screen.show(object, request, attempt);
  if (!wantsPage(request)) return guarded(Response.json(model));
  const part = request.query.text('part');
  const frame = await frameOf(object, request, { screen, attempt });
  if (part !== '') {
    if (!FRAME_PARTS.includes(part) && !(screen.parts ?? []).includes(part)) {
      throw new NotFound(`The screen ${screen.path} has no part called ${part}`);
    }
    const html = render(`partials/${part}`, model, { frame, nowMs: request.nowMs });
    return guarded(Response.html(html));
  }
  const status = attempt?.status ?? 200;
  const response = pageResponse(request, { view: screen.view, model, frame, status });
  forgetSaid(request, response);
  return response;
}

/** Sends the browser on after an action; a JSON client is told where to. */
function sendOn(outcome: Outcome, object: Content, request: PublishRequest): Response {
  const changed = request.connection.hasChanges;
  const query = [outcome.query ?? '', changed ? `done=${request.pendingTid}` : '']
    .filter((each) => each !== '')
    .join('&');
  const address = screenUrl(outcome.at ?? object, outcome.goTo);
  const url = query === '' ? address : `${address}?${query}`;
  if (!wantsPage(request)) {
    const message = outcome.message ?? '';
    const tid = changed ? { tid: request.pendingTid } : {};
    return withCookie(guarded(Response.json({ url, message, ...tid })), outcome);
  }
  const response = withCookie(guarded(Response.redirect(url, 303)), outcome);
  if (!changed && outcome.message !== undefined) sayLater(response, outcome.message);
  return response;
}

function withCookie(response: Response, { cookie }: Outcome): Response {
  return cookie === undefined ? response : response.append('Set-Cookie', cookie);
}

function wantsPage(request: PublishRequest): boolean {
  if (request.query.text('format') === 'json') return false;
  const accept = request.headers['accept'] ?? '';
  return !accept.includes('application/json') || accept.includes('text/html');
}

/**
 * True for what a person should read in the admin's own words. The others pass: a conflict is
 * retried, an unknown visitor is asked to sign in, and a fault of ours is the publisher's to log.
 */
function isExplained(error: unknown, request: PublishRequest): error is ServerError {
  if (!(error instanceof ServerError) || reportFor(error).status >= 500) return false;
  return !(error instanceof Unauthorized && !isKnown(request.user));
}
