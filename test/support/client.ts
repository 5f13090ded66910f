/**
 * A small HTTP client for tests: it walks pages, speaks JSON, and hides nothing.
 *
 * It keeps cookies and can carry HTTP Basic; it follows no redirect unless asked to, and sends no
 * header that was not asked for.
 */
import { Agent, type IncomingHttpHeaders, request as httpRequest } from 'node:http';

export interface Credentials {
  readonly name: string;
  readonly password: string;
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/** An answer, read to its end. */
export class Page {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** Where it came from, as in the request line. */
  readonly path: string;

  constructor(status: number, headers: IncomingHttpHeaders, bytes: Buffer, path: string) {
    this.status = status;
    this.headers = headers;
    this.bytes = bytes;
    this.path = path;
  }

  get text(): string {
    return this.bytes.toString('utf8');
  }

  /** Reads the body as JSON; what it is, the test says. */
  json<T = Record<string, unknown>>(): T {
    return JSON.parse(this.text) as T;
  }

  header(name: string): string | undefined {
    const value = this.headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join('\n') : value;
  }

  /** The addresses that the page links to, in their order. */
  get links(): readonly string[] {
    return [...this.text.matchAll(/<a\b[^>]*\bhref="([^"]*)"/g)].map(([, href = '']) =>
      unescapeHtml(href),
    );
  }

  /** The fields of the page's n-th form with the values they have. */
  fields(form = 0): Record<string, string> {
    const [, html = ''] = [...this.text.matchAll(/<form\b[^>]*>([\s\S]*?)<\/form>/g)][form] ?? [];
    const fields: Record<string, string> = {};
    for (const [input] of html.matchAll(/<input\b[^>]*>/g)) {
      const name = /\bname="([^"]*)"/.exec(input)?.[1];
      const value = /\bvalue="([^"]*)"/.exec(input)?.[1] ?? '';
      if (name !== undefined) fields[unescapeHtml(name)] = unescapeHtml(value);
    }
    return fields;
  }
}

export class Client implements Disposable {
  readonly base: URL;
  readonly cookies = new Map<string, string>();
  readonly #credentials: Credentials | undefined;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(base: string, credentials?: Credentials) {
    this.base = new URL(base);
    this.#credentials = credentials;
  }

  async request(method: string, path: string, options: RequestOptions = {}): Promise<Page> {
    const { body } = options;
    const request = httpRequest({
      method,
      path,
      host: this.base.hostname,
      port: this.base.port,
      agent: this.#agent,
      headers: { ...this.#ownHeaders(), ...lengthOf(body), ...options.headers },
    });
    const page = new Promise<Page>((resolve, reject) => {
      request.once('error', reject);
      request.once('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const { statusCode = 0, headers } = response;
          this.#keepCookies(headers['set-cookie'] ?? []);
          resolve(new Page(statusCode, headers, Buffer.concat(chunks), path));
        });
      });
    });
    if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
      request.end(body);
    } else {
      for await (const chunk of body) {
        if (request.destroyed) break;
        request.write(chunk);
      }
      request.end();
    }
    return page;
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
    return this.request('GET', path, { headers });
  }

  /** Sends a form as a browser does. */
  post(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Page> {
    return this.request('POST', path, {
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(fields).toString(),
    });
  }

  /** Sends JSON, and asks for JSON. */
  json(method: string, path: string, body?: unknown, headers = {}): Promise<Page> {
    return this.request(method, path, {
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** Gets a page and goes where it redirects to, a few times at the most. */
  async follow(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
    let page = await this.get(path, headers);
    for (let hops = 0; hops < 5 && page.status >= 300 && page.status < 400; hops += 1) {
      const target = new URL(page.header('location') ?? '/', new URL(page.path, this.base));
      page = await this.get(target.pathname + target.search, headers);
    }
    return page;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #ownHeaders(): Record<string, string> {
    const headers: Record<string, string> = {};
    if (this.#credentials !== undefined) {
      const { name, password } = this.#credentials;
      headers['authorization'] = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
    }
    if (this.cookies.size > 0) {
      headers['cookie'] = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    }
    return headers;
  }

  #keepCookies(lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';');
      const equals = pair.indexOf('=');
      const name = pair.slice(0, equals).trim();
      const ended = attributes.some((attribute) => attribute.trim().toLowerCase() === 'max-age=0');
      if (ended) this.cookies.delete(name);
      else this.cookies.set(name, pair.slice(equals + 1).trim());
    }
  }
}

function lengthOf(body: RequestOptions['body']): Record<string, string> {
  if (typeof body === 'string') return { 'content-length': String(Buffer.byteLength(body)) };
  if (body instanceof Uint8Array) return { 'content-length': String(body.byteLength) };
  return {};
}

function unescapeHtml(text: string): string {
  return text
    .replaceAll(/&#x([0-9a-f]+);/gi, (_, code: string) => String.fromCodePoint(parseInt(code, 16)))
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}
