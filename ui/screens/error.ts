/**
 * The admin's error page: what was refused or not found, the steps that led to it, and the ways on.
 *
 * It has the frame of the object asked for where the reader may manage that, so that its other
 * screens are at hand, and else stands alone.
 */
import {
  type Content,
  type PublishRequest,
  type Response,
  type ServerError,
  Unauthorized,
} from '../../server/index.js';
import { attemptOf, reportFor } from '../attempt.js';
import { pageResponse } from '../page.js';
import { anyObject, type AnyScreen, defineScreen, screenUrl, type ViewModel } from '../screen.js';
import { frameOf } from '../shell.js';
import { placesOfWork } from '../where-to-work.js';

/** Answers with the page of an error that a person should read. */
export async function errorPage(error: ServerError, request: PublishRequest): Promise<Response> {
  const { object } = request;
  const report = reportFor(error, request.path);
  const attempt = attemptOf(error, request, { action: '', form: request.query, object });
  const refused = error instanceof Unauthorized;
  const near = openFrom(object, request);
  const places = near === undefined ? (refused ? placesOfWork(request) : []) : [near];
  const model: ViewModel = {
    status: report.status,
    title: report.title,
    detail: attempt.detail,
    icon: attempt.icon,
    because: attempt.because,
    whoMay: attempt.whoMay,
    code: error.code,
    request: `${request.method} ${request.path}`,
    places: places.map(placeLink),
    isLost: refused && places.length === 0,
    signInHref: refused ? `/@login?next=${encodeURIComponent(addressOf(request))}` : '',
    user: request.user.name,
    path: object.path,
  };
  const screen = screenFor(report.title);
  const frame = await frameOf(object, request, { screen, attempt: undefined });
  const response = pageResponse(request, { view: 'error', model, frame, status: report.status });
  for (const [name, value] of Object.entries(report.headers)) response.set(name, value);
  return response;
}

/** What the frame reads of a screen. It asks no permission: whoever is refused is to see it. */
function screenFor(title: string): AnyScreen {
  return defineScreen({
    path: 'error',
    title,
    view: 'error',
    help: 'errors',
    appliesTo: anyObject,
    show: () => ({}),
  });
}

function placeLink(object: Content): { readonly path: string; readonly href: string } {
  return { path: object.path, href: screenUrl(object) };
}

/** Where to go after signing in: back here; what a form had sent cannot be sent again. */
function addressOf({ path, rawQuery }: PublishRequest): string {
  return rawQuery === '' ? path : `${path}?${rawQuery}`;
}

/** The object itself, or its nearest container, whose screens the reader may open. */
function openFrom(object: Content, request: PublishRequest): Content | undefined {
  for (let at: Content | undefined = object; at !== undefined; at = at.container) {
    if (request.policy.may('View management screens', at)) return at;
  }
  return undefined;
}
