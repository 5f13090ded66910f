/**
 * What runs in the thread of an export: reads the database by itself, and gives the bytes of the
 * export one after the other, as they are asked for. It may be terminated at any moment.
 */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { asOid, asTid, Database, exportSubtree, LevelStorage } from '../../odb/index.js';
import { loadSitePlugins } from '../site.js';
import type { ExportThreadData, FromExport } from './messages.js';

if (parentPort === null) throw new TypeError('worker.ts is the code of a thread');
const port = parentPort;
// The main thread starts this module with exactly that.
const { order, handle, plugins } = workerData as ExportThreadData;

// Which attributes are stored, and which name files, is said by the classes.
await loadSitePlugins(plugins);
const asked = once(port, 'message');
const database = await Database.open({ storage: await LevelStorage.join(handle) });
{
  using connection = database.connect({ at: asTid(order.tid) });
  await asked;
  for await (const bytes of exportSubtree(connection, connection.get(asOid(order.oid)))) {
    const next = once(port, 'message');
    post({ kind: 'bytes', bytes });
    await next;
  }
}
post({ kind: 'end' });
await database.close();
port.close();

function post(message: FromExport): void {
  port.postMessage(message);
}
