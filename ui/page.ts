/**
 * What every page of the admin needs, with or without an object: its title, its theme, the files it
 * wants, and the headers it is sent with.
 */
import { type PublishRequest, Response } from '../server/index.js';
import { assetUrl } from './assets.js';
import { render } from './render.js';
import type { ViewModel } from './screen.js';
import { readShortcuts } from './shortcuts.js';
import { readTheme } from './theme.js';

/** Style sheets of every page, in the order of their layers. */
const STYLES = [
  'tokens',
  'base',
  'layout',
  'controls',
  'frame',
  'place',
  'listing',
  'message',
  'menu',
];

/**
 * Nothing from elsewhere, no inline script or style, no frame but our own previews.
 */
const SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ');

/** What `html-page.hbs` reads as `@frame`. */
export interface PageData {
  readonly pageTitle: string;
  /** `light` or `dark`; `''` follows the system. */
  readonly theme: string;
  /** Whether single letters are shortcuts. */
  readonly letters: boolean;
  readonly styles: readonly string[];
  readonly modules: readonly string[];
}

export interface PageOptions {
  readonly title: string;
  readonly styles?: readonly string[] | undefined;
  readonly modules?: readonly string[] | undefined;
}

export function pageData(request: PublishRequest, options: PageOptions): PageData {
  const { theme } = readTheme(request);
  return {
    pageTitle: options.title,
    theme: theme === 'system' ? '' : theme,
    letters: readShortcuts(request),
    styles: addresses([...STYLES, ...(options.styles ?? [])], { prefix: '', ending: '.css' }),
    modules: addresses(options.modules ?? [], { prefix: 'client/', ending: '.js' }),
  };
}

const known = new Map<string, readonly string[]>();

/** Addresses of static files; kept, since a thread asks for the same few lists again and again. */
function addresses(
  names: readonly string[],
  { prefix, ending }: { readonly prefix: string; readonly ending: string },
): readonly string[] {
  const key = `${prefix} ${names.join(' ')}`;
  let list = known.get(key);
  if (list === undefined) {
    list = names.map((name) => assetUrl(`${prefix}${name}${ending}`));
    known.set(key, list);
  }
  return list;
}

export interface PageAnswer {
  readonly view: string;
  readonly model: ViewModel;
  readonly frame: PageData;
  readonly status?: number;
}

/** Answers with a page of the admin: never cached, and with the strict content-security policy. */
export function pageResponse(request: PublishRequest, answer: PageAnswer): Response {
  const html = render(answer.view, answer.model, { frame: answer.frame, nowMs: request.nowMs });
  return guarded(Response.html(html, { status: answer.status ?? 200 }));
}

/** Gives an answer of the admin the headers that all of them have. */
export function guarded(response: Response): Response {
  return response
    .set('Content-Security-Policy', SECURITY_POLICY)
    .set('Cache-Control', 'no-store')
    .set('Referrer-Policy', 'same-origin');
}

/** This page's path and query, without the query fields named. */
export function addressWithout(request: PublishRequest, names: readonly string[]): string {
  const query = queryWithout(request, names);
  return query === '' ? request.path : `${request.path}?${query}`;
}

/** This page's query as it was sent, without the fields named, and with `more` at its end. */
export function queryWithout(request: PublishRequest, names: readonly string[], more = ''): string {
  const kept = request.rawQuery
    .split('&')
    .filter((pair) => pair !== '' && !names.includes(pair.split('=', 1)[0] ?? ''));
  if (more !== '') kept.push(more);
  return kept.join('&');
}

/** The address, ready for one more field of its query. */
export function openAddress(address: string): string {
  return `${address}${address.includes('?') ? '&' : '?'}`;
}

/** An address that a form sent back, if it leads to this site and nowhere else. */
export function localAddress(address: string): string | undefined {
  return /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(address) ? address : undefined;
}
