/**
 * Giving room back to the disk: LevelDB keeps the bytes of what was removed until it writes the
 * files around them anew.
 *
 * That is done part by part, each small enough that whoever commits meanwhile hardly notices, and
 * that one can stop after it. What a snapshot still sees stays until the next time.
 */
import { ClassicLevel } from 'classic-level';
import { assert } from '../assert.js';
import type { DiskSpace } from '../blobs/disk-space.js';
import { OdbError } from '../errors.js';
import { objectKey, revisionKey } from './level-keys.js';
import { readError, type LevelDatabase } from './level-view.js';
import { asOid, type Oid } from '../oid.js';
import type { OidRange } from '../pack/pack-room.js';
import { TID_ZERO } from '../tid.js';

/** About how many bytes are written anew at once. */
const PART_BYTES = 16 * 1024 * 1024;

type Compactable = Pick<ClassicLevel<Uint8Array, Uint8Array>, 'approximateSize' | 'compactRange'>;

/** Keys of all revisions of objects: from those of one oid up to, without, those of another. */
type KeyOf = (oid: Oid) => Uint8Array;

/** Both kinds of keys that begin with an oid. */
const KINDS: readonly KeyOf[] = [objectKey, (oid) => revisionKey(oid, TID_ZERO)];

/**
 * Gives back the room of what was removed in ranges of objects.
 *
 * On a disk with little room, it ends where there is not enough for the next part: what was removed
 * then gives its room back as LevelDB works in the background.
 *
 * @param pause called between any two parts, with how many of them are done; throws to end it
 */
export async function compact(
  db: LevelDatabase,
  ranges: readonly OidRange[],
  {
    space,
    pause,
  }: {
    readonly space: Pick<DiskSpace, 'require'>;
    readonly pause: (done: number, total: number) => Promise<void>;
  },
): Promise<void> {
  assert(db instanceof ClassicLevel, 'the files are those of LevelDB');
  const files: Compactable = db;
  try {
    const parts: (readonly [Uint8Array, Uint8Array])[] = [];
    for (const range of ranges) {
      for (const keyOf of KINDS) parts.push(...(await partsOf(files, range, keyOf)));
    }
    for (const [done, [start, end]] of parts.entries()) {
      await pause(done, parts.length);
      space.require(PART_BYTES);
      await files.compactRange(start, end);
    }
    await pause(parts.length, parts.length);
  } catch (cause) {
    const isFull = cause instanceof OdbError && cause.code === 'ODB_DISK_FULL';
    if (!isFull) throw readError(cause);
  }
}

async function partsOf(
  files: Compactable,
  { from, to }: OidRange,
  keyOf: KeyOf,
): Promise<(readonly [Uint8Array, Uint8Array])[]> {
  const count = to - from + 1;
  const bytes = await files.approximateSize(keyOf(from), keyOf(asOid(to + 1)));
  const parts = Math.min(count, Math.max(1, Math.ceil(bytes / PART_BYTES)));
  const start = (part: number): Uint8Array =>
    keyOf(asOid(from + Math.floor((part * count) / parts)));
  return Array.from({ length: parts }, (_, part) => [start(part), start(part + 1)] as const);
}
