/**
 * Commits and makes backups, one after the other, and says `tid` after each backup, until it is
 * killed. The first argument is the database's directory, the second that of the backups.
 */
import { backup } from '../../../odb/backup.js';
import { LevelStorage } from '../../../odb/level-storage.js';
import { asOid } from '../../../odb/oid.js';
import { put } from './requests.js';

const [, , directory = '', backups = ''] = process.argv;
const storage = await LevelStorage.open({ directory, thread: false });
for (let n = 1; ; n += 1) {
  const { sha256 } = await storage.blobs.put(Buffer.alloc(50_000, `${n}`));
  for (let m = 0; m < 20; m += 1) await put(storage, asOid(2 + m), { n, file: { sha256 } });
  const { to } = await backup(storage, backups, { full: n % 5 === 0 });
  process.stdout.write(`${to}\n`);
}
