/**
 * Packing what versions hold: their entries stay, and whatever those refer to and are based on. Old
 * revisions of entries go as main's do, and so do entries that main shows through since long.
 *
 * Takes memory for each object of main that entries are based on.
 */
import type { Oid } from '../oid.js';
import { basesOf } from '../commit/overlay-bases.js';
import { OidMarks } from './oid-marks.js';
import { forgettable, isOver, type KeptHistory, type Marking, type PackSource } from './pack.js';
import { referencesIn } from '../records/record.js';
import { isEntry, isPatch } from '../trees/patch-record.js';
import type { VersionSize } from '../storage.js';
import type { OverlayRevision, StoredRevision } from '../stored.js';
import type { Tid } from '../tid.js';

/** Entries looked at between two looks at whether to go on. */
const LOOK_ENTRIES = 500;
/** Keys removed in one step. */
const STEP_KEYS = 500;

/** An entry of an overlay, with the tids of its older revisions, ascending. */
export interface OverlayHistory {
  readonly version: Oid;
  readonly oid: Oid;
  readonly current: OverlayRevision;
  readonly older: readonly Tid[];
}

/** The overlays of a fixed view. */
export interface OverlaySource {
  /** The storage's own account of how many entries each version has. */
  versions(): AsyncIterable<VersionSize>;
  /** Every entry there is, by version and oid. */
  overlays(): AsyncIterable<OverlayHistory>;
  /** Gives an older revision of an entry by its own tid. */
  olderOverlay(version: Oid, oid: Oid, tid: Tid): OverlayRevision | undefined;
}

/** Who does what is decided: see `PackStep`. */
export interface OverlaySteps {
  pause(): Promise<void>;
  recount(versions: Float64Array): Promise<unknown>;
  remove(entries: Float64Array, revisions: Float64Array): Promise<unknown>;
}

export class PackOverlays {
  readonly #view: OverlaySource & PackSource;
  readonly #history: KeptHistory;
  readonly #marking: Marking;
  readonly #steps: OverlaySteps;
  /** What main ended and entries lead to. */
  readonly #ended = new OidMarks();

  constructor(
    view: OverlaySource & PackSource,
    history: KeptHistory,
    marking: Marking,
    steps: OverlaySteps,
  ) {
    this.#view = view;
    this.#history = history;
    this.#marking = marking;
    this.#steps = steps;
  }

  /** Marks what versions hold, keeps what that is based on, and counts anew what is counted wrong. */
  async keep(): Promise<void> {
    const more = new Map<Oid, number>();
    for await (const { version, entries } of this.#view.versions()) more.set(version, -entries);
    let looked = 0;
    for await (const entry of this.#view.overlays()) {
      looked += 1;
      if (looked % LOOK_ENTRIES === 0) await this.#steps.pause();
      const { version, current } = entry;
      if (isEntry(current)) more.set(version, (more.get(version) ?? 0) + 1);
      this.#keepEntry(entry);
    }
    const wrong = [...more].filter(([, count]) => count !== 0).flat();
    if (wrong.length > 0) await this.#steps.recount(Float64Array.from(wrong));
  }

  #keepEntry({ version, oid, current, older }: OverlayHistory): void {
    const keep = this.#history.keepByRules(oid);
    if (isOver(current, older, keep)) return;
    this.#marking.add(oid);
    this.#keepRevision(oid, current);
    for (const tid of older.slice(forgettable(older, current.tid, keep))) {
      const revision = this.#view.olderOverlay(version, oid, tid);
      if (revision !== undefined) this.#keepRevision(oid, revision);
    }
  }

  #keepRevision(oid: Oid, { record, basedOn }: OverlayRevision): void {
    if (record !== undefined) {
      this.#marking.addNamed(record);
      // A patch is shown on the map it is of.
      this.#keepEnded(isPatch(record) ? [oid, ...referencesIn(record)] : referencesIn(record));
    }
    const look = (one: Oid, at: Tid): StoredRevision | undefined => this.#view.revision(one, at);
    for (const base of basesOf(look, { oid, record, basedOn })) {
      this.#history.keepBase(base.oid, base.tid);
    }
  }

  /** What main ended and an entry leads to is shown in the version as it last was. */
  #keepEnded(oids: readonly Oid[]): void {
    const waiting = [...oids];
    for (let oid = waiting.pop(); oid !== undefined; oid = waiting.pop()) {
      if (this.#ended.has(oid)) continue;
      const now = this.#view.revision(oid);
      if (now === undefined || now.record !== undefined) continue;
      this.#ended.add(oid);
      const last = this.#view.older(oid, now);
      if (last?.record === undefined) continue;
      this.#marking.addNamed(last.record);
      this.#history.keepBase(oid, last.tid);
      for (const to of referencesIn(last.record)) waiting.push(to);
    }
  }

  /** Removes what is not kept, and answers how many revisions that are. */
  async forget(): Promise<number> {
    let count = 0;
    let entries: number[] = [];
    let revisions: number[] = [];
    const remove = async (): Promise<void> => {
      await this.#steps.pause();
      if (entries.length + revisions.length === 0) return;
      count += (entries.length + revisions.length) / 3;
      const [over, old] = [Float64Array.from(entries), Float64Array.from(revisions)];
      [entries, revisions] = [[], []];
      await this.#steps.remove(over, old);
    };
    for await (const { version, oid, current, older } of this.#view.overlays()) {
      const keep = this.#history.keepByRules(oid);
      const gone = older.slice(0, forgettable(older, current.tid, keep));
      for (const tid of gone) revisions.push(version, oid, tid);
      if (isOver(current, older, keep)) entries.push(version, oid, current.tid);
      if ((entries.length + revisions.length) / 3 >= STEP_KEYS) await remove();
    }
    await remove();
    return count;
  }
}
