/**
 * An open site in memory, for tests: a root, its user folder with a Manager, and ways to do things
 * in transactions as anyone, and to publish pages, without threads or HTTP.
 */
import { Database, MemoryStorage, type Tid } from '../../odb/index.js';
import {
  type Container,
  type Content,
  contentAt,
  isContainer,
} from '../../server/content/content.js';
import type { NewObject } from '../../server/content/edit.js';
import { createObject } from '../../server/content/edit.js';
import { publishPage } from '../../server/content/page.js';
import { siteRoot } from '../../server/content/places.js';
import { resolveCaller } from '../../server/content/user-folder.js';
import type { Work } from '../../server/content/work.js';
import { type Envelope, PublishRequest } from '../../server/publisher/request.js';
import type { Response } from '../../server/publisher/response.js';
import { traverse } from '../../server/publisher/traverse.js';
import { Passwords } from '../../server/security/password.js';
import { Policy } from '../../server/security/policy.js';
import { ANONYMOUS_CALLER } from '../../server/security/standing.js';
import { ADMIN_KEY, initialise, openSite, type Site } from '../../server/site.js';

export const ADMIN_PASSWORD = 'correct horse battery staple';

export interface MemorySiteOptions {
  readonly welcome?: boolean;
  /** Milliseconds since the epoch; the storage's clock too. */
  readonly nowMs?: () => number;
}

export interface MemorySite extends AsyncDisposable {
  readonly site: Site;
  /** Does something in a transaction in the name of a user, and saves it. */
  as<T>(user: string, run: (work: Work) => T): Promise<T>;
  /** The same, as the Manager. */
  manage<T>(run: (work: Work) => T): Promise<T>;
  /** Adds an object as the Manager; `path` is where, with its id. */
  add(path: string, object: Omit<NewObject, 'id'>): Promise<void>;
  /** Reads from the present state. */
  read<T>(look: (object: (path: string) => Content) => T): T;
  /** Answers a request for a page; what it changes is saved. */
  publish(url: string, options?: PublishOptions): Promise<Published>;
  /** The newest transaction. */
  readonly tid: Tid;
}

export interface PublishOptions {
  readonly user?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Published {
  readonly response: Response;
  readonly status: number;
  readonly text: string;
  header(name: string): string | undefined;
}

/** Gives the object at a path. @throws TypeError where there is none */
export function at(work: Work, path: string): Content {
  const object = contentAt(siteRoot(work.connection), path);
  if (object === undefined) throw new TypeError(`There is nothing at ${path}`);
  return object;
}

/** Gives the folder at a path. @throws TypeError where there is none */
export function folderAt(work: Work, path: string): Container {
  const object = at(work, path);
  if (!isContainer(object)) throw new TypeError(`${path} is no folder`);
  return object;
}

/** Opens a site on a `MemoryStorage`. Passwords in it are hashed quickly, not well. */
export async function memorySite(options: MemorySiteOptions = {}): Promise<MemorySite> {
  const { nowMs, welcome = false } = options;
  const storage = new MemoryStorage(nowMs === undefined ? {} : { now: nowMs });
  const database = await Database.open({ storage });
  const passwords = new Passwords({ parameters: { logN: 1, r: 1, p: 1 } });
  const clock = nowMs === undefined ? {} : { nowMs };
  const site = await openSite({ database, passwords, ...clock });
  await initialise(site, { adminPassword: ADMIN_PASSWORD, welcome });

  const manage = <T>(run: (work: Work) => T): Promise<T> => site.transact(ADMIN_KEY, run);
  return {
    site,
    manage,
    as: (user, run) => site.transact(user, run),
    async add(path, object) {
      const at = path.lastIndexOf('/');
      await manage((work) => {
        const container = at === 0 ? '/' : path.slice(0, at);
        const folder = contentAt(site.root(work.connection), container);
        if (folder === undefined || !('insert' in folder)) throw new TypeError(`No ${container}`);
        createObject(work, folder as Parameters<typeof createObject>[1], {
          ...object,
          id: path.slice(at + 1),
        });
      });
    },
    read(look) {
      using connection = database.connect();
      const root = site.root(connection);
      return look((path) => {
        const object = contentAt(root, path);
        if (object === undefined) throw new TypeError(`There is nothing at ${path}`);
        return object;
      });
    },
    publish: (url, publishOptions) => publishOn(site, url, publishOptions ?? {}),
    get tid() {
      return storage.lastTid;
    },
    async [Symbol.asyncDispose]() {
      await database.close();
    },
  };
}

async function publishOn(site: Site, url: string, options: PublishOptions): Promise<Published> {
  using connection = site.database.connect();
  const root = site.root(connection);
  const { user, method = 'GET', headers = {}, body } = options;
  const caller = user === undefined ? ANONYMOUS_CALLER : resolveCaller(root, user);
  if (caller === undefined) throw new TypeError(`There is no user ${user}`);
  const envelope: Envelope = {
    method,
    url,
    headers,
    remoteAddress: '127.0.0.1',
    origin: 'https://example.org',
    attempt: 0,
    ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }),
  };
  const request = new PublishRequest({
    envelope,
    site,
    connection,
    policy: new Policy(caller, { resolveCaller: (key) => resolveCaller(root, key) }),
    traversed: traverse(root, url.split('?', 1)[0] ?? '/'),
    nowMs: Date.now(),
    deadlineMs: Date.now() + 10_000,
  });
  const response = await publishPage(request);
  await request.settled();
  if (connection.hasChanges) await connection.commit(request.meta);
  const { body: answer } = response;
  return {
    response,
    status: response.status,
    text: typeof answer === 'string' ? answer : new TextDecoder().decode(answer),
    header: (name) => response.header(name),
  };
}
