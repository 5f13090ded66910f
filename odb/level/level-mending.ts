/**
 * Going on after a write that LevelDB could not make for want of room.
 *
 * A failed write leaves a broken end in LevelDB's log. It would go on writing behind that, and at the
 * next start lose what is there. So before anything more is written, what is in memory goes to a
 * file of its own and a new log begins, while readers and their snapshots stay as they are. Where
 * LevelDB failed at work in the background, it refuses that too, until it is opened anew by all
 * threads of the process.
 */
import { randomBytes } from 'node:crypto';
import { open, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { isDiskFull } from '../blobs/disk-space.js';
import { objectsDirectory } from './level-database.js';
import type { LevelDatabase } from './level-view.js';

/** What is written, and removed, to see whether there is room: two buffers of LevelDB. */
export const PROBE_BYTES = 16 * 1024 * 1024;
const PROBE_CHUNK_BYTES = 1024 * 1024;
const PROBE = 'room.tmp';
const LOG = /^\d+\.log$/;
/** No key is there, so nothing but the memory is written out. */
const NO_KEY = new Uint8Array([0xff]);

/** What became of it: go on, wait for room, or open the database anew. */
export type Mended = 'mended' | 'full' | 'stuck';

/**
 * Begins a new log where there is room for it.
 *
 * @param directory that of the database
 * @throws errors of the file system other than a full disk
 */
export async function mend(db: LevelDatabase, directory: string): Promise<Mended> {
  const objects = objectsDirectory(directory);
  if (!(await hasRoom(directory))) return 'full';
  const before = await logsIn(objects);
  await compactMemory(db);
  const after = new Set(await logsIn(objects));
  return before.some((log) => after.has(log)) ? 'stuck' : 'mended';
}

/** Quotas and limits of a process are not seen in the free bytes of a disk: so this writes. */
async function hasRoom(directory: string): Promise<boolean> {
  const file = path.join(directory, PROBE);
  // Bytes that no file system makes smaller.
  const chunk = randomBytes(PROBE_CHUNK_BYTES);
  try {
    await using handle = await open(file, 'w', 0o640);
    for (let bytes = 0; bytes < PROBE_BYTES; bytes += chunk.length) await handle.writeFile(chunk);
    await handle.sync();
    return true;
  } catch (error) {
    if (isDiskFull(error)) return false;
    throw error;
  } finally {
    await removeProbe(directory);
  }
}

/** Removes what is left where the process ended meanwhile. */
export async function removeProbe(directory: string): Promise<void> {
  await rm(path.join(directory, PROBE), { force: true });
}

async function logsIn(objects: string): Promise<string[]> {
  return (await readdir(objects)).filter((name) => LOG.test(name));
}

/** Tells nothing of what went wrong: that shows in the files. */
async function compactMemory(db: LevelDatabase): Promise<void> {
  if (!('compactRange' in db) || typeof db.compactRange !== 'function') return;
  await db.compactRange(NO_KEY, NO_KEY, { keyEncoding: 'view' });
}
