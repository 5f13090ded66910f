/** The job `import` from end to end: files sent with a form, whatever they are called. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { FOLDERS_DEEP_MAX } from '../../../server/import/source-file.js';
import type { Client } from '../../support/client.js';
import { ADMIN, startServer, type TestServer } from '../../support/server.js';

let server: TestServer;
let admin: Client;

before(async () => {
  server = await startServer();
  admin = server.client(ADMIN);
});
after(() => server[Symbol.asyncDispose]());

interface Result {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly unchanged: number;
  readonly kept: readonly string[];
  readonly refused: readonly string[];
  readonly gone: readonly string[];
  readonly folders: readonly string[];
  readonly deadLinks: readonly string[];
  readonly forms: readonly unknown[];
}

interface Job {
  readonly state: string;
  readonly log: readonly string[];
  readonly result: Result;
}

interface Sent {
  /** As the browser tells it, the chosen folder included. */
  readonly path: string;
  readonly text?: string;
}

async function write(method: string, path: string, body?: unknown): Promise<void> {
  const page = await admin.json(method, path, body);
  assert.ok(page.status < 300, `${method} ${path}: ${page.text}`);
}

async function folder(id: string): Promise<string> {
  await write('POST', '/@api/contents', { type: 'Folder', id });
  return `/${id}`;
}

/** Sends files as the admin's form does, and gives the address of the job. */
async function start(into: string, files: readonly Sent[], as = admin): Promise<string> {
  const boundary = 'x-boundary-x';
  const part = (head: string, body: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;
  const body = [
    part('name="action"', 'start'),
    ...files.map(({ text = '' }) => part('name="file"; filename="f"', text)),
    ...files.map(({ path }) => part('name="path"', path)),
    `--${boundary}--\r\n`,
  ].join('');
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  const page = await as.request('POST', `${into}/@manage/import`, { headers, body });
  const id = /job=([^&]+)/.exec(page.header('location') ?? '')?.[1];
  assert.ok(id, `${page.status} ${page.text}`);
  return `/@api/jobs/${id}`;
}

async function end(job: string): Promise<Job> {
  for (;;) {
    const read = (await admin.json('GET', job)).json<Job>();
    if (!['queued', 'running'].includes(read.state)) return read;
    await wait(60);
  }
}

async function run(into: string, files: readonly Sent[]): Promise<Job> {
  const job = await end(await start(into, files));
  assert.equal(job.state, 'done', job.log.join('\n'));
  return job;
}

async function pathsBelow(path: string): Promise<string[]> {
  const { items } = (await admin.json('GET', `${path}/@api/contents?limit=1000`)).json<{
    items: { path: string; type: string }[];
  }>();
  const below = await Promise.all(
    items.map(async ({ path: at, type }) =>
      type === 'Folder' ? [at, ...(await pathsBelow(encodeURI(at)))] : [at],
    ),
  );
  return below.flat().sort();
}

test('files are counted alike each time, and new folders apart', async () => {
  const at = await folder('counted');
  const files = ['docs/a.md', 'docs/guide/b.md', 'docs/guide/deep/c.css', 'docs/d.png'].map(
    (path) => ({ path, text: `# ${path}` }),
  );
  const first = await run(at, files);
  assert.equal(first.result.created.length, 4);
  assert.deepEqual(first.result.folders, [`${at}/guide`, `${at}/guide/deep`]);
  assert.equal(first.log[0], '4 new, 0 changed, 0 as they were, in 2 new folders');

  const second = await run(at, files);
  assert.equal(second.result.unchanged, 4);
  assert.deepEqual([second.result.created, second.result.folders], [[], []]);
  assert.equal(second.log[0], '0 new, 0 changed, 4 as they were');

  const changed = files.map((file, index) => ({ ...file, text: `${file.text}${index % 2}` }));
  const third = await run(at, changed);
  assert.equal(third.result.updated.length, 4);
  assert.equal(third.log[0], '0 new, 4 changed, 0 as they were');
});

test('hostile names: what leads out is refused and named, the rest gets an id below the folder', async () => {
  const at = await folder('hostile');
  const outside = (await pathsBelow('')).filter((path) => !path.startsWith(at));
  const disk = await readdir(server.data);
  const long = 'n'.repeat(300);
  const refused = [
    ...['../x', 'top/../../b', 'a/../../c', '/etc/x', '..\\..\\x', 'C:\\x', '\\\\host\\x', '..'],
    `${'d/'.repeat(FOLDERS_DEEP_MAX + 3)}x`,
  ];
  const taken: Readonly<Record<string, string>> = {
    'top/nul\u0000.txt': 'nul-.txt',
    [`top/${long}.txt`]: `${'n'.repeat(251)}.txt`,
    'top/@x': 'x',
    'top/_x.css': 'x.css',
    'top/__proto__': 'proto__',
    'top/constructor': 'constructor',
    'top/acl_users': 'acl_users-files',
    'top/acl_users.md': 'copy_of_acl_users-files',
    'top/cafe\u0301.txt': 'café.txt',
    'top/title.md': 'item-title',
    'top/%2e%2e': '%2e%2e',
    'top/a\r\nb.txt': 'a--b.txt',
    'top/\u001b[31mred.txt': '-[31mred.txt',
  };
  const sent = [...refused, ...Object.keys(taken), 'top/café.txt', 'top/.hidden', 'top/same.txt'];
  const job = await run(
    at,
    [...sent, 'top/same.txt'].map((path) => ({ path, text: 'x' })),
  );

  const below = await pathsBelow(at);
  const expected = [...Object.values(taken), 'copy_of_café.txt', 'same.txt', 'copy_of_same.txt'];
  assert.deepEqual(below, expected.map((id) => `${at}/${id}`).sort());
  assert.deepEqual(job.result.created.toSorted(), below);
  assert.equal(job.result.refused.length, refused.length);
  for (const path of refused) {
    const shown = path.replace(/^top\//, '');
    assert.ok(
      job.log.some(
        (line) => line.includes('Not imported: it') && path.endsWith(line.split(': Not')[0] ?? '-'),
      ),
      `${shown} is named: ${job.log.join('\n')}`,
    );
  }
  for (const id of expected.filter(
    (each) => !['same.txt', 'café.txt', 'constructor', '%2e%2e'].includes(each),
  )) {
    assert.ok(
      job.log.some((line) => line.endsWith(`: Got the id ${id}`)),
      `${id} is named`,
    );
  }
  assert.ok(job.log.includes('.hidden: Left out: its name begins with a dot'));
  assert.ok(
    job.log.every((line) => !/\p{Cc}/u.test(line)),
    'nothing that a terminal obeys',
  );
  const {
    log: [summary = ''],
  } = job;
  assert.match(summary, new RegExp(`${refused.length} not imported`));

  const after = (await pathsBelow('')).filter((path) => !path.startsWith(at));
  assert.deepEqual(after, outside, 'nothing was made elsewhere on the site');
  assert.deepEqual(await readdir(server.data), disk, 'nor on the disk');
});

test('a file that cannot be taken is left out and named; the others come in', async () => {
  const at = await folder('partly');
  const job = await run(at, [
    { path: 'top/a.md', text: '# A' },
    { path: 'top/bad.hbs', text: 'fine\n{{#if x}}' },
    { path: 'top/titled.md', text: `---\ntitle: "a\\u0007b\\ud800"\nlayout: ../base\n---\n` },
    { path: 'top/long.md', text: `# ${'x'.repeat(20_000)}` },
  ]);
  assert.deepEqual(job.result.refused, ['bad.hbs']);
  assert.deepEqual(job.result.created, [`${at}/a`, `${at}/long`, `${at}/titled`]);
  const said = job.log.find((line) => line.startsWith('bad.hbs:')) ?? '';
  assert.match(said, /^bad\.hbs:2: Not imported: fields\.source: /);
  const titled = (await admin.json('GET', `${at}/titled/@api`)).json<{
    title: string;
    properties: { name: string; value: unknown }[];
  }>();
  assert.equal(titled.title, 'a b\ufffd');
  assert.deepEqual(titled.properties, [{ name: 'page_layout', type: 'string', value: '../base' }]);
});

test('what is a folder for some files and something else on the site is named', async () => {
  const at = await folder('crossed');
  await write('POST', `${at}/@api/contents`, { type: 'Document', id: 'guide' });
  const job = await run(at, [{ path: 'top/guide/a.md' }, { path: 'top/b.md' }]);
  assert.deepEqual(job.result.refused, ['guide/a.md']);
  assert.deepEqual(job.result.created, [`${at}/b`]);
  assert.ok(job.log.includes('guide/a.md: Not imported: guide is no folder'));
});

test('a folder that went away is not made again', async () => {
  const at = await folder('fleeting');
  const slow = Array.from({ length: 200 }, (_, index) => ({ path: `t/${index}.md` }));
  const waitFor = await start(await folder('before'), slow);
  const job = await start(at, [{ path: 'top/a.md' }]);
  await write('DELETE', `${at}/@api`);
  await end(waitFor);
  const { state, log } = await end(job);
  assert.equal(state, 'failed');
  assert.match(log.join(), /There is no folder \/fleeting any more/);
  assert.equal((await admin.json('GET', `${at}/@api`)).status, 404);
});

test('what is no longer among the files is told to those who may view it', async () => {
  const at = await folder('gone');
  const password = 'a good password';
  await write('POST', '/acl_users/@api/contents', {
    type: 'User',
    id: 'importer',
    fields: { password, roles: [] },
  });
  const rights = ['Import/Export objects', 'View management screens', 'Add Documents'];
  const setting = { roles: ['Authenticated'], acquire: true };
  await write('PATCH', `${at}/@api/permissions`, {
    permissions: Object.fromEntries(
      [...rights, 'Change Documents', 'Manage properties'].map((name) => [name, setting]),
    ),
  });
  await run(at, [{ path: 'top/open.md' }, { path: 'top/closed.md' }, { path: 'top/here.md' }]);
  await write('PATCH', `${at}/closed/@api/permissions`, {
    permissions: { View: { roles: ['Manager'], acquire: false } },
  });
  const importer = server.client({ name: 'importer', password });
  const url = await start(at, [{ path: 'top/here.md' }], importer);
  const job = await end(url);
  assert.equal(job.state, 'done', job.log.join());
  assert.deepEqual(job.result.gone, [`${at}/open`]);
  assert.doesNotMatch(JSON.stringify(job), /closed/);

  await write('PATCH', `${at}/open/@api/permissions`, {
    permissions: { View: { roles: ['Manager'], acquire: false } },
  });
  const read = await importer.json('GET', url);
  assert.equal(read.status, 200);
  assert.doesNotMatch(read.text, /open/, 'what was closed since is not told any more');
  const page = await importer.get(`${at}/@manage/import?job=${url.split('/').at(-1) ?? ''}`);
  assert.equal(page.status, 200);
  assert.doesNotMatch(page.text, /gone\/open/);
  assert.deepEqual((await end(url)).result.gone, [`${at}/open`]);
});

test('dead links and other forms are told apart, forms by kind and only while they are new', async () => {
  const at = await folder('forms');
  const files = [
    { path: 'top/a.mdx', text: '<A>x</A>\n\n[y](/nowhere)\n\n<A />\n' },
    { path: 'top/b.mdx', text: '<A />\n' },
  ];
  const first = await run(at, files);
  const deadLinks = ['a.mdx:3: Leads to no file: /nowhere'];
  assert.deepEqual(first.result.deadLinks, deadLinks);
  assert.deepEqual(first.result.forms, [
    {
      message: 'Shown without its program: <A>',
      times: 3,
      files: 2,
      places: ['a.mdx:1', 'a.mdx:5', 'b.mdx:1'],
    },
  ]);
  assert.deepEqual(first.log.slice(1), deadLinks);
  const second = await run(at, files);
  assert.deepEqual([second.result.deadLinks, second.result.forms], [deadLinks, []]);
});
