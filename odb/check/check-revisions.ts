/**
 * Checking every kept revision: that it can be read, that the revisions of each object follow one
 * another, and that the transaction it names knows of it.
 *
 * One walk along the storage; memory holds the tids of one object's revisions.
 */
import { declaredBlobs } from '../objects/blob-names.js';
import { checkBlob } from './check-blobs.js';
import { Chain } from './check-chain.js';
import { decoded, pathByPlaces, type CheckContext } from './check-context.js';
import { placeOf } from '../commit/stored-path.js';
import type { Oid } from '../oid.js';
import type { OidMarks } from '../pack/oid-marks.js';
import type { DecodedRecord } from '../records/record.js';
import type { Tid } from '../tid.js';

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
    if (object === undefined) {
      const isNamed = found.isCurrent && context.unreadable.has(found.oid);
      if (!isNamed) chain.report('record', 'The record cannot be decoded', found.tid);
    } else {
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
