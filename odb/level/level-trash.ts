/**
 * Listing the trash of a LevelDB database.
 */
import { metaKey, metaKeys } from './level-keys.js';
import { LevelReader } from './level-reader.js';
import { type LevelDatabase } from './level-view.js';
import { decodeValue } from '../records/record.js';
import type { MergeRules } from '../rules.js';
import type { TrashEntry, TrashQuery } from '../storage.js';
import { isInTrash, TRASH_LIMIT_DEFAULT, TRASH_PREFIX, trashName } from '../pack/trash.js';

/** Entries read at once. */
const PAGE_ENTRIES = 100;

/** Lists the trash, newest first; see `Storage.trash`. */
export async function listLevelTrash(
  db: LevelDatabase,
  rules: MergeRules,
  { before, limit = TRASH_LIMIT_DEFAULT }: TrashQuery,
): Promise<readonly TrashEntry[]> {
  const snapshot = db.snapshot();
  using reader = new LevelReader(db, snapshot);
  const range = metaKeys(TRASH_PREFIX);
  const lt = before === undefined ? range.lt : metaKey(trashName(before));
  await using entries = db.values({ gte: range.gte, lt, reverse: true, snapshot });
  const found: TrashEntry[] = [];
  while (found.length < limit) {
    const page = await entries.nextv(PAGE_ENTRIES);
    if (page.length === 0) break;
    for (const value of page) {
      const entry = decodeValue(value) as TrashEntry;
      if (found.length < limit && isInTrash(reader, entry, rules)) found.push(entry);
    }
  }
  return found;
}
