/**
 * The path of an object by the places that it and its containers say in their records.
 *
 * For whoever has to name an object without loading it: records may be damaged, and are then passed
 * over for the newest one that can be read.
 */
import { containerOf, placeField } from './place.js';
import type { Oid } from '../oid.js';
import { decodeRecord, type DecodedRecord } from '../records/record.js';
import type { MergeRules } from '../rules.js';
import type { Reader } from '../storage.js';
import { TID_ZERO } from '../tid.js';
import { isPlainObject, own } from '../value.js';

/** Most containers in a path. */
const CONTAINERS_MAX = 200;
/** Most revisions that are passed over. */
const REVISIONS_MAX = 100;

/** Where an object says it is. */
export interface StoredPlace {
  readonly container: Oid;
  readonly id: string;
}

export function placeOf(
  { className, state }: DecodedRecord,
  rules: MergeRules,
): StoredPlace | undefined {
  const container = containerOf(className, state, rules);
  const field = placeField(className, rules);
  if (container === undefined || field === undefined) return undefined;
  const value = own(state, field);
  const id = isPlainObject(value) ? value.id : undefined;
  return typeof id === 'string' ? { container: container.oid, id } : undefined;
}

/** Gives the path of an object, from where its containers end; empty when it says no place. */
export function pathByPlaces(reader: Reader, rules: MergeRules, oid: Oid): string {
  const ids: string[] = [];
  for (let at = oid; ids.length < CONTAINERS_MAX;) {
    const object = lastReadable(reader, at);
    const place = object === undefined ? undefined : placeOf(object, rules);
    if (place === undefined) break;
    ids.unshift(place.id);
    at = place.container;
  }
  return ids.map((id) => `/${id}`).join('');
}

function lastReadable(reader: Reader, oid: Oid): DecodedRecord | undefined {
  try {
    let revision = reader.revision(oid);
    for (let count = 0; revision?.record !== undefined && count < REVISIONS_MAX; count++) {
      const object = decoded(revision.record);
      if (object !== undefined || revision.previousTid === TID_ZERO) return object;
      revision = reader.revision(oid, revision.previousTid);
    }
  } catch {
    // Not even its revisions can be read: its path is not known.
  }
  return undefined;
}

/** Reads a record that may be damaged. */
function decoded(record: Uint8Array): DecodedRecord | undefined {
  try {
    return decodeRecord(record);
  } catch {
    return undefined;
  }
}
