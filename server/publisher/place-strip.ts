/**
 * The strip on the site's own pages, for a browser that is not on main: in a version, in the past, or
 * in a preview of a version. It says so, and has the way out.
 *
 * It is put before the end of a page's body, into a shadow tree of its own, so that the page's styles do
 * not reach it and its style does not reach the page; it takes no room and needs no script. What only a
 * program asks for (a header names the version, or a script fetches a part) stays as it is.
 */
import { createHash } from 'node:crypto';
import { tidToMs } from '../../odb/index.js';
import { isKnown } from '../security/principal.js';
import { minuteInWords } from '../words.js';
import { placesUrl, PresentMain } from './browser-place.js';
import { policyWith } from './content-policy.js';
import { escapeHtml } from './error-page.js';
import type { PublishRequest } from './request.js';
import type { Response } from './response.js';
import { findView } from './view.js';

const POLICY = 'Content-Security-Policy';

const STYLE = `
:host { all: initial !important; color-scheme: light dark !important; display: block !important; position: fixed !important; inset: auto auto 12px 12px !important; z-index: 2147483647 !important; max-inline-size: calc(100vw - 24px) !important }
div { display: flex; align-items: center; gap: 4px 10px; padding: 5px 6px 5px 12px; border: 1px solid; border-radius: 8px; font: 13px/1.45 system-ui, sans-serif; box-shadow: 0 2px 10px light-dark(#0003, #0008) }
.version, .preview { background: light-dark(#fdf3df, #35291a); border-color: light-dark(#c08d2e, #c29041); color: light-dark(#2b2418, #f3ead9) }
.past { background: light-dark(#e9f1fb, #1b2938); border-color: light-dark(#4a83c4, #5d96d6); color: light-dark(#182433, #dfeaf6) }
span { min-inline-size: 0; overflow: hidden; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow-wrap: anywhere }
a, button { flex: none; font: inherit; color: inherit; padding: 3px 9px; border: 1px solid transparent; border-radius: 5px; background: none; cursor: pointer }
a { text-underline-offset: 2px }
button { border-color: currentColor }
a:hover, button:hover { background: light-dark(#0001, #fff2) }
:focus-visible { outline: 2px solid currentColor; outline-offset: 2px }
form { display: contents }
@media print { :host { display: none !important } }
`;
const STYLE_HASH = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;

/** Puts the strip into an answer that is a page of the site, where it belongs there. */
export function putStrip(response: Response, request: PublishRequest): void {
  const { body } = response;
  const isOnMain = request.version === undefined && request.carriedAt === undefined;
  if (isOnMain || typeof body !== 'string' || !isPage(response, request)) return;
  const at = endOf(body);
  const strip = at === undefined ? undefined : stripFor(request);
  if (at === undefined || strip === undefined) return;
  response.body = body.slice(0, at) + strip + body.slice(at);
  // It was of the page without the strip.
  response.remove('ETag');
  const policies = response.headers.filter(([name]) => name.toLowerCase() === POLICY.toLowerCase());
  if (policies.length === 0) return;
  response.remove(POLICY);
  for (const [, policy] of policies) {
    response.append(POLICY, policyWith(policy, { styleHash: STYLE_HASH }));
  }
}

/** A document that a browser shows in a window of its own. */
function isPage(response: Response, { view, headers }: PublishRequest): boolean {
  if (view !== undefined) return false;
  const shownIn = headers['sec-fetch-dest'] ?? 'document';
  if (shownIn !== 'document') return false;
  return /^text\/html\b/i.test(response.header('Content-Type') ?? '');
}

/** Where the body of a document ends; `undefined` for a part of one. */
function endOf(html: string): number | undefined {
  for (const end of [/<\/body\s*>/gi, /<\/html\s*>/gi]) {
    const last = [...html.matchAll(end)].at(-1);
    if (last !== undefined) return last.index;
  }
  return /^\s*<(!doctype|html)\b/i.test(html) ? html.length : undefined;
}

/** The strip for where the browser is; `undefined` on main. */
function stripFor(request: PublishRequest): string | undefined {
  const { version, carriedAt } = request;
  const isInside = version?.by === 'cookie' || version?.by === 'preview';
  if (carriedAt !== undefined) {
    const when = `${minuteInWords(tidToMs(carriedAt))} UTC`;
    const title = isInside ? `${version.title || version.path} as of ${when}` : `As of ${when}`;
    return strip('past', title, wayOut(request, 'present', 'Back to the present'));
  }
  if (version === undefined || !isInside) return undefined;
  const name = version.title || version.path;
  if (version.by === 'preview') {
    const until = version.preview?.until;
    const ends = until === undefined ? '' : `, until ${minuteInWords(until.getTime())} UTC`;
    const out = form('/@preview', request, '<button>Leave</button>');
    return strip('preview', `Preview of ${name}${ends}`, out);
  }
  return strip(
    'version',
    `In version ${name}`,
    changesLink(request) + wayOut(request, 'leave', 'Leave'),
  );
}

function strip(kind: string, words: string, ways: string): string {
  const text = ascii(escapeHtml(words));
  return (
    `<canopy-place role="complementary" aria-label="Where you are"><template shadowrootmode="open">` +
    `<style>${STYLE}</style><div class="${kind}"><span title="${text}">${text}</span>${ways}</div>` +
    `</template></canopy-place>`
  );
}

/** Those who manage the version see what was changed in it. */
function changesLink(request: PublishRequest): string {
  const { version, user } = request;
  if (version === undefined || !isKnown(user) || findView('@manage') === undefined) return '';
  using main = new PresentMain(request);
  if (!main.policy.may('View management screens', version.object)) return '';
  return `<a href="${ascii(escapeHtml(`${version.object.url}/@manage`))}">Changes</a>`;
}

function wayOut(request: PublishRequest, action: string, words: string): string {
  if (findView('@manage') === undefined) return '';
  return form(
    placesUrl(request),
    request,
    `<button name="action" value="${action}">${words}</button>`,
  );
}

function form(address: string, { path, rawQuery }: PublishRequest, button: string): string {
  const back = rawQuery === '' ? path : `${path}?${rawQuery}`;
  const [action, here] = [address, back].map((each) => ascii(escapeHtml(each)));
  return (
    `<form method="post" action="${action}">` +
    `<input type="hidden" name="back" value="${here}">${button}</form>`
  );
}

/** Markup in ASCII, so that it suits a page of any encoding. */
function ascii(html: string): string {
  return html.replaceAll(/\P{ASCII}/gu, (sign) => `&#${sign.codePointAt(0)};`);
}
