/**
 * The clipboard: objects cut or copied in one folder, to be pasted in another.
 *
 * It lives in a cookie and holds identities rather than paths, so it fits the largest selection and
 * survives a rename on the way. It grants nothing: what is pasted is asked of the policy then, and
 * an object that is gone, or that the reader may not view, is not on it.
 */
import { Content, parseOid, type PublishRequest } from '../server/index.js';

const COOKIE = 'canopy_clipboard';
const DAY_SECONDS = 86_400;
/** With 8 characters each at most, the cookie stays below the 4 kB that browsers keep. */
export const CLIPBOARD_OBJECTS_MAX = 400;
const RADIX = 36;

export interface Clipboard {
  readonly operation: 'cut' | 'copy';
  readonly objects: readonly Content[];
}

/** Reads what is on the clipboard; `undefined` when it is empty. */
export function readClipboard(request: PublishRequest): Clipboard | undefined {
  const [operation, list] = (request.cookies[COOKIE] ?? '').split('-', 2);
  if ((operation !== 'cut' && operation !== 'copy') || list === undefined) return undefined;
  const objects: Content[] = [];
  for (const text of list.split('.').slice(0, CLIPBOARD_OBJECTS_MAX)) {
    const object = findObject(text, request);
    if (object !== undefined) objects.push(object);
  }
  return objects.length === 0 ? undefined : { operation, objects };
}

function findObject(text: string, request: PublishRequest): Content | undefined {
  if (!/^[0-9a-z]{1,11}$/.test(text)) return undefined;
  const oid = parseOid(String(Number.parseInt(text, RADIX)));
  const object = oid === undefined ? undefined : request.connection.find(oid);
  if (!(object instanceof Content) || object.container === undefined) return undefined;
  return request.policy.may('View', object) ? object : undefined;
}

/** The `Set-Cookie` value that puts objects on the clipboard, in place of what was there. */
export function clipboardCookie(operation: 'cut' | 'copy', objects: readonly Content[]): string {
  const list = objects
    .slice(0, CLIPBOARD_OBJECTS_MAX)
    .map((object) => (object.oid ?? 0).toString(RADIX))
    .join('.');
  return `${COOKIE}=${operation}-${list}; ${rules(DAY_SECONDS)}`;
}

/** The `Set-Cookie` value that empties the clipboard. */
export function emptyClipboardCookie(): string {
  return `${COOKIE}=; ${rules(0)}`;
}

function rules(maxAgeSeconds: number): string {
  return `Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax`;
}
