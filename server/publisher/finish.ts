/**
 * What every answer of a publisher is given before it leaves: an `ETag` and a word about caching.
 *
 * Pages may be kept, but are asked about each time: the site may have changed, and nobody is to
 * see a stale page. Hashing happens here and not in the main thread, which all requests share.
 */
import { hash } from 'node:crypto';
import { isKnown } from '../security/principal.js';
import type { PublishRequest } from './request.js';
import type { Response } from './response.js';

/** What says where a request is: the same address shows something else elsewhere. */
const PLACE_HEADERS = 'Canopy-Version, Cookie';

/** Completes an answer's headers; what it has already stays. */
export function finishHeaders(response: Response, request: PublishRequest): void {
  if (request.version?.by === 'preview') response.set('Cache-Control', 'no-store');
  // The address has a token in it, which is for nobody else, whatever the answer.
  if (request.view === '@preview') response.set('Referrer-Policy', 'no-referrer');
  if (request.version !== undefined) keepApart(response, `-v${request.version.oid}`);
  else if (request.carriedAt !== undefined) keepApart(response, '');
  else if (request.view === undefined && isKeptUnasked(response)) {
    response.append('Vary', PLACE_HEADERS);
  }
  if (response.header('Cache-Control') === undefined) {
    response.set('Cache-Control', isKnown(request.user) ? 'private, no-cache' : 'no-cache');
  }
  const readable = request.method === 'GET' || request.method === 'HEAD';
  const isKept = response.header('Cache-Control') !== 'no-store';
  if (!readable || !isKept || response.status !== 200) return;
  if (response.header('ETag') !== undefined) return;
  const where = request.version === undefined ? '' : `-v${request.version.oid}`;
  if (response.blob !== undefined) {
    response.set('ETag', `"${response.blob.sha256}${where}"`);
  } else if (response.body !== undefined) {
    response.set('ETag', `"${hash('sha1', response.body, 'base64url')}${where}"`);
  }
}

/**
 * Tells whether a page says for itself how long it may be kept and shown without asking again. What is
 * asked about each time has its own entity tag in each place.
 */
function isKeptUnasked(response: Response): boolean {
  const caching = response.header('Cache-Control')?.toLowerCase();
  if (caching === undefined) return response.header('Expires') !== undefined;
  return !/\bno-(store|cache)\b/.test(caching);
}

/**
 * What a version shows, or the past, is for nobody else, and no cache may take it for what main shows:
 * an address is the same in all of them. Two states of one moment cannot be told apart by their time.
 */
function keepApart(response: Response, where: string): void {
  if (response.header('Cache-Control') !== 'no-store') {
    response.set('Cache-Control', 'private, no-cache');
  }
  response.append('Vary', PLACE_HEADERS).remove('Last-Modified');
  const tag = response.header('ETag');
  const mark = `${where}"`;
  if (tag !== undefined && !tag.endsWith(mark)) response.set('ETag', tag.replace(/"$/, mark));
}
