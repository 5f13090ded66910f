/**
 * What comes of an object that a version changed, given what main did since.
 *
 * Base is what main had when the version changed it; theirs is what main has, mine what the version
 * has. What can be merged is, the rest is a conflict.
 */
import type { ConflictReason } from '../errors.js';
import { mergeRecords, type MergeClasses } from '../commit/merge.js';
import type { Oid } from '../oid.js';
import { classNameOf, decodeRecord, encodeRecord } from '../records/record.js';
import type { Reader } from '../storage.js';
import type { OverlayRevision, StoredRevision } from '../stored.js';
import { TID_ZERO, type Tid } from '../tid.js';
import { isPlainObject, own, sameBytes, setOwn, type State } from '../value.js';
import type { Resolution, VersionConflict } from './version-plan.js';

/** Three states of one object; `undefined`: it does not exist. */
export interface RecordSides {
  readonly base: Uint8Array | undefined;
  readonly main: Uint8Array | undefined;
  readonly version: Uint8Array | undefined;
}

/** What a merge came to. */
export type Merged<T> =
  | { readonly merged: true; readonly value: T }
  | { readonly merged: false; readonly conflict: VersionConflict };

/** Gives the three states of an object. @param main what main has; the base is often the same */
export function sidesOf(
  reader: Reader,
  oid: Oid,
  held: OverlayRevision,
  main: StoredRevision | undefined,
): RecordSides {
  const { basedOn, record } = held;
  const isBase = main !== undefined && main.tid <= basedOn;
  const base = isBase || basedOn === TID_ZERO ? undefined : recordAt(reader, oid, basedOn);
  return {
    base: isBase ? main.record : base?.record,
    main: main?.record,
    version: record,
  };
}

/** Merges an object. The value is its new record; `undefined`: it ceases to exist. */
export function mergeObject(
  oid: Oid,
  sides: RecordSides,
  classes: MergeClasses,
  resolution: Resolution | undefined,
): Merged<Uint8Array | undefined> {
  const { base, main, version } = sides;
  const chosen = chosenState(sides, resolution);
  if (chosen !== undefined) return { merged: true, value: chosen };
  if (isSame(main, version) && !(main !== undefined && base !== undefined)) return done(main);
  if (isSame(base, main)) return done(version);
  if (isSame(base, version)) return done(main);
  if (base === undefined || main === undefined || version === undefined) {
    if (resolution === 'version') return done(version);
    if (resolution === 'main') return done(main);
    return refused(oid, sides, base === undefined ? 'created' : 'removed', []);
  }
  const result = mergeRecords(base, main, version, classes);
  if (result.merged) return done(result.record);
  if (resolution === 'version' || resolution === 'main') {
    return done(takeSide({ base, main, version }, resolution, result, classes));
  }
  return refused(
    oid,
    sides,
    result.reason,
    result.fields.map((path) => path.join('.')),
  );
}

function chosenState(
  { main, version }: RecordSides,
  resolution: Resolution | undefined,
): Uint8Array | undefined {
  if (typeof resolution !== 'object' || !('state' in resolution)) return undefined;
  const like = version ?? main;
  return like === undefined ? undefined : encodeRecord(classNameOf(like), resolution.state);
}

/** What is in conflict is as one side has it; the rest is merged. */
function takeSide(
  { base, main, version }: { [Side in keyof RecordSides]: Uint8Array },
  side: 'version' | 'main',
  {
    fields,
    reason,
  }: { readonly fields: readonly (readonly string[])[]; readonly reason: ConflictReason },
  classes: MergeClasses,
): Uint8Array {
  const whole = side === 'version' ? version : main;
  if (fields.length === 0 || reason === 'removed') return whole;
  const other = side === 'version' ? main : version;
  const without = withFieldsOf(other, base, fields);
  const result =
    side === 'version'
      ? mergeRecords(base, without, version, classes)
      : mergeRecords(base, main, without, classes);
  return result.merged ? result.record : whole;
}

/** Gives a record with some fields as another has them. */
function withFieldsOf(
  record: Uint8Array,
  from: Uint8Array,
  fields: readonly (readonly string[])[],
): Uint8Array {
  const { className, state } = decodeRecord(record);
  const source = decodeRecord(from).state;
  let changed: State = state;
  for (const path of fields) changed = withValueAt(changed, path, valueAt(source, path));
  return encodeRecord(className, changed);
}

function valueAt(state: unknown, path: readonly string[]): unknown {
  let value = state;
  for (const step of path) value = isPlainObject(value) ? own(value, step) : undefined;
  return value;
}

function withValueAt(state: unknown, path: readonly string[], value: unknown): State {
  const copy: State = isPlainObject(state) ? { ...state } : {};
  const [step, ...rest] = path;
  if (step === undefined) return copy;
  setOwn(copy, step, rest.length === 0 ? value : withValueAt(own(copy, step), rest, value));
  return copy;
}

/** The revision that was current at a moment; `undefined` also when it is forgotten. */
export function recordAt(reader: Reader, oid: Oid, at: Tid): StoredRevision | undefined {
  const found = reader.revision(oid, at);
  return found !== undefined && found.tid <= at ? found : undefined;
}

function refused(
  oid: Oid,
  { base, main, version }: RecordSides,
  reason: ConflictReason,
  fields: readonly string[],
): Merged<never> {
  const record = version ?? main ?? base;
  return {
    merged: false,
    conflict: {
      oid,
      className: record === undefined ? '' : classNameOf(record),
      fields,
      keys: [],
      reason,
      base: stateOf(base),
      main: stateOf(main),
      version: stateOf(version),
    },
  };
}

function stateOf(record: Uint8Array | undefined): State | undefined {
  return record === undefined ? undefined : decodeRecord(record).state;
}

export function done<T>(value: T): Merged<T> {
  return { merged: true, value };
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameBytes(a, b);
}
