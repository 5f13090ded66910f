/**
 * How long the trash keeps what was deleted.
 *
 * Whoever starts the server says so. The number stands beside the objects, where every thread reads
 * it, and a pack: what a screen promises and what a pack does are the same.
 */
import type { Storage } from '../../odb/index.js';

/** Days, when nothing is said. */
export const TRASH_DAYS_DEFAULT = 30;
/** The most days: a hundred years. */
export const TRASH_DAYS_MAX = 36_500;

const KEY = 'retention/trash-days';

/** Gives the days for which what was deleted is kept at least. */
export function trashDaysOf(storage: Pick<Storage, 'getMeta'>): number {
  const days = storage.getMeta(KEY);
  return typeof days === 'number' ? days : TRASH_DAYS_DEFAULT;
}

/** Notes the days; writes nothing where they are the same as before. */
export async function keepTrashFor(
  storage: Pick<Storage, 'getMeta' | 'setMeta'>,
  days: number,
): Promise<void> {
  if (trashDaysOf(storage) !== days) await storage.setMeta({ [KEY]: days });
}
