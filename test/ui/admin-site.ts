/**
 * An admin in memory: a site and its publisher, asked as the main thread asks it, without HTTP.
 *
 * An answer that carries a transaction is saved before it is handed back, so a test sees what a
 * browser would see, the transaction's tid in its address included.
 */
import { Database, MemoryStorage } from '../../odb/index.js';
import { apiView } from '../../server/api/api.js';
import { type Content, contentAt } from '../../server/content/content.js';
import { createObject, type NewObject } from '../../server/content/edit.js';
import { setPermissions } from '../../server/content/permissions.js';
import { Authenticator } from '../../server/publisher/authenticate.js';
import type { FormPart } from '../../server/publisher/form.js';
import { Publisher } from '../../server/publisher/publish.js';
import { type Answer, settle } from '../../server/publisher/response.js';
import { registerView } from '../../server/publisher/view.js';
import { Passwords } from '../../server/security/password.js';
import { prepareSessions } from '../../server/security/session.js';
import { ADMIN_KEY, initialise, openSite, type Site } from '../../server/site.js';
import { plugin } from '../../ui/index.js';

const ORIGIN = 'http://site.test';
const TIME_LIMIT_MS = 10_000;
/** As cheap as scrypt gets: nothing here is worth guessing. */
const PASSWORDS = new Passwords({ parameters: { logN: 4, r: 1, p: 1 } });

/** Who asks. */
export interface Asker {
  readonly name: string;
  readonly password: string;
}

export const ADMIN: Asker = { name: 'admin', password: 'correct horse' };

/** An answer as a browser has it. */
export class Page {
  readonly status: number;
  readonly text: string;
  readonly headers: Answer['headers'];

  constructor({ status, headers, body = '' }: Answer) {
    this.status = status;
    this.text = typeof body === 'string' ? body : new TextDecoder().decode(body);
    this.headers = headers;
  }

  /** The header of that name; `''` where there is none. */
  header(name: string): string {
    return this.headers.find(([held]) => held.toLowerCase() === name)?.[1] ?? '';
  }

  /** The cookies that were set, as the next request sends them. */
  get cookies(): string {
    return this.headers
      .filter(([name]) => name.toLowerCase() === 'set-cookie')
      .map(([, value]) => value.split(';', 1)[0] ?? '')
      .join('; ');
  }

  get json(): Readonly<Record<string, unknown>> {
    return JSON.parse(this.text) as Readonly<Record<string, unknown>>;
  }
}

export interface AskOptions {
  /** By default the administrator; `null` is a visitor nobody knows. */
  readonly as?: Asker | null;
  readonly accept?: string;
  readonly cookies?: string;
  readonly referer?: string;
}

export type Fields = Readonly<Record<string, string | readonly string[]>>;

/** A file to be sent with a form. */
export interface SentFile {
  readonly field: string;
  readonly filename: string;
  readonly contentType: string;
  readonly text: string;
}

export class AdminSite implements AsyncDisposable {
  readonly site: Site;
  readonly #database: Database;
  readonly #publisher: Publisher;

  private constructor(site: Site, publisher: Publisher) {
    this.site = site;
    this.#database = site.database;
    this.#publisher = publisher;
  }

  /** Opens a site with a root, its user folder and the administrator. */
  static async open(): Promise<AdminSite> {
    const storage = new MemoryStorage();
    const database = await Database.open({ storage });
    registerView(apiView);
    const site = await openSite({ database, plugins: [plugin], passwords: PASSWORDS });
    await prepareSessions(storage);
    await initialise(site, { adminPassword: ADMIN.password, welcome: false });
    const authenticator = new Authenticator(site);
    return new AdminSite(site, new Publisher({ site, authenticator, timeLimitMs: TIME_LIMIT_MS }));
  }

  /** Adds an object to the folder at a path. */
  async add(folder: string, given: NewObject): Promise<void> {
    await this.site.transact(ADMIN_KEY, (work) => {
      const container = contentAt(this.site.root(work.connection), folder);
      if (container === undefined || !('insert' in container)) throw new TypeError(folder);
      createObject(work, container as Parameters<typeof createObject>[1], given);
    });
  }

  /** Leaves a permission to managers at an object. */
  async close(path: string, permission: string): Promise<void> {
    await this.site.transact(ADMIN_KEY, (work) => {
      const object = contentAt(this.site.root(work.connection), path);
      if (object === undefined) throw new TypeError(`There is no ${path}`);
      setPermissions(work, object, {
        permissions: { [permission]: { roles: ['Manager'], acquire: false } },
      });
    });
  }

  /** Gives a permission to everybody at an object. */
  async allowAll(path: string, permission: string): Promise<void> {
    await this.site.transact(ADMIN_KEY, (work) => {
      const object = contentAt(this.site.root(work.connection), path);
      if (object === undefined) throw new TypeError(`There is no ${path}`);
      setPermissions(work, object, {
        permissions: { [permission]: { roles: ['Anonymous'], acquire: true } },
      });
    });
  }

  /** Adds a user who may open the admin at a path, and no more than that. */
  async addUser(name: string, { at }: { readonly at: string }): Promise<Asker> {
    const password = `password of ${name}`;
    await this.add('/acl_users', { type: 'User', id: name, fields: { password, roles: [] } });
    await this.site.transact(ADMIN_KEY, (work) => {
      const object = contentAt(this.site.root(work.connection), at);
      if (object === undefined) throw new TypeError(`There is no ${at}`);
      setPermissions(work, object, {
        addRoles: [`Visitor of the admin`],
        localRoles: { [name]: [`Visitor of the admin`] },
        permissions: {
          'View management screens': { roles: [`Visitor of the admin`], acquire: true },
        },
      });
    });
    return { name, password };
  }

  /** Reads the object at a path; what it holds is to be read inside `read`. */
  look<T>(path: string, read: (object: Content | undefined) => T): T {
    using connection = this.#database.connect();
    return read(contentAt(this.site.root(connection), path));
  }

  get(url: string, options: AskOptions = {}): Promise<Page> {
    return this.#ask('GET', url, options, undefined);
  }

  post(url: string, fields: Fields, options: AskOptions = {}): Promise<Page> {
    return this.#ask('POST', url, options, partsOf(fields));
  }

  /** Sends a form with files, which the main thread would have put into the blob store. */
  async upload(
    url: string,
    fields: Fields,
    files: readonly SentFile[],
    options: AskOptions = {},
  ): Promise<Page> {
    const parts = partsOf(fields);
    for (const { field, filename, contentType, text } of files) {
      const bytes = new TextEncoder().encode(text);
      const { sha256, sizeBytes } = await this.site.blobs.put(bytes);
      parts.push({ name: field, file: { filename, contentType, sha256, sizeBytes } });
    }
    return this.#ask('POST', url, options, parts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#publisher[Symbol.dispose]();
    await this.#database.close();
  }

  async #ask(
    method: string,
    url: string,
    { as = ADMIN, accept = 'text/html', cookies = '', referer = '' }: AskOptions,
    parts: readonly FormPart[] | undefined,
  ): Promise<Page> {
    const headers = {
      accept,
      host: 'site.test',
      ...(cookies === '' ? {} : { cookie: cookies }),
      ...(referer === '' ? {} : { referer }),
      ...(as === null ? {} : { authorization: basic(as) }),
      ...(parts === undefined ? {} : { 'content-type': 'multipart/form-data; boundary=b' }),
    };
    const envelope = {
      method,
      url,
      headers,
      remoteAddress: '127.0.0.1',
      origin: ORIGIN,
      attempt: 0,
      ...(parts === undefined ? {} : { parts }),
    };
    const outcome = await this.#publisher.publish({ envelope });
    if (outcome.kind !== 'published') throw new Error(`It is to be begun again: ${outcome.kind}`);
    const { answer, failure } = outcome.published;
    if (failure !== undefined) throw new Error(failure.error.stack ?? failure.error.message);
    if (answer.commit === undefined) return new Page(answer);
    const { tid } = await this.site.storage.commitPacked(answer.commit);
    return new Page(settle(answer, tid));
  }
}

function partsOf(fields: Fields): FormPart[] {
  return Object.entries(fields).flatMap(([name, values]) =>
    [values].flat().map((value) => ({ name, value })),
  );
}

function basic({ name, password }: Asker): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}
