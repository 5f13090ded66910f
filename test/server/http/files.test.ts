import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Client } from '../../support/client.js';
import { ADMIN, startServer, type TestServer } from '../../support/server.js';

/** Larger than what is read whole, so that it is streamed. */
const BYTES = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));

let server: TestServer;
let client: Client;

before(async () => {
  server = await startServer();
  client = server.client();
  const admin = server.client(ADMIN);
  const made = await admin.json('POST', '/@api/contents', { type: 'File', id: 'data.bin' });
  assert.equal(made.status, 201, made.text);
  const put = await admin.request('PUT', '/data.bin/@api/data', {
    headers: { 'content-type': 'application/octet-stream' },
    body: BYTES,
  });
  assert.equal(put.status, 200, put.text);
});
after(() => server[Symbol.asyncDispose]());

test('a file comes back byte for byte, with its hash as ETag, sandboxed', async () => {
  const page = await client.get('/data.bin');
  assert.equal(page.status, 200);
  assert.deepEqual(page.bytes, BYTES);
  assert.equal(page.header('etag'), `"${createHash('sha256').update(BYTES).digest('hex')}"`);
  assert.equal(page.header('content-security-policy'), 'sandbox');
  assert.equal(page.header('x-content-type-options'), 'nosniff');
  assert.equal(page.header('x-powered-by'), undefined);
  assert.equal(page.header('accept-ranges'), 'bytes');
});

test('HEAD answers as GET does, without a body', async () => {
  for (const path of ['/data.bin', '/']) {
    const full = await client.get(path);
    const head = await client.request('HEAD', path);
    assert.equal(head.status, full.status);
    assert.equal(head.bytes.length, 0);
    for (const name of ['content-length', 'content-type', 'etag']) {
      assert.equal(head.header(name), full.header(name), `${name} of ${path}`);
    }
  }
});

test('what the client has already is not sent again', async () => {
  for (const path of ['/data.bin', '/']) {
    const etag = (await client.get(path)).header('etag') ?? '';
    const again = await client.get(path, { 'if-none-match': etag });
    assert.equal(again.status, 304, path);
    assert.equal(again.bytes.length, 0);
    assert.equal(again.header('etag'), etag);
    assert.equal(again.header('content-type'), undefined);
    assert.equal((await client.get(path, { 'if-none-match': '"other"' })).status, 200);
    assert.equal((await client.get(path, { 'if-match': '"other"' })).status, 412);
  }
});

test('a range is sent alone, and several as parts', async () => {
  const one = await client.get('/data.bin', { range: 'bytes=1000-1999' });
  assert.equal(one.status, 206);
  assert.equal(one.header('content-range'), `bytes 1000-1999/${BYTES.length}`);
  assert.deepEqual(one.bytes, BYTES.subarray(1000, 2000));

  const tail = await client.get('/data.bin', { range: 'bytes=-10' });
  assert.deepEqual(tail.bytes, BYTES.subarray(-10));

  const two = await client.get('/data.bin', { range: 'bytes=0-4,100000-100004' });
  assert.equal(two.status, 206);
  const boundary = /boundary=(\S+)/.exec(two.header('content-type') ?? '')?.[1] ?? '';
  const pieces = two.bytes.toString('latin1').split(`--${boundary}`);
  assert.equal(pieces.length, 4);
  assert.ok(pieces[2]?.includes(`Content-Range: bytes 100000-100004/${BYTES.length}`));
  const body = pieces[2]?.split('\r\n\r\n')[1]?.slice(0, 5) ?? '';
  assert.deepEqual(Buffer.from(body, 'latin1'), BYTES.subarray(100_000, 100_005));
  assert.equal(two.header('content-length'), String(two.bytes.length));
});

test('a range outside the file is 416, and If-Range of another file gets the whole', async () => {
  const outside = await client.get('/data.bin', { range: 'bytes=200000-' });
  assert.equal(outside.status, 416);
  assert.equal(outside.header('content-range'), `bytes */${BYTES.length}`);
  const stale = await client.get('/data.bin', { range: 'bytes=0-9', 'if-range': '"old"' });
  assert.equal(stale.status, 200);
  assert.equal(stale.bytes.length, BYTES.length);
});

test('assets are found by name, kept for ever and compressed for those who take it', async () => {
  const login = await client.get('/@login');
  const href = /href="(\/@assets\/[^"]*\.css)"/.exec(login.text)?.[1] ?? '';
  const plain = await client.get(href);
  assert.equal(plain.status, 200);
  assert.equal(plain.header('content-type'), 'text/css; charset=utf-8');
  assert.match(plain.header('cache-control') ?? '', /immutable/);
  const packed = await client.get(href, { 'accept-encoding': 'gzip' });
  assert.equal(packed.header('content-encoding'), 'gzip');
  assert.ok(packed.bytes.length < plain.bytes.length);
  for (const path of ['/@assets/x/../../../package.json', '/@assets/x/none.css', '/@assets/']) {
    assert.equal((await client.get(path)).status, 404, path);
  }
});

test('the health of the server is for all to see', async () => {
  const page = await client.get('/@health');
  assert.deepEqual(page.json(), { status: 'ok' });
});
