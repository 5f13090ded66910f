/**
 * Undo in main of transactions that wrote overlays beside it.
 *
 * A check-in or a discard that is taken back restores what it ended in the version, as long as
 * nobody changed that since.
 */
import { OdbError } from '../errors.js';
import type { Oid } from '../oid.js';
import { entriesOf, entryAt, isSameEntry, laterWriters } from './overlay-history.js';
import { justBefore } from '../undo/past.js';
import { classNameOf } from '../records/record.js';
import type { Reader } from '../storage.js';
import type { OverlayWrite } from '../writes.js';
import { TID_ZERO, type Tid } from '../tid.js';
import {
  planUndo,
  TOGETHER_MAX,
  type UndoConflict,
  type UndoOptions,
  type UndoPlan,
} from '../undo/undo.js';
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
  const planOf = (chosen: readonly Tid[]): VersionUndoPlan => {
    const plan = planUndo(past, chosen, options);
    const draft = takeBackOverlays(reader, plan.tids, options);
    return {
      ...plan,
      possible: plan.possible && draft.conflicts.length === 0,
      conflicts: [...plan.conflicts, ...draft.conflicts],
      overlay: draft.writes,
      notes: undefined,
    };
  };
  return withTogether(reader, undefined, planOf(tids), planOf);
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
  const chosen = new Set(tids);
  const writes = new Map<string, OverlayWrite>();
  const conflicts: UndoConflict[] = [];
  for (const tid of tids) {
    for (const { version, oids } of reader.transaction(tid)?.overlays ?? []) {
      const wanted = objects && partsOf(reader, version, objects, tid);
      for (const oid of oids) {
        if (wanted?.has(oid) === false) continue;
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

/** The entries that make objects in a version, before a transaction or after it. */
function partsOf(reader: Reader, version: Oid, objects: readonly Oid[], tid: Tid): Set<Oid> {
  const parts = new Set<Oid>();
  for (const oid of objects) {
    for (const at of [justBefore(tid), tid]) {
      for (const part of entriesOf(reader, version, oid, at)) parts.add(part);
    }
  }
  return parts;
}

/**
 * Gives a plan with the set that can be taken back together: what stands in the way is added until
 * nothing does. There is none when something of it was made elsewhere, or with more than
 * `TOGETHER_MAX`.
 *
 * @param planOf plans the undo of a set
 */
export function withTogether<Plan extends UndoPlan>(
  reader: Reader,
  version: Oid | undefined,
  plan: Plan,
  planOf: (tids: readonly Tid[]) => Plan,
): Plan {
  if (plan.possible) return { ...plan, together: plan.tids };
  const isMadeHere = (tid: Tid): boolean => reader.transaction(tid)?.version === version;
  let found = plan.together.length > 0 ? plan.together : plan.tids;
  while (found.length <= TOGETHER_MAX && found.every(isMadeHere)) {
    const next = planOf(found);
    if (next.possible) return { ...plan, together: found };
    const blockers = next.conflicts.flatMap(({ blockedBy }) => blockedBy);
    const more = new Set([...found, ...next.together, ...blockers]);
    if (more.size === found.length) break;
    found = [...more].sort((a, b) => b - a);
  }
  return { ...plan, together: [] };
}
