/**
 * Sites for the browser tests, which are started when the first test needs them, shared by all tests
 * of the process, and end after the last.
 *
 * A test that works on a shared site makes a folder, and a version if it needs one, whose ids no
 * other test uses, and leaves the root as it was. What cannot be told apart so (every version, every
 * state) is tested on a site of its own.
 */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import type { Credentials, Page } from '../support/client.js';
import { ADMIN, startServer, type TestServer } from '../support/server.js';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.js';
import { signedIn } from './browser.js';
import { type SampleDocs, sampleDocs } from './sample-docs.js';

/** Managers, beside the first. */
export const MARA: Credentials = { name: 'mara', password: 'a password of hers' };
export const INES: Credentials = { name: 'ines', password: 'another of hers' };

const IMPORT_MS_MAX = 60_000;

/** Sends JSON as the first manager, and fails unless it is done. */
export type Send = (
  method: string,
  path: string,
  body?: object,
  headers?: Readonly<Record<string, string>>,
) => Promise<Page>;

export function sender(server: TestServer): Send {
  const client = server.client(ADMIN);
  return async (method, path, body, headers) => {
    const answer = await client.json(method, path, body, headers);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
    return answer;
  };
}

/** Adds an object to a folder, given as `/guide/`. */
export type Add = (
  folder: string,
  body: { readonly type: string; readonly id: string; readonly [more: string]: unknown },
) => Promise<Page>;

export function adder(server: TestServer): Add {
  const send = sender(server);
  return (folder, body) => send('POST', `${folder}@api/contents`, body);
}

export async function titleOf(server: TestServer, path: string): Promise<string> {
  return (await sender(server)('GET', `${path}/@api`)).json<{ readonly title: string }>().title;
}

export async function addManagers(server: TestServer): Promise<void> {
  const add = adder(server);
  for (const { name, password } of [MARA, INES]) {
    const fields = { password, roles: ['Manager'] };
    await add('/acl_users/', { type: 'User', id: name, fields });
  }
}

const ending: AsyncDisposable[] = [];

after(async () => {
  for (const each of ending.toReversed()) await each[Symbol.asyncDispose]();
});

/** Makes something once, when it is first asked for. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** A server for all tests of one file. */
export function siteWith(fill: (server: TestServer) => Promise<void>): () => Promise<TestServer> {
  return once(async () => {
    const server = await startServer();
    ending.push(server);
    await fill(server);
    return server;
  });
}

/** A site without anything in it but its managers. */
export const emptySite = siteWith(addManagers);

/** The site that a new database begins with. */
export const welcomeSite = once(async () => {
  const server = await startServer({ settings: { empty: false } });
  ending.push(server);
  await addManagers(server);
  return server;
});

export interface Documentation {
  readonly server: TestServer;
  readonly docs: SampleDocs;
  /** What the browser complained about while it imported. */
  readonly complaints: readonly string[];
}

/** The welcome site with a documentation site in the folder `docs`, imported in the browser. */
export const documentation = once(async (): Promise<Documentation> => {
  const server = await welcomeSite();
  const scratch: TemporaryDirectory = await temporaryDirectory();
  ending.push(scratch);
  const docs = await sampleDocs(scratch.path);
  await adder(server)('/', { type: 'Folder', id: 'docs', title: 'Docs' });
  await using manager = await signedIn(server, '/docs/@manage/import');
  const { page, complaints } = manager;
  await page.locator('#folder').setInputFiles(docs.directory);
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  const done = page.getByText(/\d+ new/).first();
  await done.waitFor({ timeout: IMPORT_MS_MAX });
  return { server, docs, complaints };
});

/** Paths of every document below a folder. */
export async function documentsBelow(server: TestServer, path: string): Promise<string[]> {
  const send = sender(server);
  const found: string[] = [];
  const pending = [path];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const list = await send('GET', `${folder}/@api/contents?limit=1000`);
    const { items } = list.json<{ items: { path: string; type: string }[] }>();
    for (const item of items) {
      if (item.type === 'Document') found.push(item.path);
      if (item.type === 'Folder') pending.push(item.path);
    }
  }
  return found.toSorted();
}
