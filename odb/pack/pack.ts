/**
 * Deciding what a pack keeps. Pure: reads a fixed view, changes nothing.
 *
 * Of each object are kept the revisions newer than the moment, and the newest not newer than it;
 * rules may keep more, never less. The same holds for entries of overlays, and what kept entries are
 * based on is kept of main's objects. An entry that main shows through since before the moment goes.
 * Kept are objects that are reachable from the root, from the
 * trash, from what versions hold, or from whatever was written after the moment, along the references of every revision
 * that is kept of every object on the way. So each moment from the packed one on reads as before,
 * and every transaction after it can still be undone.
 */
import { containersOf } from '../commit/containment.js';
import { placeField } from '../commit/place.js';
import type { Oid } from '../oid.js';
import { OidMarks } from './oid-marks.js';
import type { HistoryRule } from './pack-options.js';
import { classNameOf } from '../records/record.js';
import { scanRecord } from '../records/record-scan.js';
import type { MergeRules } from '../rules.js';
import type { OverlayRevision, StoredRevision } from '../stored.js';
import { asTid, TID_MAX, TID_ZERO, tidAtMs, type Tid } from '../tid.js';

/** Most oids that wait in a list to be looked at; more are found again by their marks. */
export const QUEUE_OIDS_MAX = 65_536;
const DAY_MS = 24 * 60 * 60 * 1000;

/** The fixed view a pack decides on. */
export interface PackSource {
  /** Gives the newest revision not newer than `at`; default: the current one. */
  revision(oid: Oid, at?: Tid): StoredRevision | undefined;
  /** Gives the revision before one of an object; `undefined`: there is none, or it is forgotten. */
  older(oid: Oid, revision: StoredRevision): StoredRevision | undefined;
}

/** What is to be kept of one object: both what is new enough, and so many of the newest. */
export interface Keep {
  /** Every state that was current at this moment or later. */
  readonly since: Tid;
  readonly revisions: number;
}

/**
 * Tells whether a revision is kept.
 *
 * @param index 0 for the current revision, 1 for the one before it, and so on
 * @param newer tid of the revision after it; none for the current one
 */
export function isKept(index: number, newer: Tid | undefined, keep: Keep): boolean {
  return newer === undefined || index < keep.revisions || newer > keep.since;
}

/** How many of the older revisions of an object are to be forgotten, the oldest first. */
export function forgettable(older: readonly Tid[], current: Tid, keep: Keep): number {
  for (let count = older.length; count > 0; count -= 1) {
    const index = older.length - count + 1;
    if (!isKept(index, older[count] ?? current, keep)) return count;
  }
  return 0;
}

/** Tells whether an entry of an overlay goes altogether: main shows through since before. */
export function isOver(
  current: Pick<OverlayRevision, 'live' | 'tid'>,
  older: readonly Tid[],
  keep: Keep,
): boolean {
  if (!current.live || current.tid > keep.since) return false;
  return forgettable(older, current.tid, keep) === older.length;
}

/** A rule with what it is about. */
interface ScopedRule {
  readonly rule: HistoryRule;
  readonly scope: OidMarks | undefined;
}

/** Answers what is to be kept of each object. */
export class KeptHistory {
  readonly #source: PackSource;
  readonly #before: Tid;
  readonly #nowMs: number;
  readonly #rules: readonly ScopedRule[];
  /** Of objects that entries of overlays are based on, the oldest such revision. */
  readonly #bases = new Map<Oid, Tid>();

  /** Reads what is contained in the objects that rules are about. */
  constructor(
    source: PackSource,
    options: {
      readonly before: Tid;
      readonly nowMs: number;
      readonly rules: readonly HistoryRule[];
      readonly mergeRules: MergeRules;
    },
  ) {
    this.#source = source;
    this.#before = options.before;
    this.#nowMs = options.nowMs;
    this.#rules = options.rules.map((rule) => ({
      rule,
      scope:
        rule.below === undefined
          ? undefined
          : containedIn(rule.below, source, options.before, options.mergeRules),
    }));
  }

  /** Keeps an object's revision of this transaction, on which something rests, and later ones. */
  keepBase(oid: Oid, tid: Tid): void {
    this.#bases.set(oid, earlier(this.#bases.get(oid) ?? TID_MAX, tid));
  }

  /** What is to be kept of an object in main. */
  keepOf(oid: Oid): Keep {
    const keep = this.keepByRules(oid);
    const base = this.#bases.get(oid);
    return base === undefined ? keep : { ...keep, since: earlier(keep.since, base) };
  }

  /** What is to be kept of an object by the moment and the rules: of its entries in overlays. */
  keepByRules(oid: Oid): Keep {
    let since = this.#before;
    let revisions = 1;
    for (const { rule, scope } of this.#rules) {
      if (scope !== undefined && !scope.has(oid)) continue;
      if (rule.revisions !== undefined) revisions = Math.max(revisions, rule.revisions);
      if (rule.days !== undefined) {
        since = earlier(since, tidAtMs(Math.max(0, this.#nowMs - rule.days * DAY_MS)));
      }
      if (rule.hold !== undefined && this.#existed(oid, rule.hold.to)) {
        since = earlier(since, rule.hold.from);
      }
    }
    return { since, revisions };
  }

  #existed(oid: Oid, at: Tid = TID_MAX): boolean {
    const found = this.#source.revision(oid, at);
    // The oldest revision kept may be newer: then the object may have existed before it.
    return found !== undefined && (found.tid <= at || found.previousTid !== TID_ZERO);
  }
}

/** Walks from object to object along references, and marks each. */
export class Marking {
  readonly marks = new OidMarks();
  /** How many objects were looked at. */
  done = 0;
  readonly #source: PackSource;
  readonly #history: Pick<KeptHistory, 'keepOf'>;
  readonly #onBlob: (sha256: string) => void;
  readonly #looked = new OidMarks();
  readonly #queueMax: number;
  #queue: Oid[] = [];
  #overflowed = false;

  constructor(
    source: PackSource,
    history: Pick<KeptHistory, 'keepOf'>,
    options: {
      readonly onBlob?: (sha256: string) => void;
      /** Default: `QUEUE_OIDS_MAX`. */
      readonly queueMax?: number;
    } = {},
  ) {
    this.#source = source;
    this.#history = history;
    this.#onBlob = options.onBlob ?? (() => undefined);
    this.#queueMax = options.queueMax ?? QUEUE_OIDS_MAX;
  }

  /** Marks an object; what it leads to is marked by `run`. */
  add(oid: Oid): void {
    if (!this.marks.add(oid)) return;
    if (this.#queue.length < this.#queueMax) this.#queue.push(oid);
    else this.#overflowed = true;
  }

  /** Marks what a record refers to that is not an object's in main. */
  addNamed(record: Uint8Array): void {
    scanRecord(record, { reference: (to) => this.add(to), blob: this.#onBlob });
  }

  /**
   * Looks at up to so many objects, and tells whether any are left.
   *
   * @throws OdbError `ODB_DAMAGED` for a record that cannot be read: what it refers to is unknown
   */
  run(objects: number): boolean {
    for (let count = 0; count < objects; count += 1) {
      if (this.#queue.length === 0 && this.#overflowed) this.#refill();
      const oid = this.#queue.pop();
      if (oid === undefined) return false;
      if (this.#looked.add(oid)) this.#look(oid);
    }
    return this.#queue.length > 0 || this.#overflowed;
  }

  #look(oid: Oid): void {
    this.done += 1;
    let revision = this.#source.revision(oid);
    if (revision === undefined) return;
    const keep = this.#history.keepOf(oid);
    let newer: Tid | undefined;
    const names = { reference: (to: Oid) => this.add(to), blob: this.#onBlob };
    for (let index = 0; revision !== undefined && isKept(index, newer, keep); index += 1) {
      if (revision.record !== undefined) scanRecord(revision.record, names);
      newer = revision.tid;
      // Whether the one before is kept needs no look at it.
      if (!isKept(index + 1, newer, keep)) return;
      revision = this.#source.older(oid, revision);
    }
  }

  #refill(): void {
    this.#overflowed = false;
    for (const oid of this.marks) {
      if (this.#looked.has(oid)) continue;
      if (this.#queue.length >= this.#queueMax) {
        this.#overflowed = true;
        return;
      }
      this.#queue.push(oid);
    }
  }
}

/** Marks an object and what is contained in it, with what those have that is in no container. */
function containedIn(top: Oid, source: PackSource, before: Tid, mergeRules: MergeRules): OidMarks {
  const marks = new OidMarks();
  marks.add(top);
  const queue = [top];
  const look = (oid: Oid): StoredRevision | undefined => source.revision(oid);
  for (let oid = queue.pop(); oid !== undefined; oid = queue.pop()) {
    let revision = source.revision(oid);
    for (; revision !== undefined; revision = source.older(oid, revision)) {
      if (revision.record !== undefined) {
        scanRecord(revision.record, {
          reference(to) {
            if (marks.has(to) || !belongs(to, top)) return;
            marks.add(to);
            queue.push(to);
          },
        });
      }
      if (revision.tid <= before) break;
    }
  }
  return marks;

  function belongs(oid: Oid, container: Oid): boolean {
    const record = look(oid)?.record;
    if (record === undefined || placeField(classNameOf(record), mergeRules) === undefined) {
      return true;
    }
    for (const above of containersOf(oid, look, mergeRules)) if (above === container) return true;
    return false;
  }
}

function earlier(a: Tid, b: Tid): Tid {
  return asTid(Math.min(a, b));
}
