/**
 * What comes of a list that a version changed, given what main did since: item by item.
 */
import type { ConflictReason } from '../errors.js';
import { CONFLICT_POSITIONS_MAX, mergeLists } from '../commit/list-merge.js';
import type { ListEdit } from '../trees/list-hunks.js';
import { itemsIn, leavesOf, viewOf, type ListView } from '../trees/list-view.js';
import type { Oid } from '../oid.js';
import { classNameOf } from '../records/record.js';
import type { Reader } from '../storage.js';
import type { OverlayRevision, StoredRevision } from '../stored.js';
import { TID_ZERO } from '../tid.js';
import { sameBytes, type State } from '../value.js';
import { done, recordAt, type Merged } from './version-merge.js';
import type { Resolution, VersionConflict } from './version-plan.js';

/** Longest list of which a conflict shows the items. */
export const CONFLICT_ITEMS_MAX = 1_000;

/** Merges a list. The value is what takes main's list to the merged one. */
export function mergeList(
  list: Oid,
  held: ReadonlyMap<Oid, OverlayRevision>,
  { reader, resolution }: { readonly reader: Reader; readonly resolution: Resolution | undefined },
): Merged<readonly ListEdit<unknown>[]> {
  const { base, main, version } = listSides(reader, list, held);
  const root = held.get(list);
  const current = reader.revision(list)?.record;
  const refuse = (reason: ConflictReason, fields: readonly string[] = []): Merged<never> => {
    const conflict = listInConflict(list, held, { reader, reason, fields });
    return { merged: false, conflict };
  };
  if (resolution === 'main') return done([]);
  if (current === undefined || root?.record === undefined) return refuse('removed');
  if (isAsMain(reader, held)) return done([]);
  const began = root.basedOn === TID_ZERO;
  if (began)
    return resolution === 'version' ? done(replacing(main, version, list)) : refuse('created');
  const changed = new Set(held.keys());
  const sides = { list, base, theirs: main, mine: version, changed, strict: false };
  const result = mergeLists(sides);
  if (result.merged) return done(result.edits);
  if (resolution === 'version') return done(replacing(main, version, list));
  return refuse('changed', result.positions.slice(0, CONFLICT_POSITIONS_MAX).map(String));
}

/** Gives a conflict about a list, with its items on each side. */
export function listInConflict(
  list: Oid,
  held: ReadonlyMap<Oid, OverlayRevision>,
  {
    reader,
    reason,
    fields,
  }: {
    readonly reader: Reader;
    readonly reason: ConflictReason;
    /** Positions. */
    readonly fields: readonly string[];
  },
): VersionConflict {
  const { base, main, version } = listSides(reader, list, held);
  const current = reader.revision(list)?.record;
  const began = held.get(list)?.basedOn === TID_ZERO;
  return {
    oid: list,
    className: current === undefined ? '' : classNameOf(current),
    fields,
    keys: [],
    reason,
    base: began ? undefined : itemsOf(base, list),
    main: current === undefined ? undefined : itemsOf(main, list),
    version: itemsOf(version, list),
  };
}

/** Main has come to have the nodes as the version has them. */
function isAsMain(reader: Reader, held: ReadonlyMap<Oid, OverlayRevision>): boolean {
  for (const [oid, { record }] of held) {
    const main = reader.revision(oid)?.record;
    if (record === undefined || main === undefined || !sameBytes(record, main)) return false;
  }
  return true;
}

/** Gives three views of a list; one that began in the version has no base. */
export function listSides(
  reader: Reader,
  list: Oid,
  held: ReadonlyMap<Oid, OverlayRevision>,
): { readonly base: ListView; readonly main: ListView; readonly version: ListView } {
  const basedOn = held.get(list)?.basedOn ?? reader.lastTid;
  const now = (oid: Oid): StoredRevision | undefined => reader.revision(oid);
  const then = (oid: Oid): StoredRevision | undefined => recordAt(reader, oid, basedOn);
  const view = (look: (oid: Oid) => StoredRevision | undefined): ListView =>
    viewOf((oid) => {
      const found = look(oid);
      return found && { record: found.record, revision: found.tid };
    });
  return { base: view(then), main: view(now), version: view((oid) => held.get(oid) ?? then(oid)) };
}

/** What puts one list in the place of another. */
function replacing(from: ListView, to: ListView, list: Oid): readonly ListEdit<unknown>[] {
  const leaves = leavesOf(from, list);
  const length = leaves.reduce((sum, { count }) => sum + count, 0);
  return [{ from: 0, to: length, items: itemsIn(to, leavesOf(to, list)) }];
}

function itemsOf(view: ListView, list: Oid): State | undefined {
  if (view(list) === undefined) return undefined;
  const leaves = leavesOf(view, list);
  const length = leaves.reduce((sum, { count }) => sum + count, 0);
  return length > CONFLICT_ITEMS_MAX ? {} : { items: itemsIn(view, leaves) };
}
