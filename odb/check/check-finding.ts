/**
 * What a check finds: kinds of damage, and the list of them.
 */
import type { Oid } from '../oid.js';
import type { Tid } from '../tid.js';

/** Kinds of damage. A kind keeps its meaning from release to release. */
export type FindingCode =
  /** A file of the database is damaged; the other findings tell what cannot be read for it. */
  | 'file'
  /** There is no root, or it is no map. */
  | 'root'
  /** A record cannot be decoded. */
  | 'record'
  /** What is stored for a revision is none, or the revision of another transaction. */
  | 'revision'
  /** The revisions of an object do not follow one another: numbers, pointers, one missing. */
  | 'chain'
  /** Older revisions of an object are there, the current one is not. */
  | 'no-current'
  /** A transaction's record cannot be read, is missing, or does not follow the one before. */
  | 'transaction'
  /** A transaction and the revisions it wrote disagree. */
  | 'written'
  /** Something refers to an object that does not exist. */
  | 'dangling'
  /** A node of a map is no node, or has keys out of order or outside of its range. */
  | 'map-node'
  /** Leaves of a map are at different depths. */
  | 'map-depth'
  /** A node is in two trees, or twice in one. */
  | 'map-shared'
  /** A node of a list is no node, or counts wrong what is below it. */
  | 'list-node'
  /** An object says that it is where its container does not have it. */
  | 'place'
  /** What main had when an entry of a version was made is gone: it cannot be merged. */
  | 'overlay-base'
  /** How much a version holds is counted wrong; a pack counts it anew. */
  | 'overlay-count'
  /** A part of a version's patch of a map is in no patch. */
  | 'overlay-node'
  /** A blob that a record names is not there. */
  | 'blob-missing'
  /** A blob's content is not what its name says. */
  | 'blob-damaged'
  /** Newest tid or next oid are not what the transactions and objects say. */
  | 'counter';

/** One thing that is wrong. */
export interface Finding {
  readonly code: FindingCode;
  /** The object it is about; absent where it is about none. */
  readonly oid?: Oid;
  /** The version in whose overlay it is; absent for main. */
  readonly version?: Oid;
  /** The transaction or revision it is about. */
  readonly tid?: Tid;
  /**
   * How the object is reached: keys of maps after `/`, fields after `.`, from the root. For
   * `dangling`, how whatever refers to it is reached. Where only the object's own place tells, the
   * ids of its containers and its own. Empty where nothing is known.
   */
  readonly path: string;
  /** What is wrong, as a sentence. */
  readonly what: string;
  /** `check` with `repair` can do something about it. */
  readonly repairable: boolean;
}

/** What can be done about a finding. */
export type Repair =
  /**
   * Bring the object back in the last state it had that can be read; where it had none, take out the
   * entry.
   */
  | {
      readonly kind: 'bring-back';
      readonly oid: Oid;
      /** For a node: the map whose tree it is in. */
      readonly nodeOf?: Oid;
      /** It is a leaf: where it had no state that can be read, the map goes on with an empty one. */
      readonly isLeaf?: boolean;
      readonly entry?: { readonly map: Oid; readonly key: string };
    }
  /** Give the object the place where it was found. */
  | {
      readonly kind: 'place';
      readonly oid: Oid;
      readonly container: Oid;
      readonly id: string;
    };

export interface FoundDamage extends Finding {
  repairable: boolean;
  what: string;
  readonly repair?: Repair;
}

/** Most findings that are listed; all are counted. */
export const FINDINGS_MAX = 10_000;

/** Collects findings. */
export class Findings {
  list: FoundDamage[] = [];
  count = 0;

  add(finding: Omit<FoundDamage, 'repairable'>): void {
    this.count += 1;
    if (this.list.length < FINDINGS_MAX) this.list.push({ ...finding, repairable: false });
  }

  /** Takes findings out, and answers how many. */
  remove(isWanted: (finding: FoundDamage) => boolean): number {
    const kept = this.list.filter((finding) => !isWanted(finding));
    const removed = this.list.length - kept.length;
    this.list = kept;
    this.count -= removed;
    return removed;
  }
}
