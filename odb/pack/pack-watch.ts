/**
 * What the one who writes knows of a pack, so that commits and the pack do not undo each other.
 *
 * While a pack marks, this collects what commits write and refer to: the pack marks that too, with
 * all it leads to. When the pack begins to forget, everything else that was there is gone, whether
 * it is already removed or not: a commit that writes it or refers to it fails. Such a transaction
 * saw what is gone, so doing it again on a newer view helps.
 */
import { assert } from '../assert.js';
import type { FileBlobs } from '../blobs/blobs.js';
import type { DecidedOverlay, Decision, Present } from '../commit/decision.js';
import { ConflictError, type ConflictingObject } from '../errors.js';
import type { Oid } from '../oid.js';
import { OidMarks } from './oid-marks.js';
import { basesOf } from '../commit/overlay-bases.js';
import type { PackAnswer, PackStep } from './pack-run.js';
import { classNameOf } from '../records/record.js';
import { scanRecord } from '../records/record-scan.js';
import type { StoredRevision } from '../stored.js';
import { asTid, TID_MAX, TID_ZERO, type Tid } from '../tid.js';

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'marking'; touched: Set<Oid>; readonly created: OidMarks }
  | { readonly kind: 'forgetting'; readonly marks: OidMarks | undefined };

type Look = Pick<Present, 'revision' | 'overlay'>;

export class PackWatch {
  #state: State = { kind: 'idle' };
  /** Blobs that commits named since the pack began. */
  readonly #blobs = new Set<string>();
  /** Of each object that entries of overlays written since are based on, the oldest such revision. */
  readonly #bases = new Map<Oid, Tid>();
  /** Transactions that began until this one may know objects that are gone. */
  #forgotTid: Tid | undefined;

  get isPacking(): boolean {
    return this.#state.kind !== 'idle';
  }

  begin(): void {
    assert(!this.isPacking, 'one pack runs at a time');
    this.#state = { kind: 'marking', touched: new Set(), created: new OidMarks() };
  }

  /** @param lastTid the newest transaction: a view of it may still have seen what is gone */
  end(lastTid: Tid): void {
    if (this.#state.kind === 'forgetting' && this.#state.marks !== undefined) {
      this.#forgotTid = lastTid;
    }
    this.#state = { kind: 'idle' };
    this.#blobs.clear();
    this.#bases.clear();
  }

  /** Gives what commits wrote and referred to since it was last asked. */
  takeTouched(): Oid[] {
    if (this.#state.kind !== 'marking') return [];
    const touched = [...this.#state.touched];
    this.#state.touched = new Set();
    return touched;
  }

  /**
   * Takes everything that is not marked for gone, from now on.
   *
   * @param marks what is kept; none: no object goes
   * @returns what commits touched and is not marked: then nothing has begun, and the pack has to
   *   mark these, with all they lead to
   */
  forget(marks: OidMarks | undefined): Oid[] {
    assert(this.#state.kind === 'marking', 'what is kept is marked first');
    if (marks !== undefined) {
      const { created } = this.#state;
      const unmarked = this.takeTouched().filter((oid) => !marks.has(oid) && !created.has(oid));
      if (unmarked.length > 0) return unmarked;
      for (const oid of created) marks.add(oid);
    }
    this.#state = { kind: 'forgetting', marks };
    return [];
  }

  /** The object is gone: it may be removed. */
  isForgotten(oid: Oid): boolean {
    return this.#state.kind === 'forgetting' && this.#state.marks?.has(oid) === false;
  }

  /** Removes blobs that are old, and that no commit named since the pack began. */
  removeBlobs(
    { names, beforeMs }: Extract<PackStep, { kind: 'blobs' }>,
    blobs: Pick<FileBlobs, 'removeOlder'>,
  ): PackAnswer {
    assert(this.isPacking, 'blobs named meanwhile are known');
    let count = 0;
    let bytes = 0;
    for (const sha256 of names) {
      const size = this.#blobs.has(sha256) ? undefined : blobs.removeOlder(sha256, beforeMs);
      if (size === undefined) continue;
      count += 1;
      bytes += size;
    }
    return { oids: [], count, bytes };
  }

  /** A commit rests on this revision, or on a later one of the object, since the pack began. */
  isBase(oid: Oid, tid: Tid): boolean {
    return tid >= (this.#bases.get(oid) ?? TID_MAX);
  }

  /**
   * Looks for objects that are gone among what a decided commit writes and refers to.
   *
   * Costs nothing for transactions that began after the last pack, while none runs.
   *
   * @param look gives what is stored now
   * @throws ConflictError
   */
  check(decision: Pick<Decision, 'revisions' | 'overlays'>, baseTid: Tid, look: Look): void {
    const marks = this.#state.kind === 'forgetting' ? this.#state.marks : undefined;
    const isLate = this.#forgotTid !== undefined && baseTid <= this.#forgotTid;
    if (marks === undefined && !isLate) return;
    const changes = [...changesOf(decision, look)];
    const written = new Set(changes.map(({ oid }) => oid));
    const conflicts: ConflictingObject[] = [];
    for (const { oid, version, record, previous } of changes) {
      let refused = previous !== undefined && marks?.has(oid) === false;
      const known = new Set<Oid>();
      if (previous?.record !== undefined) {
        scanRecord(previous.record, { reference: (to) => known.add(to) });
      }
      if (record !== undefined) {
        scanRecord(record, {
          reference(to) {
            if (written.has(to) || known.has(to)) return;
            refused ||= marks === undefined ? !isThere(to, version, look) : !marks.has(to);
          },
        });
      }
      if (refused) conflicts.push(describe(oid, record ?? previous?.record, previous, baseTid));
    }
    if (conflicts.length > 0) throw new ConflictError(conflicts);
  }

  /** Takes note of a commit that is accepted. @param look gives what was stored before it */
  accepted(
    decision: Pick<Decision, 'revisions' | 'overlays'>,
    blobs: readonly string[],
    look: Look,
  ): void {
    const state = this.#state;
    if (state.kind === 'idle') return;
    for (const sha256 of blobs) this.#blobs.add(sha256);
    for (const { oid, record, previous } of changesOf(decision, look)) {
      if (state.kind === 'forgetting') state.marks?.add(oid);
      else {
        if (previous === undefined) state.created.add(oid);
        else state.touched.add(oid);
        if (record !== undefined) {
          scanRecord(record, { reference: (to) => state.touched.add(to) });
        }
      }
    }
    for (const overlay of decision.overlays) this.#noteBases(overlay, look);
  }

  /** The pack keeps what main had when the entries were made, whatever it decided before. */
  #noteBases({ oid, record, basedOn }: DecidedOverlay, look: Look): void {
    if (basedOn === TID_ZERO) return;
    const revision = (one: Oid, at: Tid): StoredRevision | undefined => look.revision(one, at);
    for (const base of basesOf(revision, { oid, record, basedOn })) {
      const known = this.#bases.get(base.oid) ?? TID_MAX;
      this.#bases.set(base.oid, asTid(Math.min(known, base.tid)));
    }
  }
}

/** A state that is stored in place of another. */
interface Change {
  readonly oid: Oid;
  /** The version in whose overlay it is. */
  readonly version?: Oid;
  readonly record: Uint8Array | undefined;
  /** What was there, in main or in the version: what the new state may have been made from. */
  readonly previous: StoredRevision | undefined;
}

function* changesOf(
  { revisions, overlays }: Pick<Decision, 'revisions' | 'overlays'>,
  look: Look,
): Generator<Change> {
  yield* revisions;
  for (const { version, oid, record, live, previous } of overlays) {
    if (live) continue;
    const shown = previous === undefined || previous.live ? look.revision(oid) : previous;
    yield { oid, version, record, previous: shown };
  }
}

function isThere(oid: Oid, version: Oid | undefined, look: Look): boolean {
  if (look.revision(oid) !== undefined) return true;
  return version !== undefined && look.overlay(version, oid)?.live === false;
}

function describe(
  oid: Oid,
  record: Uint8Array | undefined,
  current: StoredRevision | undefined,
  baseTid: Tid,
): ConflictingObject {
  return {
    oid,
    className: record === undefined ? '' : classNameOf(record),
    baseTid,
    currentTid: current?.tid ?? TID_ZERO,
    fields: [],
    reason: 'removed',
  };
}
