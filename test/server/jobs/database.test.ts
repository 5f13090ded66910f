/** The jobs `pack`, `backup` and `check` from end to end, asked for as JSON. */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { restore, verifyBackup } from '../../../odb/index.js';
import type { Client } from '../../support/client.js';
import { ADMIN, startServer, type TestServer } from '../../support/server.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary.js';

interface Job {
  readonly kind: string;
  readonly state: string;
  readonly log: readonly string[];
  readonly progress: { readonly done: number; readonly total: number };
  readonly result?: Readonly<Record<string, unknown>>;
}

async function write(admin: Client, method: string, url: string, body?: unknown): Promise<void> {
  const page = await admin.json(method, url, body);
  assert.ok(page.status < 300, `${method} ${url}: ${page.text}`);
}

async function end(admin: Client, url: string): Promise<Job> {
  for (;;) {
    const job = (await admin.json('GET', url)).json<Job>();
    if (!['queued', 'running'].includes(job.state)) return job;
    await wait(60);
  }
}

/** Starts a job, and waits for its end. */
async function run(admin: Client, name: string, body: unknown = {}): Promise<Job> {
  const page = await admin.json('POST', `/@api/${name}`, body);
  assert.equal(page.status, 202, page.text);
  const url = page.header('location') ?? '';
  assert.equal(url, `/@api/jobs/${String(page.json()['job'])}`);
  assert.equal(page.json()['tid'], undefined);
  return end(admin, url);
}

let place: TemporaryDirectory;
let backups: string;
/** Its page has been changed a few times. */
let server: TestServer;
let admin: Client;
before(async () => {
  place = await temporaryDirectory();
  backups = path.join(place.path, 'kept');
  server = await startServer({ settings: { workers: 2, backups } });
  admin = server.client(ADMIN);
  await write(admin, 'POST', '/@api/contents', { type: 'Document', id: 'page' });
  for (let n = 0; n < 5; n += 1) {
    await write(admin, 'PATCH', '/page/@api', { fields: { source: `Text ${n}` } });
  }
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

interface Overview {
  readonly tid: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly sizes: Readonly<Record<string, number>>;
  readonly caches: Readonly<Record<string, number>>;
  readonly conflicts: Readonly<Record<string, number>>;
  readonly packed: { readonly tid: string } | null;
  readonly backups: {
    readonly directory: string;
    readonly count: number;
    readonly last: { readonly tid: string } | null;
    readonly problem: string | null;
  };
  readonly checked: { readonly count: number; readonly tid: string } | null;
}

async function overview(admin: Client): Promise<Overview> {
  const page = await admin.json('GET', '/@api/database');
  assert.equal(page.status, 200, page.text);
  return page.json<Overview>();
}

test('figures tell of sizes, caches and conflicts', async () => {
  await write(admin, 'POST', '/@api/contents', { type: 'File', id: 'data.bin' });
  await admin.request('PUT', '/data.bin/@api/data', { body: 'x'.repeat(1000) });
  const { counts, sizes, caches, conflicts } = await overview(admin);
  assert.equal(counts['files'], 1);
  assert.equal(sizes['files'], 1000);
  assert.ok(Number(sizes['records']) > 0);
  assert.ok(Number(caches['threads']) >= 1 && Number(caches['objects']) > 0);
  assert.equal(caches['objectsMax'], 20_000);
  assert.equal(conflicts['saved'], 8);
  assert.deepEqual([conflicts['retried'], conflicts['refused']], [0, 0]);
});

test('nobody but who may pack sees figures or starts such work', async () => {
  const fields = { password: 'a good password', roles: [] };
  await write(admin, 'POST', '/acl_users/@api/contents', { type: 'User', id: 'ann', fields });
  const ann = server.client({ name: 'ann', password: 'a good password' });
  for (const [method, name, body] of [
    ['GET', 'database', undefined],
    ['POST', 'pack', { days: 'x' }],
    ['POST', 'backup', {}],
    ['POST', 'check', {}],
  ] as const) {
    assert.equal((await ann.json(method, `/@api/${name}`, body)).status, 403, name);
    assert.equal((await server.client().json(method, `/@api/${name}`, body)).status, 401, name);
  }
  assert.deepEqual((await admin.json('GET', '/@api/jobs')).json()['items'], []);

  await run(admin, 'check');
  const roles = ['Keeper', 'Manager'];
  await write(admin, 'PATCH', '/@api/permissions', {
    addRoles: ['Keeper'],
    localRoles: { ann: ['Keeper'] },
    permissions: { 'Pack database': { roles, acquire: false } },
  });
  assert.equal((await run(ann, 'check')).state, 'done');
  const seen = (await ann.json('GET', '/@api/jobs')).json<{ items: { user: string }[] }>().items;
  assert.deepEqual(
    seen.map(({ user }) => user),
    ['/acl_users:ann', '/acl_users:admin'],
    'whoever looks after the database sees all that was done to it',
  );
});

test('a pack forgets the states before its moment and leaves the log and the present', async () => {
  const earlier = await overview(admin);
  assert.equal(earlier.packed, null);

  const month = await run(admin, 'pack', { days: 30 });
  assert.equal(month.state, 'done', month.log.join('\n'));
  assert.equal(month.result?.['revisions'], 0);
  assert.match(month.log.at(-1) ?? '', /^Packed to .* UTC: there was nothing to forget$/);

  const all = await run(admin, 'pack', { days: 0 });
  assert.equal(all.state, 'done', all.log.join('\n'));
  assert.ok(Number(all.result?.['revisions']) >= 5);
  assert.match(all.log.at(-1) ?? '', /^Packed to .* UTC: forgot \d+ old states/);

  const later = await overview(admin);
  assert.equal(later.packed?.tid, later.tid);
  assert.equal(later.counts['transactions'], earlier.counts['transactions']);
  assert.equal(later.counts['objects'], earlier.counts['objects']);
  assert.ok(Number(later.counts['revisions']) < Number(earlier.counts['revisions']));
  const history = (await admin.json('GET', '/page/@api/history')).json<{ total: number }>();
  assert.equal(history.total, 1, 'threads that saw more look anew');
  const log = (await admin.json('GET', '/page/@api/transactions')).json<{ total: number }>();
  assert.equal(log.total, 6);
});

test('backups of the server go to the directory of the settings, and can be restored', async () => {
  assert.deepEqual(
    await overview(admin).then(({ backups: { directory, count, last } }) => ({
      directory,
      count,
      last,
    })),
    { directory: backups, count: 0, last: null },
  );

  const first = await run(admin, 'backup');
  assert.equal(first.state, 'done', first.log.join('\n'));
  assert.equal(first.result?.['kind'], 'full');
  await write(admin, 'PATCH', '/page/@api', { title: 'Later' });
  const second = await run(admin, 'backup', { full: false });
  assert.deepEqual([second.result?.['kind'], second.result?.['transactions']], ['changes', 1]);
  const third = await run(admin, 'backup', { full: true });
  assert.equal(third.result?.['kind'], 'full');

  const { backups: told, tid } = await overview(admin);
  assert.deepEqual([told.count, told.last?.tid, told.problem], [3, tid, null]);
  assert.deepEqual((await verifyBackup(backups)).problems, []);
  const restored = path.join(place.path, 'restored');
  await restore(backups, restored);
  await using copy = await startServer({ data: restored });
  const page = await copy.client(ADMIN).json('GET', '/page/@api');
  assert.equal(page.json()['title'], 'Later');
});

test('jobs wait for one another, and one that waits can be cancelled', async () => {
  const urls: string[] = [];
  for (const [name, body] of [
    ['check', {}],
    ['backup', {}],
    ['pack', { days: 0 }],
  ] as const) {
    urls.push((await admin.json('POST', `/@api/${name}`, body)).header('location') ?? '');
  }
  assert.equal((await admin.json('DELETE', urls[2] ?? '')).status, 202);
  const jobs = await Promise.all(urls.map((url) => end(admin, url)));
  assert.deepEqual(
    jobs.map(({ state }) => state),
    ['done', 'done', 'cancelled'],
  );
  assert.deepEqual(jobs[2]?.log, ['Cancelled before it began.']);
});

test('a check tells that all is well, or where on the site something is not, and repairs it', async () => {
  await write(admin, 'POST', '/@api/contents', { type: 'File', id: 'gone.bin' });
  assert.equal((await admin.request('PUT', '/gone.bin/@api/data', { body: 'bytes' })).status, 200);
  const well = await run(admin, 'check');
  assert.deepEqual([well.state, well.result?.['count']], ['done', 0]);
  assert.match(well.log.at(-1) ?? '', /^All is well: \d+ objects, \d+ states, \d+ transactions$/);

  await rm(path.join(server.data, 'blobs'), { recursive: true });
  await mkdir(path.join(server.data, 'blobs'));
  const found = await run(admin, 'check');
  assert.equal(found.state, 'done');
  const findings = (found.result?.['findings'] ?? []) as Record<string, unknown>[];
  const finding = findings.find((each) => String(each['path']).startsWith('/gone.bin'));
  assert.equal(finding?.['code'], 'blob-missing');
  assert.match(String(finding?.['advice']), /Upload the file again/);
  const { checked, tid } = await overview(admin);
  assert.deepEqual([checked?.count, checked?.tid], [found.result?.['count'], tid]);
});

test('a directory of backups that cannot be used is told, and fails the job and nothing else', async () => {
  await writeFile(path.join(backups, 'manifest.json'), 'not a list');
  assert.match((await overview(admin)).backups.problem ?? '', /manifest\.json/);
  const job = await run(admin, 'backup');
  assert.equal(job.state, 'failed');
  assert.match(job.log.join('\n'), /manifest\.json/);
});
