/**
 * Objects as they were.
 *
 * What is shown of the past is an object like any other, with the attributes it had, its settings
 * included; it belongs to no connection, so it cannot be changed by mistake. Its containers are the
 * present ones; who may see it is decided by the settings of today and by those of then, which
 * `objectAsOf` asks where the object was.
 */
import type { Connection, Tid } from '../../odb/index.js';
import { Content } from './content.js';
import { contentTypes } from './content-type.js';

const revisions = new WeakMap<Content, Tid>();

/** Gives the transaction whose state an object shows, whether of today or of the past. */
export function revisionOf(object: Content): Tid {
  return revisions.get(object) ?? object.tid;
}

/**
 * Gives an object as it was just after `tid`; `undefined` when it did not exist then.
 * One key read for each hundredfold of revisions.
 */
export function pastObject(connection: Connection, object: Content, tid: Tid): Content | undefined {
  const { oid } = object;
  const state = oid === undefined ? undefined : connection.stateAt(oid, tid);
  if (oid === undefined || state === undefined) return undefined;
  const type = contentTypes.of(object);
  const past = new type.class({ ...state, place: object.place });
  const place = (state as { readonly place?: Content['place'] }).place;
  if (place !== undefined && connection.find(place.container.oid ?? oid) instanceof Content) {
    past.place = place;
  }
  const [revision] = connection.history(oid, { before: (tid + 1) as Tid, limit: 1 });
  revisions.set(past, revision?.tid ?? tid);
  return past;
}
