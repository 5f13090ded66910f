/**
 * A real server whose every answer is held against its own OpenAPI description.
 *
 * `ask` sends a request for an operation, expects a status, and fails unless the operation's
 * description has that status with a body of that shape. What was seen is counted by operation.
 */
import assert from 'node:assert/strict';
import type { Storage } from '../../../odb/index.js';
import { ADMIN, startServer, type TestServer } from '../../support/server.js';
import type { Client, Credentials, Page, RequestOptions } from '../../support/client.js';
import { schemaFaults } from '../../support/json-schema.js';

type Schema = Readonly<Record<string, unknown>>;

interface Response {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

export interface Operation {
  readonly responses: Readonly<Record<string, Response>>;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
}

export interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** How a request differs from an empty one of the administrator. */
export interface Asking extends RequestOptions {
  readonly json?: unknown;
  readonly as?: Client;
  /** The URL; by default that of `DescribedServer.at`. */
  readonly url?: string;
}

/** Longer than any request here takes, however busy the machine is; one waits for it in vain. */
const TIME_LIMIT_MS = 4000;
/** Larger bodies are refused. */
export const BODY_BYTES_MAX = 200_000;

export class DescribedServer implements AsyncDisposable {
  readonly server: TestServer;
  readonly admin: Client;
  readonly description: Description;
  readonly storage: Storage;

  private constructor({
    server,
    admin,
    description,
    storage,
  }: Pick<DescribedServer, 'server' | 'admin' | 'description' | 'storage'>) {
    this.server = server;
    this.admin = admin;
    this.description = description;
    this.storage = storage;
  }

  static async start(plugins: readonly string[] = []): Promise<DescribedServer> {
    const settings = { maxUploadBytes: BODY_BYTES_MAX, timeLimitMs: TIME_LIMIT_MS };
    const opened: Storage[] = [];
    const onStorage = (each: Storage): void => void opened.push(each);
    const server = await startServer({ plugins, settings, onStorage });
    const [storage] = opened;
    assert.ok(storage !== undefined);
    const admin = server.client(ADMIN);
    const page = await admin.json('GET', '/@api/openapi.json');
    return new DescribedServer({ server, admin, description: page.json<Description>(), storage });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }

  client(credentials?: Credentials): Client {
    return this.server.client(credentials);
  }

  /** Sends JSON as the administrator; fails unless it is taken. */
  async write(method: string, url: string, body?: unknown): Promise<Record<string, unknown>> {
    const page = await this.admin.json(method, url, body);
    assert.ok(page.status < 300, `${method} ${url}: ${page.text}`);
    return page.json();
  }

  async addUser(id: string, roles: readonly string[] = []): Promise<Client> {
    const password = 'a good password';
    const fields = { password, roles };
    await this.write('POST', '/acl_users/@api/contents', { type: 'User', id, fields });
    return this.client({ name: id, password });
  }

  /** Gives an operation by its method and path: `PATCH /{path}/@api`. */
  operation(key: string): Operation {
    const [method = '', path = ''] = key.split(' ');
    const operation = this.description.paths[path]?.[method.toLowerCase()];
    assert.ok(operation, `${key} is described`);
    return operation;
  }

  /** Sends a request, and holds its answer against what its operation is described to answer. */
  async ask(key: string, status: number, asking: Asking & { readonly url: string }): Promise<Page> {
    const [method = ''] = key.split(' ');
    const { as = this.admin, url, json, headers = {}, body } = asking;
    const page = await as.request(method, url, {
      headers: {
        accept: 'application/json',
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined
        ? body === undefined
          ? {}
          : { body }
        : { body: JSON.stringify(json) }),
    });
    const said = `${method} ${url}: ${page.status} ${page.text.slice(0, 600)}`;
    assert.equal(page.status, status, said);
    const faults = this.#faultsOf(this.operation(key), page);
    assert.deepEqual(faults, [], said);
    return page;
  }

  #faultsOf({ responses }: Operation, page: Page): readonly string[] {
    const response = responses[String(page.status)];
    if (response === undefined) return [`${page.status} is not described`];
    if (response.content === undefined) {
      return page.bytes.length === 0 ? [] : ['has a body, undescribed'];
    }
    const type = (page.header('content-type') ?? '').split(';', 1)[0] ?? '';
    const content = response.content[type] ?? response.content['*/*'];
    if (content === undefined) return [`the media type ${type} is not described`];
    const value: unknown =
      type.endsWith('json') && !('*/*' in response.content) ? page.json() : page.text;
    return schemaFaults(value, content.schema, this.description.components.schemas);
  }
}
