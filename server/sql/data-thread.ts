/**
 * What runs in the data thread.
 *
 * The one thread that has connections to databases. It answers whoever has a link, and the main
 * thread. It may end at any moment: what was not committed is then rolled back by the databases, and
 * what was prepared stays prepared.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { DataError } from './data-error.js';
import type {
  DataMessage,
  DataReply,
  DataThreadData,
  FromDataThread,
  ToDataThread,
} from './data-messages.js';
import { DataServer, MAIN_LINK } from './data-server.js';
import { mysqlDriver } from './mysql-driver.js';
import { postgresDriver } from './postgres-driver.js';
import { sqliteDriver } from './sqlite-driver.js';

if (parentPort === null) throw new TypeError('data-thread.ts is the code of a thread');
const main = parentPort;
// The main thread starts this module with exactly that.
const { folder, firstNumber } = workerData as DataThreadData;

const server = new DataServer({
  drivers: { postgres: postgresDriver, mysql: mysqlDriver, sqlite: sqliteDriver({ folder }) },
  firstNumber,
  environment: process.env,
  onLeft: (target) => tell({ left: target }),
});
const ports: MessagePort[] = [];

main.on('message', (message: ToDataThread) => {
  switch (message.kind) {
    case 'link':
      openLink(message);
      break;
    case 'end-link':
      void server.endLink(message.link);
      break;
    case 'keep':
      server.keep(message.transactions);
      break;
    case 'request':
      void reply(MAIN_LINK, message).then(tell);
      break;
    case 'close':
      void close();
      break;
    default:
      message satisfies never;
  }
});

function tell(message: FromDataThread): void {
  main.postMessage(message);
}

function openLink({ link, port, signal }: Extract<ToDataThread, { kind: 'link' }>): void {
  const answered = new Int32Array(signal);
  server.openLink(link);
  ports.push(port);
  port.on('close', () => ports.splice(ports.indexOf(port), 1));
  port.on('message', (message: DataMessage) => {
    void reply(link, message).then((said) => {
      port.postMessage(said);
      // Whoever asked is asleep until then.
      Atomics.add(answered, 0, 1);
      Atomics.notify(answered, 0);
    });
  });
}

async function reply(
  link: number,
  { call, request, remainingMs }: DataMessage,
): Promise<DataReply> {
  try {
    return { call, answer: await server.answer(link, request, remainingMs) };
  } catch (error) {
    // Anything else is a fault of this thread's own code, and ends it.
    if (!(error instanceof DataError)) throw error;
    return { call, failure: error.failure };
  }
}

async function close(): Promise<void> {
  for (const port of ports) port.close();
  await server.close();
  main.close();
}
