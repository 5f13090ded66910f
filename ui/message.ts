/**
 * What was just done, told on the next page.
 *
 * After an action the browser is sent on with `?done=TID`, and the page it arrives at reads the note
 * of that transaction: only the one who made it is told, so a link made by somebody else says
 * nothing. Where nothing was changed, a few words travel in a cookie that lives for one page.
 */
import {
  contentAt,
  nameUndo,
  type Oid,
  parseTid,
  principalKey,
  type PublishRequest,
  quotedInside,
  type Response,
  siteRoot,
  type TransactionRecord,
  Version,
} from '../server/index.js';
import { firstLine } from './transaction-words.js';

/** The cookie that carries a message to the next page. */
const COOKIE = 'canopy_said';
const COOKIE_SECONDS = 60;
const MESSAGE_CHARACTERS_MAX = 300;

/** A toast: its lines, and the transaction that its Undo button takes back. */
export interface Message {
  readonly text: string;
  readonly undo?: string;
  /** What its button is called: taking back an undo is doing something again. */
  readonly button?: 'Undo' | 'Redo';
  /** The version that the transaction was made in; `undefined`: main. */
  readonly version?: Oid | undefined;
  /** Stands before it in place of the tick for what was done. */
  readonly icon?: string;
  /** Where one sees more. */
  readonly link?: { readonly href: string; readonly words: string };
}

/** Finds what to tell on this page, if anything. */
export function readMessage(request: PublishRequest): Message | undefined {
  const done = request.query.text('done');
  const tid = parseTid(done);
  const record = tid === undefined ? undefined : request.connection.transactionRecord(tid);
  if (record !== undefined && record.user === principalKey(request.user)) {
    const button = nameUndo(request, [record.tid]).redoes ? 'Redo' : 'Undo';
    return { text: wordsOf(record, request), undo: done, button, version: record.version };
  }
  const said = request.cookies[COOKIE];
  return said === undefined || said === '' ? undefined : { text: said };
}

/**
 * Says what a transaction did. Its own words name the object; a note that somebody wrote does not,
 * so what was saved is said before it. What is said of a version names that by its title.
 */
function wordsOf(
  { note = '', paths = [], undoes = [] }: TransactionRecord,
  { connection }: PublishRequest,
): string {
  const line = firstLine(note);
  const [path, ...others] = paths;
  const isSaid = path === undefined || others.length > 0 || undoes.length > 0;
  if (isSaid || /(^|\s)\//.test(line)) return line;
  const object = contentAt(siteRoot(connection), path);
  return object === undefined || object instanceof Version
    ? line
    : `Saved ${path}: “${quotedInside(line)}”`;
}

/** Has a message told on the next page. */
export function sayLater(response: Response, text: string): void {
  const value = encodeURIComponent(text.slice(0, MESSAGE_CHARACTERS_MAX));
  response.append('Set-Cookie', `${COOKIE}=${value}; ${cookieRules(COOKIE_SECONDS)}`);
}

/** Takes the message of this page away, so that the next one does not repeat it. */
export function forgetSaid(request: PublishRequest, response: Response): void {
  if (request.cookies[COOKIE] === undefined) return;
  response.append('Set-Cookie', `${COOKIE}=; ${cookieRules(0)}`);
}

function cookieRules(maxAgeSeconds: number): string {
  return `Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax`;
}
