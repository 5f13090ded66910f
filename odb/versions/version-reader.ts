/**
 * A snapshot as a version shows it, for whoever reads through a `Reader`.
 *
 * The present is kept in step with newer snapshots (`follow`), with the maps that were worked out as
 * long as nobody changed them; of the past, the moment that was read last.
 */
import { lastRevision } from '../commit/last-revision.js';
import type { Oid } from '../oid.js';
import type { OidSupply } from '../connection/oid-supply.js';
import { PatchedMaps, type PatchedMapsSource } from './patched-maps.js';
import type { MergeRules } from '../rules.js';
import type { Reader } from '../storage.js';
import type {
  LoadedRecord,
  OverlayEntry,
  OverlayRevision,
  Revision,
  StoredRevision,
  TransactionRecord,
} from '../stored.js';
import type { MapPatch } from '../writes.js';
import { TID_ZERO, type Tid } from '../tid.js';
import { VersionMoment } from './version-moment.js';

/** A commit of one's own: which keys of which maps it wrote. */
export interface OwnCommit {
  readonly tid: Tid;
  readonly maps: readonly Pick<MapPatch, 'map' | 'entries'>[];
}

export interface VersionReaderOptions {
  readonly version: Oid;
  readonly rules: MergeRules;
  readonly oids: OidSupply;
  /** Told of objects that read otherwise than in main, when that is found. */
  readonly onOther: (oids: Iterable<Oid>) => void;
}

export class VersionReader implements Reader {
  readonly #options: VersionReaderOptions;
  readonly #maps: PatchedMaps;
  #main: Reader;
  #present: VersionMoment;
  /** The version held nothing when it was last looked; otherwise it may still hold something. */
  #isEmpty = true;
  /** A check-in or a discard was seen. */
  #mayHaveEnded = false;
  /** Maps that the commit of one's own changed, until it is known whether others did. */
  readonly #own: Pick<MapPatch, 'map' | 'entries'>[] = [];
  /** What the version wrote, or what was ended of it. */
  #written = new Set<Oid>();
  #past: { readonly at: Tid; readonly moment: VersionMoment } | undefined;

  /** @param main closed with this */
  constructor(main: Reader, options: VersionReaderOptions) {
    this.#options = options;
    this.#main = main;
    this.#isEmpty = this.#looksEmpty();
    this.#maps = this.#newMaps(undefined, options.onOther);
    this.#present = this.#momentAt(undefined, this.#maps);
  }

  /** The snapshot without the version. */
  get main(): Reader {
    return this.#main;
  }

  get lastTid(): Tid {
    return this.#main.lastTid;
  }

  /** Reads a newer snapshot from now on, and closes the one before. `follow` has to come next. */
  moveTo(main: Reader): void {
    this.#main.close();
    this.#main = main;
    this.#past = undefined;
    if (this.#isEmpty) this.#isEmpty = this.#looksEmpty();
    this.#maps.setSource(this.#source(undefined));
    this.#present = this.#momentAt(undefined, this.#maps);
  }

  /**
   * Takes note of a newer transaction; answers the objects that may read otherwise.
   *
   * @param own the commit of one's own among the transactions
   * @returns `changed`: their states are others; `written`: only if theirs is older than this
   */
  follow(
    { tid, version, oids, maps, overlays = [] }: TransactionRecord,
    own: OwnCommit | undefined,
  ): { readonly changed: readonly Oid[]; readonly written: readonly Oid[] } {
    const changed: Oid[] = [];
    for (const other of overlays) {
      if (other.version !== this.#options.version) continue;
      this.#mayHaveEnded = true;
      for (const oid of other.oids) {
        changed.push(oid, ...this.#maps.drop(oid));
        this.#written.add(oid);
      }
    }
    if (version === undefined) {
      for (const { map } of maps) changed.push(...this.#maps.drop(map));
      changed.push(...oids);
      return { changed, written: [] };
    }
    if (version !== this.#options.version) return { changed, written: [] };
    for (const oid of oids) this.#written.add(oid);
    for (const { map } of maps) {
      const mine = tid === own?.tid ? own.maps.find((one) => one.map === map) : undefined;
      if (mine === undefined) changed.push(...this.#maps.drop(map));
      else this.#own.push(mine);
    }
    return { changed, written: oids };
  }

  /** Ends following; answers further objects that read otherwise. */
  followed(): readonly Oid[] {
    // Only now is it known that nobody else changed these maps.
    const changed = this.#own.flatMap(({ map, entries }) => [...this.#maps.refresh(map, entries)]);
    this.#own.length = 0;
    if (this.#mayHaveEnded) {
      this.#mayHaveEnded = false;
      this.#isEmpty = this.#looksEmpty();
      this.#present = this.#momentAt(undefined, this.#maps);
    }
    return [...changed, ...this.#maps.trim()];
  }

  /** Gives what was followed of the version since this was last asked. */
  takeWritten(): ReadonlySet<Oid> {
    const written = this.#written;
    this.#written = new Set();
    return written;
  }

  /** Lets go of all that was worked out. */
  forget(): void {
    this.#written = new Set();
    this.#own.length = 0;
    this.#maps.clear();
  }

  /** What a commit says of the nodes of a map counts for nothing: main has the map. */
  takesEntries(map: Oid): boolean {
    return this.#present.takesEntries(map);
  }

  /** Gives the state to be stored in the version for one that is to be shown. */
  toStore(oid: Oid, record: Uint8Array): Uint8Array {
    return this.#present.toStore(oid, record);
  }

  load(oid: Oid): LoadedRecord | undefined {
    return this.#present.load(oid);
  }

  loadAt(oid: Oid, at: Tid): LoadedRecord | undefined {
    if (this.revision(oid) === undefined) return this.#main.loadAt(oid, at);
    return this.#moment(at).load(oid);
  }

  /** Of what is worked out, only the record and the tid are those of a revision. */
  revision(oid: Oid, at?: Tid): StoredRevision | undefined {
    const moment = this.#moment(at);
    const shown = moment.load(oid);
    const known = moment.overlay(oid) ?? moment.main(oid);
    if (shown === undefined) {
      return known === undefined ? undefined : { ...known, record: undefined };
    }
    const { previousTid = TID_ZERO, number = 1 } = known ?? {};
    const { record, tid } = shown;
    return { previousTid, number, record, tid };
  }

  /** Lists the revisions of what the version holds; not those of main. */
  revisions(
    oid: Oid,
    { before, limit = Infinity }: { readonly before?: Tid; readonly limit?: number } = {},
  ): Revision[] {
    const { version } = this.#options;
    const found: Revision[] = [];
    let at = before === undefined ? undefined : ((before - 1) as Tid);
    while (found.length < limit) {
      const entry = this.#main.overlay(version, oid, at);
      if (entry === undefined || (at !== undefined && entry.tid > at)) break;
      found.push({
        tid: entry.tid,
        sizeBytes: entry.record?.length ?? 0,
        removed: entry.record === undefined && !entry.live,
      });
      if (entry.previousTid === TID_ZERO) break;
      at = entry.previousTid;
    }
    return found;
  }

  overlay(version: Oid, oid: Oid, at?: Tid): OverlayRevision | undefined {
    return this.#main.overlay(version, oid, at);
  }

  overlayEntries(version: Oid): AsyncIterable<OverlayEntry> {
    return this.#main.overlayEntries(version);
  }

  overlaySize(version: Oid): number {
    return this.#main.overlaySize(version);
  }

  transaction(tid: Tid): TransactionRecord | undefined {
    return this.#main.transaction(tid);
  }

  close(): void {
    this.#main.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #moment(at: Tid | undefined): VersionMoment {
    if (at === undefined || at >= this.#main.lastTid) return this.#present;
    if (this.#past?.at !== at) {
      this.#past = { at, moment: this.#momentAt(at, this.#newMaps(at)) };
    }
    return this.#past.moment;
  }

  #momentAt(at: Tid | undefined, maps: PatchedMaps): VersionMoment {
    const { version, rules } = this.#options;
    const isEmpty = at === undefined && this.#isEmpty;
    return new VersionMoment({ reader: this.#main, version, at, rules, maps, isEmpty });
  }

  #looksEmpty(): boolean {
    return this.#main.overlaySize(this.#options.version) === 0;
  }

  #newMaps(at: Tid | undefined, onOther?: (nodes: Iterable<Oid>) => void): PatchedMaps {
    return new PatchedMaps(this.#source(at), () => this.#options.oids.take(), onOther);
  }

  #source(at: Tid | undefined): PatchedMapsSource {
    const main = this.#main;
    const { version } = this.#options;
    return {
      main: (oid) => lastRevision((one, then) => main.revision(one, then), oid, at)?.record,
      overlay: (oid) => main.overlay(version, oid, at),
    };
  }
}
