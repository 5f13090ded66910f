/**
 * Previews: pages of the site as a version would make them, for whoever has a link to that.
 *
 * `/@preview/TOKEN` gives the browser a cookie and sends it to the site. As long as the link holds, it
 * then sees the pages that Anonymous would see if the version were checked in, whoever is signed in:
 * pages alone, neither the admin nor the JSON interface, and nothing can be sent to them. Whoever is
 * in a version of their own sees that one. `POST /@preview` ends it.
 */
import { isContainer } from '../content/content.js';
import { findPreview } from '../content/version-preview.js';
import type { Work } from '../content/work.js';
import { Forbidden, MethodNotAllowed, NotFound, TooLarge, Unauthorized } from '../errors.js';
import { isSecure, readCookie } from './authenticate.js';
import { localPath } from './local-path.js';
import { isSafeMethod } from './methods.js';
import type { Envelope, PublishRequest } from './request.js';
import type { RequestVersion } from './request-version.js';
import { Response } from './response.js';
import type { Traversed } from './traverse.js';
import type { View } from './view.js';

export const PREVIEW_COOKIE = 'canopy_preview';

/** What a browser's cookie shows. */
export interface ChosenPreview {
  readonly version: RequestVersion | undefined;
  /** The browser has the cookie of a link that does not hold any more. */
  readonly hasEnded: boolean;
}

const NONE: ChosenPreview = { version: undefined, hasEnded: false };

/** Signs nobody in, and asks nobody who they are: the token is all there is to it. */
export const previewView: View = {
  name: '@preview',
  open: true,
  appliesTo: (object) => isContainer(object) && object.container === undefined,
  handle: (request) => (request.rest.length === 0 ? leave(request) : open(request)),
  preflight: ({ path }) => {
    throw new TooLarge(`${path} takes nothing so large.`);
  },
};

/**
 * Finds what a page is to be shown in.
 *
 * @param main a connection to main
 * @throws Forbidden `SRV_PREVIEW` for a request to a page that might change something
 */
export function choosePreview(
  { headers, method }: Pick<Envelope, 'headers' | 'method'>,
  { view }: Pick<Traversed, 'view'>,
  main: Pick<Work, 'connection' | 'site' | 'nowMs'>,
): ChosenPreview {
  const token = view === undefined ? readCookie(headers['cookie'], PREVIEW_COOKIE) : undefined;
  if (token === undefined || token === '') return NONE;
  const found = findPreview(main, token);
  if (found?.version.oid === undefined) return { version: undefined, hasEnded: true };
  if (!isSafeMethod(method)) {
    throw new Forbidden('A preview can be looked at, and nothing be sent to it. Leave it first.', {
      code: 'SRV_PREVIEW',
    });
  }
  const { version: object, untilMs } = found;
  const { oid, path, title } = found.version;
  const preview = { until: new Date(untilMs) };
  return { version: { object, oid, path, title, by: 'preview', preview }, hasEnded: false };
}

/** Gives what somebody is told who looks at a preview: to sign in would change nothing. */
export function inPreview(error: unknown, version: RequestVersion | undefined): unknown {
  if (version?.by !== 'preview' || !(error instanceof Unauthorized)) return error;
  const message = 'This is not for everybody to see, and so it is no part of the preview.';
  return new Forbidden(message, { code: 'SRV_PREVIEW', cause: error });
}

/** Gives a `Set-Cookie` value that begins a preview, or, without one, ends it. */
export function previewCookie(
  preview: { readonly token: string; readonly seconds: number } | undefined,
  secure: boolean,
): string {
  const { token = '', seconds = 0 } = preview ?? {};
  const parts = [`${PREVIEW_COOKIE}=${token}`, 'Path=/', 'HttpOnly', 'SameSite=Lax'];
  if (secure) parts.push('Secure');
  return [...parts, `Max-Age=${seconds}`].join('; ');
}

function open(request: PublishRequest): Response {
  const { headers, method, nowMs, path, rest } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    throw new MethodNotAllowed(`${path} is opened by a link.`, { allow: ['GET', 'HEAD'] });
  }
  // A page of another site could make browsers see a preview that nobody asked for.
  if ((headers['sec-fetch-dest'] ?? 'document') !== 'document') {
    throw new Forbidden('A preview is opened by following its link.', { code: 'SRV_PREVIEW' });
  }
  const [token = '', ...more] = rest;
  const found = more.length > 0 ? undefined : findPreview(request, token);
  if (found === undefined) {
    throw new NotFound('This link for a preview has ended. Ask whoever sent it for another one.', {
      code: 'SRV_NO_PREVIEW',
    });
  }
  const seconds = Math.ceil((found.untilMs - nowMs) / 1000);
  return unkept(Response.redirect('/')).append(
    'Set-Cookie',
    previewCookie({ token, seconds }, isSecure(request)),
  );
}

function leave(request: PublishRequest): Response {
  const { form, mediaType, method, path } = request;
  if (method !== 'POST') {
    throw new MethodNotAllowed(`A POST of ${path} ends a preview.`, { allow: ['POST'] });
  }
  const isJson = mediaType === 'application/json';
  const back = localPath(form.text('back')) ?? '/';
  const response = isJson ? Response.json({}) : Response.redirect(back, 303);
  return unkept(response).append('Set-Cookie', previewCookie(undefined, isSecure(request)));
}

/** The address has the token in it, which is for nobody else. */
function unkept(response: Response): Response {
  return response.set('Cache-Control', 'no-store').set('Referrer-Policy', 'no-referrer');
}
