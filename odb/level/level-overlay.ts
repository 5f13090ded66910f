/**
 * Revisions of overlays in LevelDB.
 *
 * A number tells what it is based on: 0, what began in the version; 1, there is no entry, and main
 * shows through; else one more than how much older the moment of main is. The rest is a revision as
 * of an object.
 */
import { ByteReader, ByteWriter } from '../bytes.js';
import { decodeRevision, encodeRevision, type LevelRevision } from './level-values.js';
import type { OverlayRevision } from '../stored.js';
import { asTid, TID_ZERO, type Tid } from '../tid.js';

const BEGAN = 0;
const LIVE = 1;

/** A revision of an entry together with what its value in LevelDB adds. */
export interface LevelOverlay extends LevelRevision, OverlayRevision {}

/** Gives the value of a revision of an entry. */
export function encodeOverlay(
  revision: Parameters<typeof encodeRevision>[0] & {
    readonly live: boolean;
    readonly basedOn: Tid;
  },
): Uint8Array {
  const { tid, live, basedOn } = revision;
  const out = new ByteWriter();
  if (live) out.number(LIVE);
  else out.number(basedOn === TID_ZERO ? BEGAN : tid - basedOn + 1);
  return Buffer.concat([out.finish(), encodeRevision(revision)]);
}

/** Reads the value of a revision of an entry. @throws OdbError `ODB_DAMAGED` */
export function decodeOverlay(value: Uint8Array): LevelOverlay {
  const from = new ByteReader(value);
  const base = from.number();
  const { tid, previousTid, skipTid, number, record } = decodeRevision(from.rest());
  const live = base === LIVE;
  const basedOn = base <= LIVE ? TID_ZERO : asTid(tid - base + 1);
  // Written out, since spreading an object takes as long as all of the rest.
  return { tid, previousTid, skipTid, number, record, live, basedOn, value };
}
