/**
 * What comes of an object that a version changed, given what main did since.
 *
 * Base is what main had when the version changed it; theirs is what main has, mine what the version
 * has. One object, one map or one list at a time; what can be merged is, the rest is a conflict.
 */
import { treeGet } from '../trees/btree.js';
import type { ConflictReason } from '../errors.js';
import { CONFLICT_POSITIONS_MAX, mergeLists } from '../commit/list-merge.js';
import type { ListEdit } from '../trees/list-hunks.js';
import { itemsIn, leavesOf, viewOf, type ListView } from '../trees/list-view.js';
import { mergeRecords, type MergeClasses } from '../commit/merge.js';
import type { Oid } from '../oid.js';
import { patchNodes } from './patched-map.js';
import { classNameOf, decodeRecord, encodeRecord } from '../records/record.js';
import type { Reader } from '../storage.js';
import type { OverlayRevision, StoredRevision } from '../stored.js';
import type { PatchValue } from '../writes.js';
import { TID_ZERO, type Tid } from '../tid.js';
import { isPlainObject, own, sameBytes, sameValue, setOwn, type State } from '../value.js';
import type { Resolution, VersionConflict } from './version-plan.js';

/** Longest list of which a conflict shows the items. */
export const CONFLICT_ITEMS_MAX = 1_000;

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

/** What a key of a map has on each side, and is to have. */
export interface MergedKey {
  readonly key: string;
  readonly base: unknown;
  readonly main: unknown;
  readonly version: unknown;
  readonly after: unknown;
}

/** Gives the three states of an object. */
export function sidesOf(reader: Reader, oid: Oid, held: OverlayRevision): RecordSides {
  const { basedOn, record } = held;
  return {
    base: basedOn === TID_ZERO ? undefined : recordAt(reader, oid, basedOn)?.record,
    main: reader.revision(oid)?.record,
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

/** Merges a map key by key: every key that the version changed. */
export function mergeMap(
  map: Oid,
  className: string,
  patch: Iterable<readonly [string, PatchValue]>,
  { reader, resolution }: { readonly reader: Reader; readonly resolution: Resolution | undefined },
): Merged<readonly MergedKey[]> {
  const tree = patchNodes((oid) => reader.revision(oid)?.record);
  const exists = reader.revision(map)?.record !== undefined;
  const keys: MergedKey[] = [];
  const refused: MergedKey[] = [];
  for (const [key, { base, value }] of patch) {
    const main = exists ? treeGet(tree, map, key) : undefined;
    const one = { key, base, main, version: value };
    if (!exists) refused.push({ ...one, after: undefined });
    else if (sameValue(main, base) || sameValue(main, value)) keys.push({ ...one, after: value });
    else {
      const chosen = resolvedKey(one, resolution);
      if (chosen === undefined) refused.push({ ...one, after: undefined });
      else keys.push({ ...one, after: chosen.value });
    }
  }
  if (refused.length === 0 || (!exists && resolution === 'main')) {
    return { merged: true, value: keys };
  }
  const sideOf = (side: 'base' | 'main' | 'version'): State => {
    const entries: State = {};
    for (const one of refused) if (one[side] !== undefined) setOwn(entries, one.key, one[side]);
    return entries;
  };
  return {
    merged: false,
    conflict: {
      oid: map,
      className,
      fields: [],
      keys: refused.map(({ key }) => key),
      reason: exists ? 'changed' : 'removed',
      base: sideOf('base'),
      main: exists ? sideOf('main') : undefined,
      version: sideOf('version'),
    },
  };
}

function resolvedKey(
  { key, main, version }: Pick<MergedKey, 'key' | 'main' | 'version'>,
  resolution: Resolution | undefined,
): { readonly value: unknown } | undefined {
  const one =
    typeof resolution === 'object' && 'keys' in resolution ? resolution.keys.get(key) : resolution;
  if (one === 'version') return { value: version };
  if (one === 'main') return { value: main };
  return typeof one === 'object' && 'value' in one ? one : undefined;
}

/** Merges a list. The value is what takes main's list to the merged one. */
export function mergeList(
  list: Oid,
  held: ReadonlyMap<Oid, OverlayRevision>,
  { reader, resolution }: { readonly reader: Reader; readonly resolution: Resolution | undefined },
): Merged<readonly ListEdit<unknown>[]> {
  const { base, main, version } = listSides(reader, list, held);
  const root = held.get(list);
  const current = reader.revision(list)?.record;
  const className = current === undefined ? '' : classNameOf(current);
  const listed = { oid: list, className, keys: [] };
  if (current === undefined || root?.record === undefined) {
    if (resolution === 'main') return done([]);
    const none = { base: itemsOf(base, list), main: undefined, version: itemsOf(version, list) };
    return { merged: false, conflict: { ...listed, fields: [], reason: 'removed', ...none } };
  }
  if (resolution === 'main') return done([]);
  const changed = new Set(held.keys());
  const sides = { list, base, theirs: main, mine: version, changed, strict: false };
  const result = mergeLists(sides);
  if (result.merged) return done(result.edits);
  if (resolution === 'version') return done(replacing(main, version, list));
  const fields = result.positions.slice(0, CONFLICT_POSITIONS_MAX).map(String);
  const states = {
    base: itemsOf(base, list),
    main: itemsOf(main, list),
    version: itemsOf(version, list),
  };
  return { merged: false, conflict: { ...listed, fields, reason: 'changed', ...states } };
}

/** Gives three views of a list. */
export function listSides(
  reader: Reader,
  list: Oid,
  held: ReadonlyMap<Oid, OverlayRevision>,
): { readonly base: ListView; readonly main: ListView; readonly version: ListView } {
  const basedOn = held.get(list)?.basedOn ?? reader.lastTid;
  const now = (oid: Oid): StoredRevision | undefined => reader.revision(oid);
  const then = (oid: Oid): StoredRevision | undefined => recordAt(reader, oid, basedOn);
  const view = (look: (oid: Oid) => StoredRevision | undefined): ListView =>
    viewOf((oid) => {
      const found = look(oid);
      return found && { record: found.record, revision: found.tid };
    });
  return { base: view(then), main: view(now), version: view((oid) => held.get(oid) ?? then(oid)) };
}

/** What puts one list in the place of another. */
function replacing(from: ListView, to: ListView, list: Oid): readonly ListEdit<unknown>[] {
  const leaves = leavesOf(from, list);
  const length = leaves.reduce((sum, { count }) => sum + count, 0);
  return [{ from: 0, to: length, items: itemsIn(to, leavesOf(to, list)) }];
}

function itemsOf(view: ListView, list: Oid): State | undefined {
  if (view(list) === undefined) return undefined;
  const leaves = leavesOf(view, list);
  const length = leaves.reduce((sum, { count }) => sum + count, 0);
  return length > CONFLICT_ITEMS_MAX ? {} : { items: itemsIn(view, leaves) };
}

/** The revision that was current at a moment; `undefined` also when it is forgotten. */
function recordAt(reader: Reader, oid: Oid, at: Tid): StoredRevision | undefined {
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

function done<T>(value: T): Merged<T> {
  return { merged: true, value };
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameBytes(a, b);
}
