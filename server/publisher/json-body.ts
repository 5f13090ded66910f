/**
 * Bodies of JSON, read within bounds.
 *
 * A text of some megabytes can hold values that take many times its memory, or lie deeper than a
 * stack goes, and a thread that runs out of either is lost. So a text is looked over before it is
 * parsed.
 */
import { BadRequest, TooLarge, UnsupportedMedia } from '../errors.js';
import { quoted } from '../quote.js';

/** How many values a JSON body may hold, names of members included, and how deep they may lie. */
export const JSON_VALUES_MAX = 1_000_000;
export const JSON_DEPTH_MAX = 500;

/**
 * Reads a body of JSON.
 * @throws BadRequest `SRV_BAD_REQUEST` when it is not JSON, or has too many levels
 * @throws TooLarge `SRV_TOO_LARGE` past `JSON_VALUES_MAX`
 */
export function parseJson(body: Uint8Array): unknown {
  requireModest(body);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch (cause) {
    throw new BadRequest(`The body is not JSON: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Does nothing for a media type of JSON.
 * @throws UnsupportedMedia `SRV_UNSUPPORTED_MEDIA` for any other, and for none
 */
export function requireJsonType(mediaType: string): void {
  if (/^application\/([\w.+-]+\+)?json$/.test(mediaType)) return;
  const named = mediaType === '' ? 'no content type' : quoted(mediaType);
  throw new UnsupportedMedia(`Send JSON, as application/json: the body says ${named}`);
}

/** Counts what stands outside of texts. */
function requireModest(body: Uint8Array): void {
  const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
  const [opens, closes] = [new Set([0x5b, 0x7b]), new Set([0x5d, 0x7d])];
  let [values, depth, inString] = [1, 0, false];
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at] ?? 0;
    if (inString) {
      if (byte === backslash) at += 1;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === comma || byte === colon) values += 1;
    else if (opens.has(byte)) {
      values += 1;
      depth += 1;
    } else if (closes.has(byte)) depth -= 1;
    if (values > JSON_VALUES_MAX) {
      throw new TooLarge(`The body holds more than ${JSON_VALUES_MAX} values`);
    }
    if (depth > JSON_DEPTH_MAX) {
      throw new BadRequest(`The body has more than ${JSON_DEPTH_MAX} levels`);
    }
  }
}
