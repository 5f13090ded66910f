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
import { isFormFile, type FormValue } from '../publisher/form.js';
import { Response } from '../publisher/response.js';
import { isKnown } from '../security/principal.js';
import { SESSION_COOKIE } from '../security/session.js';
import {
  type Executable,
  type RequestData,
  type ResponseControls,
  TemplateFault,
  type TemplateWorld,
} from '../templates/index.js';
import { Content, isContainer } from './content.js';
import { contentTypes } from './content-type.js';
import { isExecutable } from './executable.js';
import { File } from './file.js';
import { markdownToHtml } from './markdown.js';
import { siteRoot } from './places.js';
import { sanitizeHtml } from './sanitize.js';
import type { PageRequest } from './work.js';

/** Headers that tell who the visitor is; a page has the user, and needs no more. */
const HIDDEN_HEADERS: ReadonlySet<string> = new Set(['authorization', 'cookie']);

const RESERVED_HEADERS: ReadonlySet<string> = new Set(
  [
    'connection keep-alive te trailer transfer-encoding upgrade',
    'content-encoding content-length content-type',
    // These speak for the whole host, and a page is no more than itself.
    'alt-svc clear-site-data service-worker-allowed strict-transport-security',
  ].flatMap((line) => line.split(' ')),
);

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
    return { name, userFolder, known: isKnown(user), roles: policy.caller.roles };
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
    return object instanceof Content && this.#request.policy.mayTouch(object);
  }

  refuse(object: Acquirable): never {
    if (object instanceof Content) this.#request.policy.require('View', object);
    throw new NotFound('There is nothing of that name to be viewed');
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

  urlOf(object: Acquirable): string {
    return object instanceof Content ? object.url : '';
  }

  assetUrl(object: Acquirable): string {
    if (!(object instanceof File) || object.blob === undefined) return this.urlOf(object);
    return `${object.url}?v=${object.sha256.slice(0, 12)}`;
  }

  attributes(object: Acquirable): Iterable<string> {
    if (!(object instanceof Content)) return [];
    const type = contentTypes.of(object);
    const fields = type.protectedFields === true ? [] : type.fields;
    return [...fields.map(({ name }) => name), ...Object.keys(object.properties)];
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
    return error instanceof Taken ? 'Conflict' : undefined;
  }

  checkDeadline(): void {
    if (Date.now() > this.#request.deadlineMs) {
      throw new Unavailable('SRV_OVERDUE', `${this.#request.path} took too long to be made`, {
        retryAfterSeconds: RETRY_SECONDS,
      });
    }
  }
}

/** The request as templates see it. Few look, so nothing is made before one does. */
class ShownRequest implements RequestData {
  readonly #request: PageRequest;

  constructor(request: PageRequest) {
    this.#request = request;
  }

  get method(): string {
    return this.#request.method;
  }

  get path(): string {
    return this.#request.path;
  }

  get url(): string {
    const { path, rawQuery } = this.#request;
    return rawQuery === '' ? path : `${path}?${rawQuery}`;
  }

  get query(): string {
    return this.#request.rawQuery;
  }

  get headers(): Readonly<Record<string, unknown>> {
    const headers = Object.entries(this.#request.headers);
    return Object.fromEntries(headers.filter(([name]) => !HIDDEN_HEADERS.has(name)));
  }

  get cookies(): Readonly<Record<string, unknown>> {
    const cookies = Object.entries(this.#request.cookies);
    return Object.fromEntries(cookies.filter(([name]) => name !== SESSION_COOKIE));
  }

  get form(): Readonly<Record<string, unknown>> {
    const fields = [...this.#request.form.entries()];
    return Object.fromEntries(fields.map(([name, value]) => [name, plainValue(value)]));
  }
}

/** Of a file, templates learn what the visitor said of it. */
function plainValue(value: FormValue): unknown {
  if (!isFormFile(value)) return value;
  const { filename, contentType, sizeBytes } = value;
  return { filename, contentType, size: sizeBytes };
}

/**
 * A template says what its page is by its own media type, which decides how values are escaped; the
 * connection, the session and the length of the page are not its business.
 */
function requireHeader(name: string, value: string): void {
  // A cookie without a name is sent as its value alone: `=canopy_session=…` is a session, too.
  const isSession = /^set-cookie$/i.test(name) && /^[\s=]*canopy_/i.test(value);
  if (RESERVED_HEADERS.has(name.toLowerCase()) || isSession) {
    throw new TemplateFault('SRV_TEMPLATE_VALUE', `A template may not set the header ${name}.`);
  }
  try {
    Response.empty().set(name, value);
  } catch (cause) {
    throw new TemplateFault('SRV_TEMPLATE_VALUE', (cause as Error).message, { cause });
  }
}

function responseControls({ outcome }: PageRequest): ResponseControls {
  return {
    status(status) {
      outcome.status = status;
    },
    header(name, value) {
      requireHeader(name, value);
      outcome.headers.set(name, value);
    },
    redirect(url, status) {
      outcome.redirect = url;
      outcome.status = status ?? 302;
    },
  };
}
