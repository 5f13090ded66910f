/**
 * Running a pack: what it decides, step by step, given to whoever writes.
 *
 * Each step leaves a sound database, so a pack can be ended or killed between any two and run
 * again: the moment is noted before anything is forgotten, and revisions go oldest first.
 */
import { OdbError } from '../errors.js';
import { asOid, OID_ROOT, type Oid } from '../oid.js';
import type { OidMarks, OidPages } from './oid-marks.js';
import { forgettable, KeptHistory, Marking, type PackSource } from './pack.js';
import {
  BLOB_AGE_MIN_MS,
  TRASH_DAYS_DEFAULT,
  type HistoryRule,
  type PackOptions,
  type PackProgress,
  type PackReport,
} from './pack-options.js';
import { PackOverlays, type OverlaySource } from './pack-overlays.js';
import { EmptiedRanges, type OidRange } from './pack-room.js';
import { scanRecord } from '../records/record-scan.js';
import type { MergeRules } from '../rules.js';
import type { TrashEntry } from '../storage.js';
import { asTid, type Tid } from '../tid.js';

/** Objects marked between two looks at whether to go on. */
const MARK_OBJECTS = 500;
/** Keys removed in one step: the commits that come meanwhile wait for so many. */
const STEP_KEYS = 500;
/** Files looked at in one step. */
const STEP_BLOBS = 50;
const DAY_MS = 24 * 60 * 60 * 1000;

/** What is asked of a pack, as data. */
export interface PackPlan {
  readonly before: Tid;
  readonly rules: readonly HistoryRule[];
  readonly garbage: boolean;
  readonly trashDays: number;
  readonly nowMs: number;
  readonly mergeRules: MergeRules;
}

export function planPack(options: PackOptions, mergeRules: MergeRules): PackPlan {
  const { before, rules = [], garbage = true, nowMs = Date.now() } = options;
  const { trashDays = TRASH_DAYS_DEFAULT } = options;
  return { before, rules, garbage, trashDays, nowMs, mergeRules };
}

/** What the one who writes is asked to do. */
export type PackStep =
  /** Collect from now on what commits touch. */
  | { readonly kind: 'begin' }
  /** Answer in `oids` what they touched. */
  | { readonly kind: 'touched' }
  /** Note the moment, and take what is not marked for gone; with `oids` in the answer, not yet. */
  | { readonly kind: 'forget'; readonly before: Tid; readonly marks: OidPages | undefined }
  /** Remove whole objects that are gone, and older revisions, each given as oid and tid. */
  | { readonly kind: 'remove'; readonly objects: Float64Array; readonly revisions: Float64Array }
  /**
   * Remove entries of overlays that are still at the revision given, and older revisions of entries,
   * each given as version, oid and tid.
   */
  | { readonly kind: 'overlays'; readonly entries: Float64Array; readonly revisions: Float64Array }
  /** Count so many entries more of a version, each given as version and number. */
  | { readonly kind: 'recount'; readonly versions: Float64Array }
  | { readonly kind: 'trash'; readonly names: readonly string[] }
  /** Remove blobs that are older than `beforeMs` and were named by no commit meanwhile. */
  | { readonly kind: 'blobs'; readonly names: readonly string[]; readonly beforeMs: number }
  /** No step follows. */
  | { readonly kind: 'end' };

export interface PackAnswer {
  readonly oids: readonly Oid[];
  /** How many were removed: blobs. */
  readonly count: number;
  readonly bytes: number;
}

export const NOTHING_ANSWERED: PackAnswer = { oids: [], count: 0, bytes: 0 };

/** Reads the numbers of a step about overlays. */
export function* triples(
  numbers: Float64Array,
): Generator<readonly [version: Oid, oid: Oid, tid: Tid]> {
  for (let at = 0; at < numbers.length; at += 3) {
    const [version = 0, oid = 0, tid = 0] = numbers.subarray(at, at + 3);
    yield [asOid(version), asOid(oid), asTid(tid)];
  }
}

/** One moment of a storage, as a pack walks over it. */
export interface PackView extends PackSource, OverlaySource {
  readonly lastTid: Tid;
  readonly nextOid: number;
  /** Oids of what transactions after `tid` wrote. */
  writtenSince(tid: Tid): AsyncIterable<readonly Oid[]>;
  /** Every object there is, by ascending oid, with the tids of its older revisions, ascending. */
  objects(): AsyncIterable<{ readonly oid: Oid; readonly older: readonly Tid[] }>;
  trash(): AsyncIterable<readonly [name: string, entry: TrashEntry]>;
  /** Values of the metadata, encoded. */
  meta(): AsyncIterable<Uint8Array>;
  blobs(): AsyncIterable<string>;
}

export interface PackStorage {
  step(step: PackStep): Promise<PackAnswer>;
  /** Takes a view that sees everything committed before. It is closed by whoever gave it. */
  open(): PackView;
  /** @throws when the pack is to end early; gives others their turn */
  pause(): Promise<void>;
  progress(progress: PackProgress): void;
  /** Told in the end where much was removed. */
  emptied?(ranges: readonly OidRange[]): void;
}

/** Of a second pack while one runs. */
export function packingError(): OdbError {
  return new OdbError('ODB_PACKING', 'A pack of this database is running');
}

/** Packs. Fails with what `pause` throws, or what reading and writing fail with. */
export async function runPack(plan: PackPlan, storage: PackStorage): Promise<PackReport> {
  await storage.step({ kind: 'begin' });
  try {
    return await new PackRun(plan, storage).run();
  } finally {
    await storage.step({ kind: 'end' });
  }
}

class PackRun {
  readonly #plan: PackPlan;
  readonly #storage: PackStorage;
  readonly #view: PackView;
  readonly #before: Tid;
  readonly #history: KeptHistory;
  readonly #marking: Marking;
  readonly #named = new BlobNames();
  readonly #emptied = new EmptiedRanges();
  #objects: Oid[] = [];
  #revisions: number[] = [];
  readonly #report = { objects: 0, revisions: 0, trash: 0, blobs: 0, blobBytes: 0 };

  constructor(plan: PackPlan, storage: PackStorage) {
    this.#plan = plan;
    this.#storage = storage;
    this.#view = storage.open();
    this.#before = asTid(Math.min(plan.before, this.#view.lastTid));
    this.#history = new KeptHistory(this.#view, { ...plan, before: this.#before });
    this.#marking = new Marking(this.#view, this.#history, {
      onBlob: (sha256) => this.#named.add(sha256),
    });
  }

  async run(): Promise<PackReport> {
    const { garbage } = this.#plan;
    const expired = await this.#trash();
    const overlays = this.#overlays();
    await overlays.keep();
    if (garbage) await this.#mark();
    else await this.#storage.step({ kind: 'forget', before: this.#before, marks: undefined });
    // What versions rest on goes after them, so that a pack that is cut off leaves none without it.
    this.#report.revisions += await overlays.forget();
    await this.#forget(garbage ? this.#marking.marks : undefined);
    if (expired.length > 0) await this.#storage.step({ kind: 'trash', names: expired });
    this.#report.trash = expired.length;
    if (garbage) await this.#blobs();
    this.#storage.emptied?.(this.#emptied.finish());
    return { before: this.#before, ...this.#report };
  }

  #overlays(): PackOverlays {
    const storage = this.#storage;
    return new PackOverlays(this.#view, this.#history, this.#marking, {
      pause: () => storage.pause(),
      recount: (versions) => storage.step({ kind: 'recount', versions }),
      remove: (entries, revisions) => storage.step({ kind: 'overlays', entries, revisions }),
    });
  }

  /** Marks what the trash keeps, and answers what it lets go. */
  async #trash(): Promise<string[]> {
    const { nowMs, trashDays } = this.#plan;
    const expired: string[] = [];
    for await (const [name, entry] of this.#view.trash()) {
      if (entry.timeMs <= nowMs - trashDays * DAY_MS) expired.push(name);
      else this.#marking.add(entry.oid);
    }
    return expired;
  }

  async #mark(): Promise<void> {
    this.#marking.add(OID_ROOT);
    for await (const oids of this.#view.writtenSince(this.#before)) {
      for (const oid of oids) this.#marking.add(oid);
      await this.#storage.pause();
    }
    for (;;) {
      await this.#reach();
      const { marks } = this.#marking;
      const { oids } = await this.#storage.step({ kind: 'touched' });
      for (const oid of oids) this.#marking.add(oid);
      await this.#reach();
      const before = this.#before;
      const more = await this.#storage.step({ kind: 'forget', before, marks: marks.pages });
      if (more.oids.length === 0) return;
      for (const oid of more.oids) this.#marking.add(oid);
    }
  }

  /** Marks all that what is marked leads to. */
  async #reach(): Promise<void> {
    const marking = this.#marking;
    while (marking.run(MARK_OBJECTS)) {
      this.#storage.progress({ phase: 'mark', done: marking.done, total: marking.marks.size });
      await this.#storage.pause();
    }
    this.#storage.progress({ phase: 'mark', done: marking.done, total: marking.marks.size });
  }

  async #forget(marks: OidMarks | undefined): Promise<void> {
    const total = this.#view.nextOid;
    for await (const { oid, older } of this.#view.objects()) {
      const isKept = marks === undefined || marks.has(oid);
      if (!isKept) this.#objects.push(oid);
      const count = isKept ? this.#forgettable(oid, older) : older.length;
      this.#emptied.passed(oid, older.length + 1, isKept ? count : count + 1);
      for (let i = 0; i < count; i += 1) {
        this.#revisions.push(oid, older[i] ?? 0);
        if (this.#isFull) await this.#remove();
      }
      if (this.#isFull) {
        await this.#remove();
        this.#storage.progress({ phase: 'forget', done: Math.min(oid, total), total });
      }
    }
    await this.#remove();
    this.#storage.progress({ phase: 'forget', done: total, total });
  }

  #forgettable(oid: Oid, older: readonly Tid[]): number {
    const current = older.length === 0 ? undefined : this.#view.revision(oid)?.tid;
    return current === undefined ? 0 : forgettable(older, current, this.#history.keepOf(oid));
  }

  get #isFull(): boolean {
    return this.#objects.length + this.#revisions.length / 2 >= STEP_KEYS;
  }

  async #remove(): Promise<void> {
    await this.#storage.pause();
    if (this.#objects.length + this.#revisions.length === 0) return;
    this.#report.objects += this.#objects.length;
    this.#report.revisions += this.#revisions.length / 2;
    const objects = Float64Array.from(this.#objects);
    const revisions = Float64Array.from(this.#revisions);
    this.#objects = [];
    this.#revisions = [];
    await this.#storage.step({ kind: 'remove', objects, revisions });
  }

  async #blobs(): Promise<void> {
    const names = { reference: () => undefined, blob: (name: string) => this.#named.add(name) };
    for await (const value of this.#view.meta()) scanRecord(value, names);
    let unnamed: string[] = [];
    let done = 0;
    for await (const name of this.#view.blobs()) {
      done += 1;
      if (!this.#named.has(name)) unnamed.push(name);
      if (unnamed.length >= STEP_BLOBS) {
        await this.#unlink(unnamed);
        unnamed = [];
        this.#storage.progress({ phase: 'blobs', done, total: done });
      }
    }
    await this.#unlink(unnamed);
    this.#storage.progress({ phase: 'blobs', done, total: done });
  }

  async #unlink(names: readonly string[]): Promise<void> {
    await this.#storage.pause();
    if (names.length === 0) return;
    const beforeMs = this.#plan.nowMs - BLOB_AGE_MIN_MS;
    const { count, bytes } = await this.#storage.step({ kind: 'blobs', names, beforeMs });
    this.#report.blobs += count;
    this.#report.blobBytes += bytes;
  }
}

/**
 * Names of blobs by their first 48 bits. Two that begin alike are taken for one, which at most
 * keeps a file; a million names so take a few dozen megabytes.
 */
class BlobNames {
  readonly #names = new Set<number>();

  add(sha256: string): void {
    this.#names.add(Number.parseInt(sha256.slice(0, 12), 16));
  }

  has(sha256: string): boolean {
    return this.#names.has(Number.parseInt(sha256.slice(0, 12), 16));
  }
}
