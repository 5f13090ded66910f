/**
 * A request on its way through one publisher thread.
 *
 * The main thread sends an `Envelope`: everything the request says, nothing decided. The publisher
 * traverses, finds out who asks, and makes one `PublishRequest` from it, which lives for one
 * attempt: a request that is begun again after a conflict is a new one, read from the same
 * envelope. It is also the `Work` of whatever changes content in it.
 */
import type { Context } from '../../acquisition/index.js';
import { type Tid, tidToMs } from '../../odb/index.js';
import type { Content } from '../content/content.js';
import { revisionOf } from '../content/past.js';
import { TransactionWork, type TransactionWorkOptions } from '../content/transaction-work.js';
import type { PageOutcome, PageRequest } from '../content/work.js';
import { BadRequest } from '../errors.js';
import type { JobCommand } from '../jobs/job.js';
import { FORM_FIELDS_MAX, readForm } from './converters.js';
import { Form, type FormPart } from './form.js';
import { parseJson, requireJsonType } from './json-body.js';
import { isSafeMethod } from './methods.js';
import { type PendingMarks, pendingMarks } from './response.js';
import type { ReadOnlyReason, SqlBounds } from '../sql/sql-work.js';
import type { Traversed } from './traverse.js';
import type { RequestVersion } from './request-version.js';

/** A request as the main thread read it. Can be cloned. */
export interface Envelope {
  readonly method: string;
  /** Raw path and query, as in the request line: `/news/?page=2`. */
  readonly url: string;
  /** Names in lower case; repeated headers joined as Node joins them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly remoteAddress: string;
  /** Scheme and host as the visitor sees them. */
  readonly origin: string;
  readonly body?: Uint8Array;
  /** The fields of a multipart form; its files are in the blob store already. */
  readonly parts?: readonly FormPart[];
  /** A raw body that went into the blob store. */
  readonly upload?: { readonly sha256: string; readonly sizeBytes: number };
  /** 0 for the first, one more at each retry. */
  readonly attempt: number;
  /** The body was not read yet: answer whether it may be sent at all. */
  readonly preflight?: boolean;
}

export interface PublishRequestOptions extends TransactionWorkOptions {
  readonly envelope: Envelope;
  readonly traversed: Traversed;
  readonly deadlineMs: number;
  /** The version it is in; `undefined` in main. */
  readonly version?: RequestVersion | undefined;
  /** The moment that the browser carries from page to page; `undefined` where the address names one. */
  readonly carriedAt?: Tid | undefined;
  /** It only tells of an error. */
  readonly isErrorPage?: boolean;
  /** The request whose transaction this one is part of. */
  readonly within?: PublishRequest | undefined;
}

export class PublishRequest extends TransactionWork implements PageRequest {
  readonly envelope: Envelope;
  readonly deadlineMs: number;
  readonly method: string;
  readonly path: string;
  readonly rawQuery: string;
  /** The decoded ids of the path, views included. */
  readonly segments: readonly string[];
  readonly slash: boolean;
  readonly missing: readonly string[];
  readonly context: Context;
  readonly object: Content;
  /** What is called on `object`: an acquired template, or the object itself. */
  readonly executable: Content | undefined;
  /** The name of the view asked for: `@manage`. */
  readonly view: string | undefined;
  /** The segments after the view's. */
  readonly rest: readonly string[];
  /** The version it reads and writes in; `undefined` in main. */
  readonly version: RequestVersion | undefined;
  /** The moment at which the browser looks at the site, wherever it goes; `undefined`: the present. */
  readonly carriedAt: Tid | undefined;
  /** It is only to say what it would change. */
  readonly isDryRun: boolean;
  /** It only tells of an error: nothing that it changes is kept. */
  readonly isErrorPage: boolean;
  /** Jobs to be started or cancelled once the answer is decided. */
  readonly orders: JobCommand[];
  readonly outcome: PageOutcome = { status: undefined, redirect: undefined, headers: new Map() };
  readonly #remembered = new Map<string, unknown>();
  readonly #within: PublishRequest | undefined;
  #marks: PendingMarks | undefined;
  #query: Form | undefined;
  #form: Form | undefined;
  #cookies: Readonly<Record<string, string>> | undefined;

  constructor(options: PublishRequestOptions) {
    super(options);
    const { envelope, traversed, within } = options;
    const mark = envelope.url.indexOf('?');
    this.envelope = envelope;
    this.deadlineMs = options.deadlineMs;
    this.method = envelope.method;
    this.path = mark === -1 ? envelope.url : envelope.url.slice(0, mark);
    this.rawQuery = mark === -1 ? '' : envelope.url.slice(mark + 1);
    this.segments = traversed.segments;
    this.slash = traversed.slash;
    this.missing = traversed.missing;
    this.orders = within?.orders ?? [];
    this.#within = within;
    this.version = within === undefined ? options.version : within.version;
    this.carriedAt = options.carriedAt;
    this.isErrorPage = options.isErrorPage ?? false;
    this.isDryRun = within?.isDryRun ?? asksDryRun(envelope);
    this.context = traversed.context;
    this.object = traversed.object;
    this.executable = traversed.executable;
    this.view = traversed.view;
    this.rest = traversed.rest;
  }

  protected override get sqlBounds(): SqlBounds {
    const { deadlineMs, envelope } = this;
    return { readOnly: readOnlyReason(this), deadlineMs, isAgain: envelope.attempt > 0 };
  }

  /** It is one of several requests in one transaction. */
  get isPart(): boolean {
    return this.#within !== undefined;
  }

  /** What stands for the transaction to come; the same for all that are part of it. */
  get marks(): PendingMarks {
    this.#marks ??= this.#within?.marks ?? pendingMarks();
    return this.#marks;
  }

  get origin(): string {
    return this.envelope.origin;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.envelope.headers;
  }

  get mayWrite(): boolean {
    return this.method !== 'GET' && this.method !== 'HEAD' && this.method !== 'OPTIONS';
  }

  /** The query's fields alone. */
  get query(): Form {
    this.#query ??= readForm(queryParts(this.rawQuery));
    return this.#query;
  }

  /**
   * The fields of query and body together; a field of the body replaces the query's.
   * @throws BadRequest when a field does not convert; the message names it
   */
  get form(): Form {
    this.#form ??= readForm(queryParts(this.rawQuery), this.#bodyParts());
    return this.#form;
  }

  get cookies(): Readonly<Record<string, string>> {
    this.#cookies ??= readCookies(this.headers['cookie'] ?? '');
    return this.#cookies;
  }

  /** The media type of the body in lower case, without its parameters; `''` without one. */
  get mediaType(): string {
    return mediaTypeIn(this.headers);
  }

  get body(): Uint8Array {
    return this.envelope.body ?? new Uint8Array();
  }

  /** True where a browser asks that would show a page, so that a redirect helps it. */
  get wantsHtml(): boolean {
    return (this.headers['accept'] ?? '').includes('text/html');
  }

  /**
   * Gives the JSON body; `undefined` when there is none.
   * @throws UnsupportedMedia `SRV_UNSUPPORTED_MEDIA` for a body of another type
   * @throws BadRequest `SRV_BAD_REQUEST` when it is not JSON, or has too many levels
   * @throws TooLarge `SRV_TOO_LARGE` past `JSON_VALUES_MAX`
   */
  json(): unknown {
    const { body, parts, upload } = this.envelope;
    const isEmpty = body === undefined || body.byteLength === 0;
    if (isEmpty && parts === undefined && upload === undefined) return undefined;
    requireJsonType(this.mediaType);
    return parseJson(this.body);
  }

  /** Asks for a job to be started or cancelled when this request has been answered. */
  order(command: JobCommand): void {
    this.orders.push(command);
  }

  /** A template that changed something says no more than which page it was. */
  protected override get unsaid(): string {
    return `${this.method} ${this.path}`;
  }

  /** Keeps a value for the rest of this request. */
  remember(name: string, value: unknown): void {
    this.#remembered.set(name, value);
  }

  recall(name: string): unknown {
    return this.#remembered.get(name);
  }

  /** Stands in the answer for the tid of the transaction to come: 16 characters. */
  get pendingTid(): string {
    return this.marks.tid;
  }

  /**
   * Gives the tid of this request's transaction as the answer shows it: the one to come, or, where
   * nothing changes and none will come, the newest there is.
   */
  get transactionTid(): string {
    return this.connection.hasChanges ? this.pendingTid : String(this.connection.tid);
  }

  /** Stands in the answer for the time of the transaction to come: 24 characters. */
  get pendingTime(): string {
    return this.marks.time;
  }

  /** Gives an object's tid as the answer shows it: the one to come where this request changed it. */
  tidOf(object: Content): string {
    return this.#isChanged(object) ? this.pendingTid : String(revisionOf(object));
  }

  /**
   * Gives the entity tag of an object: its tid. In a version it names that too, since what it shows of
   * the same revision is not what main shows.
   */
  tagOf(object: Content): string {
    const where = this.version === undefined ? '' : `-v${this.version.oid}`;
    return `"${this.tidOf(object)}${where}"`;
  }

  /** Gives when an object was modified, in ISO 8601, as the answer shows it. */
  modifiedOf(object: Content): string {
    return this.#isChanged(object)
      ? this.pendingTime
      : new Date(tidToMs(revisionOf(object))).toISOString();
  }

  #isChanged(object: Content): boolean {
    return this.connection.changed.has(object);
  }

  #bodyParts(): readonly FormPart[] {
    if (this.envelope.parts !== undefined) return this.envelope.parts;
    if (this.body.byteLength === 0) return [];
    if (this.mediaType === FORM_TYPE) return queryParts(new TextDecoder().decode(this.body));
    if (this.mediaType === 'application/json') return jsonParts(parseJson(this.body));
    return [];
  }
}

/** Why a request may not write to databases; `undefined` where it may. */
function readOnlyReason(request: PublishRequest): ReadOnlyReason | undefined {
  if (request.isErrorPage) return 'error-page';
  if (!request.mayWrite) return 'method';
  if (request.connection.isReadOnly) return 'past';
  if (request.version !== undefined) return 'version';
  return request.isDryRun ? 'dry-run' : undefined;
}

function mediaTypeIn(headers: Envelope['headers']): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** What browsers send a form as that has no files. */
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** The header that asks for a dry run, and the field of a form that does. */
const DRY_RUN_HEADER = 'canopy-dry-run';
export const DRY_RUN_FIELD = '@dry_run';

/**
 * Tells whether a request that may write asks to be done in a dry run. Whatever is said there asks for
 * one, but for what plainly says no: nobody is to have saved what they only meant to try.
 */
export function asksDryRun({ method, url, headers, parts = [], body }: Envelope): boolean {
  if (isSafeMethod(method)) return false;
  const mark = url.indexOf('?');
  const said = mark === -1 ? [] : dryRunsIn(url.slice(mark));
  for (const part of parts) {
    if (part.name === DRY_RUN_FIELD && 'value' in part) said.push(part.value);
  }
  if (body !== undefined && mediaTypeIn(headers) === FORM_TYPE) {
    said.push(...dryRunsIn(new TextDecoder().decode(body)));
  }
  const header = headers[DRY_RUN_HEADER];
  if (header !== undefined) said.push(header);
  return said.some((each) => !['', '0', 'false', 'no'].includes(each.trim().toLowerCase()));
}

function dryRunsIn(query: string): string[] {
  return new URLSearchParams(query).getAll(DRY_RUN_FIELD);
}

/**
 * Reads `a=1&b=2` into parts, in order.
 * @throws BadRequest when there are more than a form may have
 */
export function queryParts(query: string): FormPart[] {
  let fields = 1;
  for (let at = query.indexOf('&'); at !== -1; at = query.indexOf('&', at + 1)) {
    fields += 1;
    if (fields > FORM_FIELDS_MAX) {
      throw new BadRequest(`A form has at most ${FORM_FIELDS_MAX} fields`);
    }
  }
  return [...new URLSearchParams(query)].map(([name, value]) => ({ name, value }));
}

/** A JSON object's members as the fields of a form; a list is a field sent repeatedly. */
function jsonParts(value: unknown): FormPart[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const parts: FormPart[] = [];
  for (const [name, member] of Object.entries(value)) {
    for (const item of Array.isArray(member) ? (member as unknown[]) : [member]) {
      if (item === null || item === undefined) continue;
      // One more than a form may have is enough to be refused.
      if (parts.length > FORM_FIELDS_MAX) return parts;
      parts.push({ name, value: typeof item === 'object' ? JSON.stringify(item) : String(item) });
    }
  }
  return parts;
}

function readCookies(header: string): Readonly<Record<string, string>> {
  const cookies = Object.create(null) as Record<string, string>;
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at === -1) continue;
    const name = pair.slice(0, at).trim();
    const raw = pair.slice(at + 1).trim();
    if (name === '' || name in cookies) continue;
    cookies[name] = decodeCookie(raw.replace(/^"(.*)"$/, '$1'));
  }
  return cookies;
}

function decodeCookie(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}
