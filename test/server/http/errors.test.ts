import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { builtModule, startServer, type TestServer } from '../../support/server.js';

const TRIAL = builtModule('support/trial-plugin.js');

let server: TestServer;
before(async () => {
  server = await startServer({ plugins: [TRIAL], settings: { workers: 2, timeLimitMs: 3000 } });
});
after(() => server[Symbol.asyncDispose]());

test('an endless loop costs its visitor a 503, and nobody else anything', async () => {
  await using strict = await startServer({
    plugins: [TRIAL],
    settings: { workers: 2, timeLimitMs: 400 },
  });
  const client = strict.client();
  const stuck = client.get('/@trial/hang');
  const meanwhile = await Promise.all(
    Array.from({ length: 20 }, () => strict.client().get('/@trial/title')),
  );
  assert.deepEqual(new Set(meanwhile.map(({ status }) => status)), new Set([200]));

  const page = await stuck;
  assert.equal(page.status, 503);
  assert.ok(Number(page.header('retry-after')) > 0);
  assert.match(page.text, /0\.4 seconds/);
  assert.equal((await client.get('/@trial/title')).status, 200);
});

test('as many requests without an end as there are threads do not stop the site', async () => {
  const stuck = [1, 2].map(() => server.client().get('/@trial/hold?until=/never'));
  const page = await server.client().get('/@trial/title');
  assert.equal(page.status, 200);
  for (const answer of await Promise.all(stuck)) assert.equal(answer.status, 503);
});

test('a thread that crashes costs its visitor a 500, and is replaced', async () => {
  const client = server.client();
  const failures = (): number =>
    server.log.filter(({ message }) => message === 'A request failed').length;
  const earlier = failures();
  for (let round = 0; round < 3; round += 1) {
    const page = await client.get('/@trial/crash');
    assert.equal(page.status, 500);
    assert.equal((await client.get('/@trial/title')).status, 200);
  }
  assert.equal(failures() - earlier, 3);
});

test('what nobody expected is a 500 with an id, and the log has the rest under it', async () => {
  const page = await server.client().get('/@trial/fail');
  assert.equal(page.status, 500);
  assert.doesNotMatch(page.text, /fault of the trial/i);
  const id = /<code>([0-9a-f]+)<\/code>/.exec(page.text)?.[1];
  const line = server.log.find((entry) => entry['id'] === id);
  const error = line?.['error'] as Record<string, unknown> | undefined;
  assert.equal(error?.['message'], 'A fault of the trial');
});

test('errors under @api are problems in JSON, whoever makes them', async () => {
  const client = server.client();
  const missing = await client.get('/nowhere/@api');
  assert.equal(missing.status, 404);
  assert.equal(missing.header('content-type'), 'application/problem+json');
  assert.equal(missing.json()['status'], 404);
  const foreign = await client.json('DELETE', '/a/@api', undefined, {
    origin: 'http://evil.example',
  });
  assert.equal(foreign.status, 403);
  assert.equal(foreign.header('content-type'), 'application/problem+json');
});

test('a GET that would change the site is refused, and nothing changes', async () => {
  const client = server.client();
  const page = await client.get('/@trial/rename?title=Changed');
  assert.equal(page.status, 405);
  assert.equal(page.header('allow'), 'POST');
  assert.match(page.text, /POST/);
  assert.notEqual((await client.get('/@trial/title')).text, 'Changed');
});

test('a request from another site is refused before anything else', async () => {
  const client = server.client();
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]) {
    const page = await client.post('/@trial/rename', { title: 'Taken over' }, headers);
    assert.equal(page.status, 403);
  }
  assert.notEqual((await client.get('/@trial/title')).text, 'Taken over');
  const ours = { 'sec-fetch-site': 'same-origin', origin: server.url.replace(/\/$/, '') };
  assert.equal((await client.post('/@trial/rename', { title: 'Ours' }, ours)).status, 200);
});
