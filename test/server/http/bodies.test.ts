import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { BlobInfo, Blobs } from '../../../odb/index.js';
import { BadRequest } from '../../../server/errors.js';
import { TEXT_BYTES_MAX } from '../../../server/http/body.js';
import { readMultipart } from '../../../server/http/multipart.js';
import type { FormPart } from '../../../server/publisher/form.js';
import type { Client, Page } from '../../support/client.js';
import { ADMIN, builtModule, startServer, type TestServer } from '../../support/server.js';

const TRIAL = builtModule('support/trial-plugin.js');

interface Echo {
  readonly bodyBytes: number;
  readonly upload: { readonly sha256: string; readonly sizeBytes: number } | null;
  readonly parts: readonly { name: string; value?: string; file?: { sizeBytes: number } }[] | null;
  readonly form: Readonly<Record<string, unknown>>;
}

/** The largest upload that `small` takes. */
const SMALL_BYTES = 2 ** 18;

let server: TestServer;
/** Takes only small uploads. */
let small: TestServer;
before(async () => {
  const settings = { maxUploadBytes: SMALL_BYTES };
  [server, small] = await Promise.all([
    startServer({ plugins: [TRIAL] }),
    startServer({ plugins: [TRIAL], settings }),
  ]);
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await small[Symbol.asyncDispose]();
});

let filled = 0;
/** Gives bytes that no other call gave. */
function newBytes(sizeBytes: number): Buffer {
  filled += 1;
  return Buffer.alloc(sizeBytes, `bytes ${filled} `);
}

async function* chunks(count: number, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < count; sent += 1) yield newBytes(sizeBytes);
}

function multipart(parts: readonly { name: string; filename?: string; bytes: Buffer }[]): Buffer {
  const pieces = parts.flatMap(({ name, filename, bytes }) => [
    Buffer.from(
      `--frontier\r\nContent-Disposition: form-data; name="${name}"` +
        `${filename === undefined ? '' : `; filename="${filename}"`}\r\n\r\n`,
    ),
    bytes,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from('--frontier--\r\n')]);
}

const MULTIPART = { 'content-type': 'multipart/form-data; boundary=frontier' };

test('JSON past its limit is 413, announced or not', async () => {
  const admin = server.client(ADMIN);
  const headers = { 'content-type': 'application/json' };
  const body = Buffer.alloc(TEXT_BYTES_MAX + 1, ' ');
  assert.equal((await admin.request('POST', '/@trial/echo', { headers, body })).status, 413);
  const unannounced = chunks(TEXT_BYTES_MAX / 2 ** 20 + 1, 2 ** 20);
  const page = await admin.request('POST', '/@trial/echo', { headers, body: unannounced });
  assert.equal(page.status, 413);
  const fits = Buffer.from(`{"a": "${'x'.repeat(2 ** 20)}"}`);
  assert.equal((await admin.request('POST', '/@trial/echo', { headers, body: fits })).status, 200);
});

test('a raw body goes to the blob store as it arrives, up to the limit for uploads', async () => {
  const admin = small.client(ADMIN);
  const headers = { 'content-type': 'application/zip' };
  const half = SMALL_BYTES / 2;
  const page = await admin.request('POST', '/@trial/echo', { headers, body: newBytes(half) });
  const { upload, bodyBytes } = page.json<Echo>();
  assert.equal(bodyBytes, 0);
  assert.equal(upload?.sizeBytes, half);
  const stored = small.running.storage.blobs.read(upload?.sha256 ?? '');
  assert.equal(stored.length, half);

  const body = chunks(4, half);
  assert.equal((await admin.request('POST', '/@trial/echo', { headers, body })).status, 413);
});

test('a large body is judged before it is read', async () => {
  const blobs = path.join(server.data, 'blobs');
  const before = await countFiles(blobs);
  const headers = { 'content-type': 'application/zip', 'content-length': String(2 ** 29) };
  const page = await server
    .client()
    .request('POST', '/@trial/echo', { headers, body: chunks(1, 10) });
  assert.equal(page.status, 401, 'half a gigabyte was announced and never sent');
  assert.equal(await countFiles(blobs), before);
});

test('whether somebody may change a file is judged before its new bytes are read', async () => {
  const admin = server.client(ADMIN);
  await admin.json('POST', '/@api/contents', { type: 'File', id: 'f' });
  const user = { type: 'User', id: 'low', fields: { password: 'lower' } };
  assert.equal((await admin.json('POST', '/acl_users/@api/contents', user)).status, 201);
  const headers = { 'content-type': 'application/zip', 'content-length': String(2 ** 29) };
  const put = (client: Client): Promise<Page> =>
    client.request('PUT', '/f/@api/data', { headers, body: chunks(1, 10) });
  assert.equal((await put(server.client())).status, 401);
  assert.equal((await put(server.client({ name: 'low', password: 'lower' }))).status, 403);
});

test('a client that waits to be asked is asked only when it may send', async () => {
  const headers = { 'content-type': 'application/zip', expect: '100-continue' };
  const body = newBytes(100_000);
  const sized = { ...headers, 'content-length': String(body.length) };
  const refused = await server.client().request('POST', '/@trial/echo', { headers: sized, body });
  assert.equal(refused.status, 401);
  const taken = await server
    .client(ADMIN)
    .request('POST', '/@trial/echo', { headers: sized, body });
  assert.equal(taken.json<Echo>().upload?.sizeBytes, body.length);
});

test('a form’s fields and files keep their order, and empty file fields are left out', async () => {
  const body = multipart([
    { name: 'title', bytes: Buffer.from('Grüße') },
    { name: 'photo', filename: 'a.png', bytes: newBytes(150_000) },
    { name: 'none', filename: '', bytes: Buffer.alloc(0) },
    { name: 'count:int', bytes: Buffer.from('7') },
  ]);
  const admin = server.client(ADMIN);
  const page = await admin.request('POST', '/@trial/echo', { headers: MULTIPART, body });
  const { parts, form } = page.json<Echo>();
  assert.deepEqual(
    parts?.map(({ name }) => name),
    ['title', 'photo', 'count:int'],
  );
  assert.equal(parts?.[1]?.file?.sizeBytes, 150_000);
  assert.equal(form['title'], 'Grüße');
  assert.equal(form['count'], 7);
});

test('a form that is not well-formed, or too large, is refused', async () => {
  const admin = small.client(ADMIN);
  const cut = multipart([{ name: 'a', bytes: Buffer.from('b') }]).subarray(0, -16);
  const broken = await admin.request('POST', '/@trial/echo', { headers: MULTIPART, body: cut });
  assert.equal(broken.status, 400);
  const large = multipart([{ name: 'f', filename: 'f', bytes: newBytes(SMALL_BYTES) }]);
  const page = await admin.request('POST', '/@trial/echo', { headers: MULTIPART, body: large });
  assert.equal(page.status, 413);
});

test('strangers may send a page long texts, and no large files', async () => {
  const admin = server.client(ADMIN);
  const fields = { source: '{{#with @request.form}}{{length text}}{{/with}}' };
  const made = await admin.json('POST', '/@api/contents', { type: 'Template', id: 'form', fields });
  assert.equal(made.status, 201, made.text);
  const anyone = server.client();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = `text=${'a'.repeat(100_000)}`;
  assert.equal((await anyone.request('POST', '/form', { headers, body })).text, '100000');
  const before = await countFiles(path.join(server.data, 'blobs'));
  const file = multipart([{ name: 'f', filename: 'f', bytes: newBytes(100_000) }]);
  const form = await anyone.request('POST', '/form', { headers: MULTIPART, body: file });
  assert.equal(form.status, 401, form.text);
  const raw = { headers: { 'content-type': 'image/png' }, body: newBytes(100_000) };
  assert.equal((await anyone.request('POST', '/form', raw)).status, 401);
  assert.equal(await countFiles(path.join(server.data, 'blobs')), before);
  assert.equal((await admin.request('POST', '/form', raw)).status, 200);
});

test('the files of one form are written one after another', async () => {
  let [open, most] = [0, 0];
  const blobs = {
    async put(content: AsyncIterable<Uint8Array>): Promise<BlobInfo> {
      open += 1;
      most = Math.max(most, open);
      let sizeBytes = 0;
      for await (const chunk of content) sizeBytes += chunk.length;
      open -= 1;
      return { sha256: String(sizeBytes), sizeBytes };
    },
  };
  const files = Array.from({ length: 500 }, (_, index) => ({
    name: 'f',
    filename: `${index}`,
    bytes: Buffer.alloc(index % 7 === 0 ? 70_000 : 3),
  }));
  const read = (body: Buffer): Promise<readonly FormPart[]> => {
    const request = Object.assign(Readable.from([body.subarray(0, 999), body.subarray(999)]), {
      headers: MULTIPART,
      complete: true,
    });
    return readMultipart(request as unknown as IncomingMessage, {
      bytesMax: 2 ** 30,
      blobs: blobs as unknown as Blobs,
    });
  };
  const parts = await read(multipart(files));
  assert.equal(parts.length, 500);
  assert.equal(most, 1);
  await assert.rejects(read(multipart(files).subarray(0, -100)), BadRequest);
});

async function countFiles(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  return entries.filter((entry) => entry.isFile()).length;
}
