/**
 * Commits and makes backups meanwhile, one after the other, and says `tid` after each backup, until
 * it is killed. The first argument is the database's directory, the second that of the backups.
 */
import { backup } from '../../../odb/backup/backup.js';
import { LevelStorage } from '../../../odb/level/level-storage.js';
import { asOid } from '../../../odb/oid.js';
import { put } from './requests.js';

const OBJECTS = 20;
const BLOB_BYTES = 50_000;
const COMMITS_MEANWHILE = 4;

const [, , directory = '', backups = ''] = process.argv;
const storage = await LevelStorage.open({ directory, thread: false });

/** Changes one object after the other; each new state names a blob of its own. */
async function write(round: number): Promise<void> {
  const content = Buffer.alloc(BLOB_BYTES, `${process.pid} ${round}`);
  const { sha256 } = await storage.blobs.put(content);
  await put(storage, asOid(2 + (round % OBJECTS)), { round, file: { sha256 } });
}

for (let n = 1, round = 0; ; n += 1) {
  await write(round++);
  const made = backup(storage, backups, { full: n % 5 === 0 });
  for (let meanwhile = 0; meanwhile < COMMITS_MEANWHILE; meanwhile += 1) await write(round++);
  process.stdout.write(`${(await made).to}\n`);
}
