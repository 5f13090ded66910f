/**
 * What runs in a publisher thread.
 *
 * The thread loads its code, joins the database when it is told where that is, and then publishes
 * one request at a time. It writes nothing itself: its commits and its metadata go through the
 * main thread to the one writer. It may be terminated at any moment.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Database, LevelStorage, mergeRules } from '../../odb/index.js';
import { apiView } from '../api/api.js';
import { SlowQueries } from '../catalog/slow-queries.js';
import type { Plugin } from '../plugin.js';
import { Passwords } from '../security/password.js';
import { VerifiedCredentials } from '../security/verified-credentials.js';
import { DataLink } from '../sql/data-link.js';
import { SqlDoor } from '../sql/sql-door.js';
import type { SqlHandle } from '../sql/sql-server.js';
import type { SqlServicesOptions } from '../sql/sql-services.js';
import { WriteCounts } from '../sql/write-counts.js';
import { Statistics } from '../statistics.js';
import { initialise, loadSitePlugins, openSite, type Site } from '../site.js';
import { Authenticator } from './authenticate.js';
import { callErrorOf } from './call-error.js';
import { Claims } from './claims.js';
import type { Call, CallResult, Dispatch, FromThread, ThreadData, ToThread } from './messages.js';
import { previewView } from './preview.js';
import { Publisher } from './publish.js';
import type { Answer } from './response.js';
import { signInViews } from './sign-in.js';
import { registerView } from './view.js';

if (parentPort === null) throw new TypeError('worker.ts is the code of a thread');
const port = parentPort;
// The main thread starts this module with exactly that.
const data = workerData as ThreadData;

type Order = Exclude<ToThread, { readonly kind: 'settled' | 'sql' }>;
type Joining = Extract<ToThread, { readonly kind: 'join' }>;

const claims = new Claims(data.claims);
const statistics = new Statistics(data.statistics);
/** Shorter texts are copied faster than encoded, in UTF-16 units. */
const ENCODED_FROM = 16_384;

const calls = new Map<number, (result: CallResult) => void>();
let callsMade = 0;
let site: Site | undefined;
let publisher: Publisher | undefined;
let plugins: readonly Plugin[] = [];
/** What was asked of this thread and is not begun. A chain of promises would do, and garbage. */
const orders: Order[] = [];
let working = true;

port.on('message', (message: ToThread) => {
  if (message.kind === 'sql') {
    site?.sql.door?.learn(message.news);
  } else if (message.kind === 'settled') {
    calls.get(message.call)?.(message.result);
    calls.delete(message.call);
  } else {
    orders.push(message);
    if (!working) void work();
  }
});

plugins = await loadSitePlugins(data.plugins);
registerView(apiView);
registerView(previewView);
post({
  kind: 'loaded',
  rules: mergeRules(),
  assets: plugins.flatMap((plugin) => plugin.assets ?? []),
});
void work();

/** Does what was asked, one thing after another. What it throws ends the thread. */
async function work(): Promise<void> {
  working = true;
  for (let order = orders.shift(); order !== undefined; order = orders.shift()) await obey(order);
  working = false;
}

async function obey(message: Order): Promise<void> {
  switch (message.kind) {
    case 'join':
      await join(message);
      break;
    case 'publish':
      await publish(message.id, message.dispatch);
      break;
    case 'renew':
      publisher?.renew();
      break;
    case 'end':
      publisher?.[Symbol.dispose]();
      await site?.database.close();
      port.close();
      break;
    default:
      message satisfies never;
  }
}

async function join({ handle, sql, initial }: Joining): Promise<void> {
  const storage = await LevelStorage.join(handle, {
    async commit(bytes) {
      const { commit } = await call({ what: 'commit', bytes });
      if (commit === undefined) throw new TypeError('A commit was answered without its result');
      return commit;
    },
    async setMeta(entries) {
      await call({ what: 'set-meta', entries });
    },
  });
  const database = await Database.open({ storage, cacheObjects: data.cacheObjects });
  const passwords = new Passwords({
    parameters: data.passwords,
    verified: new VerifiedCredentials(data.verified),
  });
  const { thread, backups, startedMs, cacheObjects } = data;
  const slowQueries = new SlowQueries({ handle: data.slowQueries });
  const server = { backups, startedMs, cacheObjects, statistics, slowQueries };
  const databases = sql === undefined ? {} : { sql: openDatabases(sql) };
  site = await openSite({ database, plugins, passwords, thread, server, ...databases });
  const made = initial === undefined ? false : await initialise(site, initial);
  const authenticator = new Authenticator(site);
  for (const view of signInViews({ authenticator, sessions: site.sessions })) registerView(view);
  publisher = new Publisher({ site, authenticator, timeLimitMs: data.timeLimitMs });
  post({ kind: 'ready', made });
}

/** Makes the thread's way to SQL databases. */
function openDatabases({ link, writes, run }: SqlHandle): SqlServicesOptions {
  const counts = new WriteCounts(writes);
  const door = new SqlDoor({
    ...{ link: new DataLink(link), run },
    tryAgain: async (target) => (await call({ what: 'finish-sql', target })).problem,
    onWritten: (target) => counts.add(target),
  });
  return { counts, door };
}

async function publish(id: number, dispatch: Dispatch): Promise<void> {
  // Taken back while it waited here: another thread has it.
  if (!claims.claim(id)) return;
  if (publisher === undefined) throw new TypeError('A request came before the database');
  const outcome = await publisher.publish(dispatch);
  statistics.setLoaded(data.thread, publisher.cachedObjects);
  if (outcome.kind === 'again') {
    post({ kind: 'again', id, reason: outcome.reason });
    return;
  }
  if (outcome.kind === 'unfinished') {
    post({ kind: 'unfinished', id, target: outcome.target });
    return;
  }
  const published = { ...outcome.published, answer: withBytes(outcome.published.answer) };
  const { commit, body } = published.answer;
  const moved = [commit, typeof body === 'string' ? undefined : body];
  post(
    { kind: 'published', id, published },
    moved.filter((bytes) => bytes !== undefined).map(({ buffer }) => buffer),
  );
}

/**
 * Encodes a text that nothing will be put into any more: bytes are handed over without being
 * copied, and the main thread, which all requests share, is spared the work.
 */
function withBytes(answer: Answer): Answer {
  const { body, pending } = answer;
  if (typeof body !== 'string' || pending !== undefined || body.length < ENCODED_FROM)
    return answer;
  return { ...answer, body: encode(body) };
}

/**
 * Encodes as UTF-8, in memory that the bytes share with no others. ASCII, as markup mostly is, is
 * copied: that and the look whether it is take a third of the time of encoding it.
 */
function encode(text: string): Uint8Array {
  const sizeBytes = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafeSlow(sizeBytes);
  bytes.write(text, sizeBytes === text.length ? 'latin1' : 'utf8');
  return bytes;
}

function post(message: FromThread, moved: readonly ArrayBufferLike[] = []): void {
  port.postMessage(
    message,
    moved.filter((buffer) => buffer instanceof ArrayBuffer),
  );
}

/** Asks the main thread for something; resolves when it is done. */
async function call(request: Call): Promise<Extract<CallResult, { ok: true }>> {
  callsMade += 1;
  const id = callsMade;
  const result = await new Promise<CallResult>((resolve) => {
    calls.set(id, resolve);
    post({ kind: 'call', call: id, request });
  });
  if (result.ok) return result;
  throw callErrorOf(result.error);
}
