/**
 * The world that templates meet: the site as it is for one request.
 *
 * This is where the engine, which knows no content, and content, which knows no engine, touch each
 * other. Whether something may be viewed is asked of the request's policy, which counts the authors
 * of all that is running. What is remembered here holds for this request alone.
 */
import type { Acquirable } from '../../acquisition/index.js';
import {
  BadRequest,
  Forbidden,
  Invalid,
  NotFound,
  Taken,
  Unauthorized,
  Unavailable,
} from '../errors.js';
import { languagesIn } from '../publisher/accept-language.js';
import { isKnown } from '../security/principal.js';
import type { Attempt } from '../sql/sql-attempts.js';
import { typeOfSqlError } from '../sql/sql-errors.js';
import {
  type Executable,
  type RequestData,
  type ResponseControls,
  type SearchAnswer,
  type TemplateWorld,
} from '../templates/index.js';
import { Catalog } from './catalog.js';
import { answerTemplate } from './catalog-answer.js';
import { Content, contentAt, isContainer } from './content.js';
import { contentTypes } from './content-type.js';
import { isExecutable } from './executable.js';
import { File } from './file.js';
import { markdownToHtml } from './markdown.js';
import { siteRoot } from './places.js';
import { sanitizeHtml } from './sanitize.js';
import { responseControls, ShownRequest } from './shown-request.js';
import { isRow } from './url-row.js';
import type { PageRequest } from './work.js';

/** When a visitor may ask again for a page that took too long. */
const RETRY_SECONDS = 30;

export class SiteWorld implements TemplateWorld {
  readonly root: Content;
  readonly request: RequestData;
  readonly response: ResponseControls;
  readonly version = null;
  readonly #request: PageRequest;
  readonly #executables = new Map<Acquirable, Executable | undefined>();

  constructor(request: PageRequest) {
    this.#request = request;
    this.root = siteRoot(request.connection);
    this.request = new ShownRequest(request);
    this.response = responseControls(request);
  }

  get url(): string {
    return this.#request.origin + this.#request.path;
  }

  get user(): Readonly<Record<string, unknown>> {
    const { user, policy } = this.#request;
    const { name, userFolder } = user;
    return {
      name,
      userFolder,
      known: isKnown(user),
      roles: policy.caller.roles,
      mayManage: policy.may('View management screens', this.#request.object),
    };
  }

  get mayDump(): boolean {
    return this.#request.policy.may('View management screens', this.#request.object);
  }

  now(): Date {
    return new Date(this.#request.nowMs);
  }

  random(): number {
    return Math.random();
  }

  mayTouch(object: Acquirable): boolean {
    return isRow(object) || (object instanceof Content && this.#request.policy.mayTouch(object));
  }

  refuse(object: Acquirable): never {
    if (object instanceof Content) this.#request.policy.require('View', object);
    throw new NotFound('There is nothing of that name to be viewed');
  }

  mayInspect(path: string): boolean {
    const { policy, object } = this.#request;
    const found = isContainer(this.root) ? contentAt(this.root, path) : undefined;
    return policy.may('View management screens', found ?? object);
  }

  executable(object: Acquirable): Executable | undefined {
    if (!(object instanceof Content)) return undefined;
    const known = this.#executables.get(object);
    if (known !== undefined || this.#executables.has(object)) return known;
    const made = contentTypes.of(object).callable?.(object, this.#request);
    this.#executables.set(object, made);
    return made;
  }

  run<T>({ object }: Executable, work: () => T): T {
    return isExecutable(object) ? this.#request.policy.run(object, work) : work();
  }

  mayActive({ object }: Executable): boolean {
    return !isExecutable(object) || this.#request.policy.mayActive(object);
  }

  sanitize(html: string): string {
    return sanitizeHtml(html);
  }

  children(object: Acquirable): Iterable<Content> | undefined {
    return isContainer(object) ? object.items() : undefined;
  }

  /** Of a row, that is what its column of that name says. */
  urlOf(object: Acquirable): string {
    if (object instanceof Content) return object.url;
    const url = isRow(object) ? object.lookup('url') : undefined;
    return typeof url === 'string' ? url : '';
  }

  assetUrl(object: Acquirable): string {
    if (!(object instanceof File) || object.blob === undefined) return this.urlOf(object);
    return `${object.url}?v=${object.sha256.slice(0, 12)}`;
  }

  attributes(object: Acquirable): Iterable<string> {
    if (isRow(object)) return object.names;
    if (!(object instanceof Content)) return [];
    const type = contentTypes.of(object);
    const fields = type.protectedFields === true ? [] : type.fields;
    return [...fields.map(({ name }) => name), ...Object.keys(object.properties)];
  }

  search(
    object: Acquirable,
    question: Readonly<Record<string, unknown>>,
  ): SearchAnswer | undefined {
    if (!(object instanceof Catalog)) return undefined;
    return answerTemplate(this.#request, object, question);
  }

  get languages(): readonly string[] {
    return languagesIn(this.#request.headers['accept-language'] ?? '');
  }

  markdown(text: string): string {
    return markdownToHtml(text);
  }

  raise(type: string, message: string): Error | undefined {
    switch (type) {
      case 'BadRequest':
        return new BadRequest(message);
      case 'Unauthorized':
        return new Unauthorized(message, {
          decision: { allowed: false, because: [message] },
          known: isKnown(this.#request.user),
        });
      case 'Forbidden':
        return new Forbidden(message);
      case 'NotFound':
        return new NotFound(message);
      case 'Conflict':
        return new Taken(message);
      default:
        return undefined;
    }
  }

  errorType(error: unknown): string | undefined {
    if (error instanceof BadRequest || error instanceof Invalid) return 'BadRequest';
    if (error instanceof Unauthorized) return 'Unauthorized';
    if (error instanceof Forbidden) return 'Forbidden';
    if (error instanceof NotFound) return 'NotFound';
    if (error instanceof Taken) return 'Conflict';
    return typeOfSqlError(error);
  }

  attempt(): Attempt {
    return this.#request.sql.attempt();
  }

  checkDeadline(): void {
    if (Date.now() > this.#request.deadlineMs) {
      throw new Unavailable('SRV_OVERDUE', `${this.#request.path} took too long to be made`, {
        retryAfterSeconds: RETRY_SECONDS,
      });
    }
  }
}
