/**
 * What runs in the thread of a job.
 *
 * The thread opens the site of its own, does one job in the name of whoever asked for it, and ends.
 * Its commits go through the main thread to the one writer. It may be terminated at any moment.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type CommitResult, Database, LevelStorage, OdbError } from '../../odb/index.js';
import { ServerError } from '../errors.js';
import { callErrorOf } from '../publisher/call-error.js';
import { loadSitePlugins, openSite } from '../site.js';
import type { JobReporter } from './job.js';
import { jobKinds } from './kinds.js';
import type { FromJob, JobThreadData, ToJob } from './messages.js';

if (parentPort === null) throw new TypeError('worker.ts is the code of a thread');
const port = parentPort;
// The main thread starts this module with exactly that.
const { order, handle, plugins, backups } = workerData as JobThreadData;

const commits = new Map<number, (message: ToJob) => void>();
let commitsMade = 0;

port.on('message', (message: ToJob) => {
  commits.get(message.call)?.(message);
  commits.delete(message.call);
});

function post(message: FromJob): void {
  port.postMessage(message);
}

async function commit(bytes: Uint8Array): Promise<CommitResult> {
  commitsMade += 1;
  const call = commitsMade;
  const answer = await new Promise<ToJob>((resolve) => {
    commits.set(call, resolve);
    post({ kind: 'commit', call, bytes });
  });
  if (answer.kind === 'committed') return answer.result;
  throw callErrorOf(answer.error);
}

async function run(): Promise<void> {
  const kind = Object.hasOwn(jobKinds, order.kind) ? jobKinds[order.kind] : undefined;
  if (kind === undefined) throw new ServerError('SRV_NO_JOB', `There is no job ${order.kind}`);
  const loaded = await loadSitePlugins(plugins);
  const storage = await LevelStorage.join(handle, { commit });
  const database = await Database.open({ storage });
  const site = await openSite({ database, plugins: loaded });
  const report: JobReporter = {
    progress: (done, total) => post({ kind: 'progress', done, total }),
    log: (line) => post({ kind: 'log', line }),
  };
  const result = await kind(site, order, report, { backups });
  post({ kind: 'done', result });
  await database.close();
}

try {
  await run();
} catch (error) {
  if (!(error instanceof ServerError) && !(error instanceof OdbError)) throw error;
  post({ kind: 'failed', message: error.message });
}
port.close();
