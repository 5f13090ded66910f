/**
 * Checking every kept revision: that it can be read, that the revisions of each object follow one
 * another, and that the transaction it names knows of it.
 *
 * One walk along the storage; memory holds the tids of one object's revisions.
 */
import { declaredBlobs } from './blob-names.js';
import { checkBlob } from './check-blobs.js';
import { decoded, pathByPlaces, placeOf, type CheckContext } from './check-context.js';
import type { FindingCode } from './check-finding.js';
import type { Oid } from './oid.js';
import type { OidMarks } from './oid-marks.js';
import type { DecodedRecord } from './record.js';
import type { ScannedRevision, StoredRevision } from './storage.js';
import { TID_ZERO, type Tid } from './tid.js';

export interface LastState {
  readonly tid: Tid;
  readonly record: Uint8Array;
}

/**
 * @param reached objects that the walk from the root found
 * @param wanted objects that are missing
 * @returns the last states that missing objects had
 */
export async function checkRevisions(
  context: CheckContext,
  reached: OidMarks,
  wanted: ReadonlySet<Oid>,
): Promise<Map<Oid, LastState>> {
  const states = new Map<Oid, LastState>();
  let chain: Chain | undefined;
  for await (const found of context.scan.revisions()) {
    await context.pause('revisions');
    if (chain?.oid !== found.oid) {
      chain?.end();
      chain = new Chain(context, found.oid);
    }
    chain.add(found);
    context.counts.revisions += 1;
    const record = found.revision?.record;
    if (record === undefined) continue;
    if (found.isCurrent && !reached.has(found.oid)) context.counts.unreached += 1;
    const object = decoded(record);
    if (found.isCurrent && object !== undefined) checkLost(context, found.oid, object, reached);
    if (object === undefined) chain.report('record', 'The record cannot be decoded', found.tid);
    else {
      if (wanted.has(found.oid)) states.set(found.oid, { tid: found.tid, record });
      if (found.isCurrent && reached.has(found.oid)) continue;
      for (const sha256 of declaredBlobs(object.className, object.state)) {
        await checkBlob(context, sha256, { oid: found.oid, tid: found.tid, path: () => '' });
      }
    }
  }
  chain?.end();
  return states;
}

/** Reports an object that is in a container which has lost it: what is removed has no place. */
function checkLost(
  context: CheckContext,
  oid: Oid,
  object: DecodedRecord,
  reached: OidMarks,
): void {
  if (reached.has(oid)) return;
  const place = placeOf(object, context.rules);
  if (place === undefined || !reached.has(place.container)) return;
  const what = `It says that it is '${place.id}' in object ${place.container}, from which it is not reached`;
  context.findings.add({ code: 'place', oid, path: pathByPlaces(context, oid), what });
}

/** The revisions of one object, oldest first. */
class Chain {
  readonly oid: Oid;
  readonly #context: CheckContext;
  /** Tids by number; what is missing or unreadable is not here. */
  readonly #tids = new Map<number, Tid>();
  #last: StoredRevision | undefined;
  /** A revision before the next one could not be read, so what follows cannot be compared. */
  #broken = false;
  #ended = false;

  constructor(context: CheckContext, oid: Oid) {
    this.#context = context;
    this.oid = oid;
    const { nextOid } = context.scan;
    if (oid >= nextOid) {
      this.report('counter', `The next oid, ${nextOid}, is not above this one, which is in use`);
    }
  }

  add({ tid, isCurrent, revision }: ScannedRevision): void {
    this.#ended ||= isCurrent;
    if (revision === undefined || revision.tid !== tid) {
      this.report(
        'revision',
        revision === undefined
          ? 'What is stored is no revision'
          : `Under this tid the revision of transaction ${revision.tid} is stored`,
        tid,
      );
      this.#broken = true;
      return;
    }
    this.#follow(revision);
    this.#skip(revision);
    const transaction = this.#context.transactions.get(tid);
    if (transaction === undefined) {
      this.report('written', `Transaction ${tid}, which wrote it, is missing or unreadable`, tid);
    } else if (!includes(transaction.oids, this.oid)) {
      this.report('written', `Transaction ${tid}, which wrote it, does not list it`, tid);
    }
    this.#tids.set(revision.number, tid);
    this.#last = revision;
    this.#broken = false;
  }

  end(): void {
    if (!this.#ended) {
      this.report('no-current', 'Older revisions are there, the current one is missing');
    }
  }

  report(code: FindingCode, what: string, tid?: Tid): void {
    const { findings } = this.#context;
    const path = pathByPlaces(this.#context, this.oid);
    findings.add({ code, oid: this.oid, path, what, ...(tid === undefined ? {} : { tid }) });
  }

  #follow({ tid, number, previousTid }: StoredRevision): void {
    const last = this.#last;
    if (this.#broken) return;
    if (last === undefined) {
      const forgotten = number > 1 && previousTid <= this.#context.packedTid;
      if (forgotten || (number === 1 && previousTid === TID_ZERO)) return;
      this.report('chain', `The revision before number ${number} is missing`, tid);
    } else if (previousTid !== last.tid) {
      const what = `It says that the revision before it is of ${previousTid}; it is of ${last.tid}`;
      this.report('chain', what, tid);
    } else if (number !== last.number + 1) {
      this.report('chain', `Revision ${number} comes after revision ${last.number}`, tid);
    }
  }

  #skip({ tid, number, skipTid }: StoredRevision & { readonly skipTid?: Tid }): void {
    if (skipTid === undefined) return;
    // Revision n skips to n without its lowest set bit.
    const target = number & (number - 1);
    const expected = target === 0 ? TID_ZERO : this.#tids.get(target);
    // A target that is not there has been named, or was forgotten by a pack.
    if (expected === undefined || expected === skipTid) return;
    this.report('chain', `Its skip pointer does not lead to revision ${target}`, tid);
  }
}

/** Tells whether a number is in an ascending list. */
function includes(sorted: readonly number[], wanted: number): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === wanted;
}
