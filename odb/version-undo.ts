/**
 * Undo in main of transactions that wrote overlays beside it.
 *
 * A check-in or a discard that is taken back restores what it ended in the version, as long as
 * nobody changed that since.
 */
import { OdbError } from './errors.js';
import type { Oid } from './oid.js';
import { entryAt, isSameEntry, laterWriters } from './overlay-history.js';
import { justBefore } from './past.js';
import { classNameOf } from './record.js';
import type { OverlayWrite, Reader } from './storage.js';
import { TID_ZERO, type Tid } from './tid.js';
import {
  planUndo,
  TOGETHER_MAX,
  type UndoConflict,
  type UndoOptions,
  type UndoPlan,
} from './undo.js';
import { VersionPast } from './version-past.js';
import type { UpdateNotes } from './version-plan.js';

/** An undo, with what versions are told. */
export interface VersionUndoPlan extends UndoPlan {
  /** Entries of versions to be stored as they were. */
  readonly overlay: readonly OverlayWrite[];
  /** Inside a version: what else it is told of objects and keys. */
  readonly notes: UpdateNotes | undefined;
}

/**
 * Works out an undo in main; see `planUndo`.
 *
 * @throws OdbError `ODB_OTHER_VERSION` for a transaction that was made in a version
 */
export function planUndoInMain(
  reader: Reader,
  tids: readonly Tid[],
  options: UndoOptions,
): VersionUndoPlan {
  requireMadeIn(reader, tids, undefined);
  const past = new VersionPast(reader, undefined);
  const plan = planUndo(past, tids, options);
  const draft = takeBackOverlays(reader, plan.tids, options);
  const isPossible = draft.conflicts.length === 0;
  return {
    ...plan,
    possible: plan.possible && isPossible,
    conflicts: [...plan.conflicts, ...draft.conflicts],
    together: isPossible ? plan.together : findTogether(reader, past, plan, draft, options),
    overlay: draft.writes,
    notes: undefined,
  };
}

/** @throws OdbError `ODB_NO_TRANSACTION`, `ODB_OTHER_VERSION` */
export function requireMadeIn(
  reader: Reader,
  tids: readonly Tid[],
  version: Oid | undefined,
): void {
  for (const tid of tids) {
    const transaction = reader.transaction(tid);
    if (transaction === undefined) {
      throw new OdbError('ODB_NO_TRANSACTION', `There is no transaction ${tid}`);
    }
    if (transaction.version !== version) {
      const where = transaction.version === undefined ? 'main' : `version ${transaction.version}`;
      throw new OdbError(
        'ODB_OTHER_VERSION',
        `Transaction ${tid} was made in ${where}, and is taken back there`,
      );
    }
  }
}

interface OverlayDraft {
  readonly writes: readonly OverlayWrite[];
  readonly conflicts: readonly UndoConflict[];
}

/** Gives back what transactions ended in versions, newest first. */
function takeBackOverlays(
  reader: Reader,
  tids: readonly Tid[],
  { objects }: UndoOptions,
): OverlayDraft {
  const wanted = objects === undefined ? undefined : new Set(objects);
  const chosen = new Set(tids);
  const writes = new Map<string, OverlayWrite>();
  const conflicts: UndoConflict[] = [];
  for (const tid of tids) {
    for (const { version, oids } of reader.transaction(tid)?.overlays ?? []) {
      for (const oid of oids) {
        if (wanted !== undefined && !wanted.has(oid)) continue;
        const key = `${version} ${oid}`;
        const current = reader.overlay(version, oid);
        const wrote = entryAt(reader, version, oid, tid);
        const before = wrote && entryAt(reader, version, oid, justBefore(tid));
        const isKept = wrote?.tid === tid && (before?.tid ?? TID_ZERO) === wrote.previousTid;
        const now = writes.get(key) ?? current;
        if (isKept && current !== undefined && isSameEntry(now, wrote)) {
          const { record, live = true, basedOn = TID_ZERO } = before ?? {};
          writes.set(key, { version, oid, baseTid: current.tid, record, live, basedOn });
          continue;
        }
        const blockedBy = laterWriters(reader, version, oid, tid).filter(
          (other) => !chosen.has(other),
        );
        const record = before?.record ?? wrote?.record;
        const className = record === undefined ? '' : classNameOf(record);
        const conflict = { oid, className, fields: [], blockedBy };
        conflicts.push(isKept ? conflict : { ...conflict, packed: true });
      }
    }
  }
  return { writes: [...writes.values()], conflicts };
}

/** Adds what stands in the way, as long as it was made in main. */
function findTogether(
  reader: Reader,
  past: Reader,
  plan: UndoPlan,
  draft: OverlayDraft,
  options: UndoOptions,
): readonly Tid[] {
  let together = new Set(plan.tids);
  let conflicts = [...plan.conflicts, ...draft.conflicts];
  while (conflicts.length > 0) {
    const { size } = together;
    together = new Set([...together, ...conflicts.flatMap(({ blockedBy }) => blockedBy)]);
    const isElsewhere = [...together].some((tid) => reader.transaction(tid)?.version !== undefined);
    if (together.size === size || together.size > TOGETHER_MAX || isElsewhere) return [];
    const tids = [...together].sort((a, b) => b - a);
    conflicts = [
      ...planUndo(past, tids, options).conflicts,
      ...takeBackOverlays(reader, tids, options).conflicts,
    ];
  }
  return [...together].sort((a, b) => b - a);
}
