/**
 * The request, and the answer to it, as templates see them.
 *
 * What says who the visitor is stays hidden: a page has the user, and needs no more. What speaks for
 * the connection or the whole host is no template's to say.
 */
import { isFormFile, type FormValue } from '../publisher/form.js';
import { Response } from '../publisher/response.js';
import { SESSION_COOKIE } from '../security/session.js';
import { type RequestData, type ResponseControls, TemplateFault } from '../templates/index.js';
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

/** The request as templates see it. Few look, so nothing is made before one does. */
export class ShownRequest implements RequestData {
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

export function responseControls({ outcome }: PageRequest): ResponseControls {
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
