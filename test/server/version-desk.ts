/** A site with people who work in versions, for tests over HTTP. */
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import type { Client, Page } from '../support/client.js';
import { ADMIN, startServer, type TestServer, type TestServerOptions } from '../support/server.js';

const PASSWORD = 'a good password';
/** How often is looked whether a job has ended, and for how long. */
const POLL_MS = 25;
const POLLS_MAX = 2000;

export interface How {
  readonly as?: Client;
  /** Path of the version that it is done in. */
  readonly version?: string | undefined;
}

export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly user: string;
  readonly path: string;
  readonly state: string;
  readonly progress: { readonly done: number; readonly total: number };
  readonly log: readonly string[];
  readonly result: unknown;
}

export interface Review {
  readonly state: string;
  readonly tid: string;
  readonly seen: string;
  readonly review: {
    readonly asked: { readonly user: string; readonly note: string } | null;
    readonly verdicts: readonly {
      readonly user: string;
      readonly verdict: string;
      readonly note: string;
      readonly outdated: boolean;
    }[];
  };
  readonly schedule: {
    readonly at: string;
    readonly user: string;
    readonly outdated: boolean;
  } | null;
  readonly missed: { readonly at: string; readonly user: string; readonly reason: string } | null;
}

export class Desk implements AsyncDisposable {
  readonly server: TestServer;
  readonly admin: Client;
  /** May work in versions and publish them, but only change documents. */
  readonly editor: Client;
  /** May work in versions, and not publish them. */
  readonly writer: Client;

  private constructor(server: TestServer) {
    this.server = server;
    this.admin = server.client(ADMIN);
    this.editor = server.client({ name: 'editor', password: PASSWORD });
    this.writer = server.client({ name: 'writer', password: PASSWORD });
  }

  /** Starts a server with an empty site and its people; on data that is there, with what is there. */
  static async open(options: TestServerOptions = {}): Promise<Desk> {
    const desk = new Desk(await startServer(options));
    if ((await desk.send('GET', '/acl_users/editor/@api')).status === 404) await desk.#furnish();
    return desk;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }

  send(method: string, url: string, body?: unknown, how: How = {}): Promise<Page> {
    const { as = this.admin, version } = how;
    const headers = version === undefined ? {} : { 'canopy-version': version };
    return as.json(method, url, body, headers);
  }

  /** Does what is to succeed. */
  async write<T = Record<string, unknown>>(
    method: string,
    url: string,
    body?: unknown,
    how: How = {},
  ): Promise<T> {
    const page = await this.send(method, url, body, how);
    assert.ok(page.status < 300, `${method} ${url}: ${page.status} ${page.text}`);
    return page.json<T>();
  }

  async refused(page: Promise<Page>, status: number, detail: RegExp): Promise<void> {
    const { status: given, text } = await page;
    assert.equal(given, status, text);
    assert.match(text, detail);
  }

  async add(path: string, how: How & { readonly type?: string; source?: string } = {}) {
    const at = path.lastIndexOf('/');
    const { type = 'Document', source, ...rest } = how;
    const id = path.slice(at + 1);
    const fields = source === undefined ? {} : { fields: { source } };
    const body = { type, id, title: id, ...fields };
    await this.write('POST', `${path.slice(0, at)}/@api/contents`, body, rest);
  }

  /** Begins a version, in which the documents named are changed. */
  async begin(id: string, ...changed: readonly string[]): Promise<string> {
    await this.write('POST', '/@api/contents', { type: 'Version', id, title: `The ${id}` });
    for (const path of changed) await this.retitle(path, 'Inside', { version: `/${id}` });
    return `/${id}`;
  }

  async retitle(path: string, title: string, how: How = {}): Promise<void> {
    await this.write('PATCH', `${path}/@api`, { title }, how);
  }

  async titleOf(url: string, version?: string): Promise<unknown> {
    const page = await this.send('GET', `${url}/@api`, undefined, { version });
    return page.status === 200 ? page.json()['title'] : page.status;
  }

  async review(version: string, how: How = {}): Promise<Review> {
    return this.write('GET', `${version}/@api/review`, undefined, how);
  }

  async stateOf(version: string): Promise<string> {
    const object = await this.write<{ fields: { state: string } }>('GET', `${version}/@api`);
    return object.fields.state;
  }

  /** Waits until a job has ended. */
  async ended(id: string): Promise<Job> {
    return until(async () => {
      const job = await this.write<Job>('GET', `/@api/jobs/${id}`);
      return ['done', 'failed', 'cancelled'].includes(job.state) ? job : undefined;
    });
  }

  async jobs(): Promise<readonly Job[]> {
    return (await this.write<{ items: readonly Job[] }>('GET', '/@api/jobs?limit=100')).items;
  }

  async #furnish(): Promise<void> {
    for (const id of ['editor', 'writer']) {
      const fields = { password: PASSWORD, roles: [] };
      await this.write('POST', '/acl_users/@api/contents', { type: 'User', id, fields });
    }
    await this.write('PATCH', '/@api/permissions', { addRoles: ['Editor', 'Writer'] });
    const both = { roles: ['Editor', 'Writer'], acquire: true };
    await this.write('PATCH', '/@api/permissions', {
      localRoles: { editor: ['Editor'], writer: ['Writer'] },
      permissions: {
        'Join/leave Versions': both,
        'Save/discard Version changes': { roles: ['Editor'], acquire: true },
        'Add Documents': both,
        'Change Documents': both,
        'View management screens': both,
      },
    });
  }
}

/** Waits for what comes by itself. */
export async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let polls = 0; polls < POLLS_MAX; polls += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await wait(POLL_MS);
  }
  throw new Error('It did not come');
}
