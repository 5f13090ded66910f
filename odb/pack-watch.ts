/**
 * What the one who writes knows of a pack, so that commits and the pack do not undo each other.
 *
 * While a pack marks, this collects what commits write and refer to: the pack marks that too, with
 * all it leads to. When the pack begins to forget, everything else that was there is gone, whether
 * it is already removed or not: a commit that writes it or refers to it fails. Such a transaction
 * saw what is gone, so doing it again on a newer view helps.
 */
import { assert } from './assert.js';
import type { FileBlobs } from './blobs.js';
import type { Decision } from './commit.js';
import { ConflictError, type ConflictingObject } from './errors.js';
import type { Oid } from './oid.js';
import { OidMarks } from './oid-marks.js';
import type { PackAnswer, PackStep } from './pack-run.js';
import { classNameOf } from './record.js';
import { scanRecord } from './record-scan.js';
import type { StoredRevision } from './storage.js';
import { TID_ZERO, type Tid } from './tid.js';

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'marking'; touched: Set<Oid>; readonly created: OidMarks }
  | { readonly kind: 'forgetting'; readonly marks: OidMarks | undefined };

export class PackWatch {
  #state: State = { kind: 'idle' };
  /** Blobs that commits named since the pack began. */
  readonly #blobs = new Set<string>();
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

  /**
   * Looks for objects that are gone among what a decided commit writes and refers to.
   *
   * Costs nothing for transactions that began after the last pack, while none runs.
   *
   * @param current gives what is stored now
   * @throws ConflictError
   */
  check(
    { revisions }: Pick<Decision, 'revisions'>,
    baseTid: Tid,
    current: (oid: Oid) => StoredRevision | undefined,
  ): void {
    const marks = this.#state.kind === 'forgetting' ? this.#state.marks : undefined;
    const isLate = this.#forgotTid !== undefined && baseTid <= this.#forgotTid;
    if (marks === undefined && !isLate) return;
    const written = new Set(revisions.map(({ oid }) => oid));
    const conflicts: ConflictingObject[] = [];
    for (const { oid, record, previous } of revisions) {
      let refused = previous !== undefined && marks?.has(oid) === false;
      const known = new Set<Oid>();
      if (previous?.record !== undefined) {
        scanRecord(previous.record, { reference: (to) => known.add(to) });
      }
      if (record !== undefined) {
        scanRecord(record, {
          reference(to) {
            if (written.has(to) || known.has(to)) return;
            refused ||= marks === undefined ? current(to) === undefined : !marks.has(to);
          },
        });
      }
      if (refused) conflicts.push(describe(oid, record ?? previous?.record, previous, baseTid));
    }
    if (conflicts.length > 0) throw new ConflictError(conflicts);
  }

  /** Takes note of a commit that is accepted. */
  accepted({ revisions }: Pick<Decision, 'revisions'>, blobs: readonly string[]): void {
    const state = this.#state;
    if (state.kind === 'idle') return;
    for (const sha256 of blobs) this.#blobs.add(sha256);
    for (const { oid, record, previous } of revisions) {
      if (state.kind === 'forgetting') state.marks?.add(oid);
      else {
        if (previous === undefined) state.created.add(oid);
        else state.touched.add(oid);
        if (record !== undefined) {
          scanRecord(record, { reference: (to) => state.touched.add(to) });
        }
      }
    }
  }
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
