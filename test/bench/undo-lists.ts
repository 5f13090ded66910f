/**
 * The undo screen's first page in a site with a history of 100,000 transactions, as a browser gets it:
 * of the whole site, of one folder, of an object that was touched long ago, by one person, by a word
 * of the note; and with a transaction chosen, so that its plan is beside the list.
 */
import { Database, LevelStorage, mergeRules } from '../../odb/index.js';
import { contentAt } from '../../server/content/content.js';
import { Folder } from '../../server/content/folder.js';
import { siteRoot } from '../../server/content/places.js';
import { registerBuiltInTypes } from '../../server/content/types.js';
import { ADMIN_KEY } from '../../server/site.js';
import type { Client } from '../support/client.js';
import { ADMIN, startServerProcess } from '../support/server.js';
import { temporaryDirectory } from '../support/temporary.js';
import { median, runAlone } from './measure.js';
import type { BenchRow } from './row.js';

const TRANSACTIONS = 100_000;
const FOLDERS = 10;
/** Documents in each folder; each transaction of a round changes another one. */
const DOCUMENTS = 20;
const ROUNDS = 15;
const AIM_MS = 100;

/** What is asked for, and what it is called. */
const PAGES: readonly (readonly [name: string, url: string])[] = [
  ['the whole site', '/@manage/undo'],
  ['a folder with a tenth of them', '/f1/@manage/undo'],
  ['an object that only the oldest one touched', '/old/@manage/undo'],
  ['of one person', '/@manage/undo?who=me'],
  ['of one person who did nothing', '/@manage/undo?who=%2Facl_users%3Anobody'],
  ['with a word that many notes have', '/@manage/undo?q=title'],
  ['with a word that no note has', '/@manage/undo?q=xyzzy'],
  ['at the path of an object', '/@manage/undo?path=/f3/d7'],
  ['at the path of a folder', '/@manage/undo?path=/f3'],
];

/** Measures the list. */
export async function undoLists(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory();
  const serve = ['--data', directory.path, '--empty', '--log-level', 'warn'];
  {
    await using server = await startServerProcess(serve);
    await makeSite(server.client(ADMIN));
    await server.end();
  }
  const tid = await makeHistory(directory.path);
  await using server = await startServerProcess(serve);
  const client = server.client(ADMIN);
  const rows: BenchRow[] = [];
  for (const [name, url] of [...PAGES, ['with a plan beside it', `/@manage/undo?tid=${tid}`]]) {
    const ms = await timeOf(client, url ?? '');
    rows.push({
      name: `undo list at ${TRANSACTIONS} transactions: ${name}`,
      figure: `${ms.toFixed(1)} ms`,
      reference: `aim ${AIM_MS} ms`,
      ratio: AIM_MS / ms,
      aim: '≥ 1',
    });
  }
  return rows;
}

async function makeSite(client: Client): Promise<void> {
  const add = (path: string, body: object): object => ({
    ...{ method: 'POST', path: `${path}@api/contents`, body },
  });
  const operations = [add('/', { type: 'Document', id: 'old' })];
  for (let folder = 0; folder < FOLDERS; folder += 1) {
    operations.push(add('/', { type: 'Folder', id: `f${folder}` }));
    for (let at = 0; at < DOCUMENTS; at += 1) {
      operations.push(add(`/f${folder}/`, { type: 'Document', id: `d${at}` }));
    }
  }
  const page = await client.json('POST', '/@api/batch', { operations });
  if (page.status !== 200) throw new Error(`The site was not made: ${page.text}`);
}

/** Changes a title in each transaction, many at once. Answers the newest one. */
async function makeHistory(directory: string): Promise<number> {
  registerBuiltInTypes();
  const storage = await LevelStorage.open({ directory, rules: mergeRules() });
  await using database = await Database.open({ storage });
  using connection = database.connect();
  let made = 0;
  while (made < TRANSACTIONS) {
    connection.begin();
    const saved: Promise<unknown>[] = [];
    for (let folder = 0; folder < FOLDERS; folder += 1) {
      const holder = contentAt(siteRoot(connection), `/f${folder}`);
      if (!(holder instanceof Folder)) throw new TypeError(`There is no folder f${folder}`);
      for (const document of holder.items()) {
        document.title = `Title ${made}`;
        const { path } = document;
        const note = `Changed ${path}: title`;
        const { bytes } = connection.prepare({ user: ADMIN_KEY, note, paths: [path] });
        saved.push(storage.commitPacked(bytes));
        made += 1;
      }
    }
    await Promise.all(saved);
  }
  return storage.lastTid;
}

/** The median of some requests, once the code is warm. */
async function timeOf(client: Client, url: string): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS + 3; round += 1) {
    const start = performance.now();
    const page = await client.get(url, { accept: 'text/html' });
    const elapsed = performance.now() - start;
    if (page.status !== 200) throw new Error(`${url} answered ${page.status}`);
    if (round >= 3) times.push(elapsed);
  }
  return median(times);
}

await runAlone(import.meta.url, undoLists);
