/**
 * The figures of a LevelDB database. Counts keys and reads no values, all as of one snapshot.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { blobFigures, measureFiles } from '../blobs/blob-figures.js';
import type { FileBlobs } from '../blobs/blobs.js';
import { objectsDirectory } from './level-database.js';
import { keyPages, type KeyRange } from './level-key-walk.js';
import {
  OBJECT_KEYS,
  OVERLAY_KEYS,
  OVERLAY_REVISION_KEYS,
  REVISION_KEYS,
  TRANSACTION_KEYS,
} from './level-keys.js';
import { readError, type LevelDatabase, type LevelSnapshot } from './level-view.js';
import type { StorageFigures } from '../storage-figures.js';

/** @throws OdbError `ODB_CLOSED` */
export async function levelFigures(
  db: LevelDatabase,
  { directory, blobs }: { readonly directory: string; readonly blobs: FileBlobs },
): Promise<StorageFigures> {
  let snapshot: LevelSnapshot;
  try {
    snapshot = db.snapshot();
  } catch (cause) {
    throw readError(cause);
  }
  try {
    const objects = await countKeys(db, snapshot, OBJECT_KEYS);
    const older = await countKeys(db, snapshot, REVISION_KEYS);
    const current = await countKeys(db, snapshot, OVERLAY_KEYS);
    const overlayRevisions = current + (await countKeys(db, snapshot, OVERLAY_REVISION_KEYS));
    const transactions = await countKeys(db, snapshot, TRANSACTION_KEYS);
    const files = await readdir(objectsDirectory(directory));
    const records = files.map((name) => path.join(objectsDirectory(directory), name));
    return {
      objects,
      revisions: objects + older + overlayRevisions,
      overlayRevisions,
      transactions,
      recordBytes: (await measureFiles(records)).bytes,
      ...(await blobFigures(blobs)),
    };
  } finally {
    await snapshot.close();
  }
}

async function countKeys(
  db: LevelDatabase,
  snapshot: LevelSnapshot,
  range: KeyRange,
): Promise<number> {
  let count = 0;
  for await (const page of keyPages(db, snapshot, range)) count += page.length;
  return count;
}
