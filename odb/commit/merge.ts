/**
 * Three-way merge: one object that two sides changed, from the state both started with.
 *
 * One engine for commits, undo and check-in. It computes from values and never guesses: what it
 * cannot keep from both sides is a conflict, named by field. `theirs` is what is stored now,
 * `mine` what is to be stored; where the order matters (lists made from sets), theirs comes first.
 *
 * - A field that one side changed, or both in the same way, is taken over.
 * - A field that both changed differently is merged by its rule (`MergeRuleName`), or is in conflict.
 * - An object that one side removed (its place ended) and the other changed is in conflict.
 */
import type { ConflictReason } from '../errors.js';
import {
  decodeRecord,
  encodeRecord,
  VERSION_FIELD,
  type DecodedRecord,
} from '../records/record.js';
import { mergeLines } from './line-merge.js';
import { mergePlaces, placeEnds } from './place.js';
import {
  ruleName,
  type FieldSides,
  type MergeRule,
  type MergeRuleName,
  type MergeRules,
} from '../rules.js';
import { isPlainObject, own, sameBytes, sameValue, setOwn, type State } from '../value.js';

/** A class's own way to merge: gives the merged state, or throws when there is none. */
export type Merger = (base: State, theirs: State, mine: State) => State;

/** What a merger throws to name what both sides changed. Anything else thrown names nothing. */
export class MergeRefusal extends Error {
  /** The steps to each field in conflict. */
  readonly fields: readonly (readonly string[])[];

  constructor(fields: readonly (readonly string[])[] = []) {
    super('Both sides changed the same');
    this.fields = fields;
  }
}

/** How the objects of each class are merged. A class with a merger does not use its rules. */
export interface MergeClasses {
  readonly rules: MergeRules;
  /** Gives the merger of a class that has one. Default: none has. */
  readonly merger?: ((className: string) => Merger | undefined) | undefined;
  /**
   * Brings a record up to date: the class's name and version. May throw. Default: it is as it is.
   */
  readonly current?: ((record: DecodedRecord) => DecodedRecord) | undefined;
  /**
   * Tells whether objects of a class are derived from others (`ClassOptions.derived`), so that an
   * undo leaves them to whoever derives them. Default: none is.
   */
  readonly isDerived?: ((className: string) => boolean) | undefined;
  /**
   * Two equal changes of a value that is compared whole are a conflict. So it is in a commit, where
   * each may rest on what it read: of two who take 10 from 100, the second must see the 90. Default:
   * they are one change, as in an undo, where what is wanted is there already.
   */
  readonly strict?: boolean;
}

/** Why two states could not be merged. */
export interface Unmerged {
  readonly merged: false;
  /** Each field in conflict, as the steps to it; empty when it is about the whole object. */
  readonly fields: readonly (readonly string[])[];
  readonly reason: ConflictReason;
}

export type MergedState = { readonly merged: true; readonly state: State } | Unmerged;
export type MergedRecord = { readonly merged: true; readonly record: Uint8Array } | Unmerged;

/** Merges three records of one object. */
export function mergeRecords(
  base: Uint8Array,
  theirs: Uint8Array,
  mine: Uint8Array,
  classes: MergeClasses,
): MergedRecord {
  // Equal changes on both sides are not always one: two counters raised by one are raised by two.
  if (sameBytes(base, mine)) return { merged: true, record: theirs };
  if (sameBytes(base, theirs)) return { merged: true, record: mine };
  const sides = bringUpToDate(
    [base, theirs, mine].map((record) => decodeRecord(record)),
    classes,
  );
  const [from, there, here] = sides ?? [];
  if (from === undefined || there === undefined || here === undefined) return whole('version');
  const { className, state } = there;
  if (className !== here.className || className !== from.className) return whole('changed');
  const version = state[VERSION_FIELD];
  const result = mergeStates(
    className,
    withoutVersion(from.state),
    withoutVersion(state),
    withoutVersion(here.state),
    classes,
  );
  if (!result.merged) return result;
  try {
    const merged = { ...result.state, [VERSION_FIELD]: version };
    return { merged: true, record: encodeRecord(className, merged) };
  } catch (error) {
    // A class's merger may answer what no record can hold.
    if (error instanceof TypeError) return whole('changed');
    throw error;
  }
}

/** Gives the sides as their class has them now; `undefined` when they are not of one version. */
function bringUpToDate(
  sides: readonly DecodedRecord[],
  { current }: MergeClasses,
): readonly DecodedRecord[] | undefined {
  try {
    const records = current === undefined ? sides : sides.map(current);
    const versions = new Set(records.map(({ state }) => state[VERSION_FIELD]));
    return versions.size === 1 ? records : undefined;
  } catch {
    // Migrating is somebody's code, or the record is newer than it: there is nothing to merge.
    return undefined;
  }
}

function withoutVersion({ [VERSION_FIELD]: _version, ...state }: State): State {
  return state;
}

/** Merges three states of one object of a class. Persistent objects in them are `Ref`s. */
export function mergeStates(
  className: string,
  base: State,
  theirs: State,
  mine: State,
  { rules, merger: mergerOf, strict = false }: MergeClasses,
): MergedState {
  const merger = mergerOf?.(className);
  if (merger !== undefined) return mergeByClass(merger, base, theirs, mine);

  const ruleOf = Object.hasOwn(rules, className) ? rules[className] : undefined;
  const state: State = {};
  const conflicts: string[][] = [];
  let reason: ConflictReason = 'changed';
  for (const field of fieldsOf(base, theirs, mine)) {
    const rule = ruleOf !== undefined && Object.hasOwn(ruleOf, field) ? ruleOf[field] : undefined;
    const sides = { base: own(base, field), theirs: own(theirs, field), mine: own(mine, field) };
    if (ruleName(rule) === 'place') {
      const ends = placeEnds(sides);
      const other = ends === 'theirs' ? mine : theirs;
      if (ends !== undefined && !sameState(className, base, other, rules)) {
        return { merged: false, fields: [[field]], reason: 'removed' };
      }
    }
    const found = conflicts.length;
    const value = mergeField(rule, sides, { path: [field], conflicts, strict });
    if (conflicts.length > found && ruleName(rule) === 'place') reason = 'moved';
    if (value !== undefined) setOwn(state, field, value);
  }
  if (conflicts.length > 0) return { merged: false, fields: conflicts, reason };
  return { merged: true, state };
}

/** Where a merge is, and what it found. */
interface FieldMerge {
  readonly path: readonly string[];
  readonly conflicts: string[][];
  readonly strict: boolean;
}

/** Gives the merged value; adds to `conflicts` when there is none. */
function mergeField(
  rule: MergeRule | undefined,
  { base, theirs, mine }: FieldSides,
  merge: FieldMerge,
): unknown {
  const fallback = typeof rule === 'object' ? rule.default : undefined;
  const sides = { base: base ?? fallback, theirs: theirs ?? fallback, mine: mine ?? fallback };
  if (sameValue(sides.base, sides.mine)) return theirs;
  if (sameValue(sides.base, sides.theirs)) return mine;
  const isOne = sameValue(sides.theirs, sides.mine);
  if (isOne && !isTwoChanges(ruleName(rule), theirs, merge.strict)) return theirs;
  let merged: unknown;
  switch (ruleName(rule)) {
    case 'lines':
      merged = mergeLines(sides);
      break;
    case 'record':
      return mergeRecordField(sides, merge);
    case 'set':
      merged = mergeSets(sides);
      break;
    case 'counter':
      merged = mergeCounters(sides);
      break;
    case 'place':
      merged = mergePlaces(sides);
      break;
    case 'atomic':
      break;
  }
  if (merged === undefined) merge.conflicts.push([...merge.path]);
  return merged;
}

/** Tells whether equal changes on both sides are two. Removing what is gone is never a second one. */
function isTwoChanges(rule: MergeRuleName, value: unknown, strict: boolean): boolean {
  if (rule === 'counter') return true;
  return strict && (rule === 'atomic' || rule === 'record') && value !== undefined;
}

/** Merges a plain object key by key; a key both sides changed is merged the same way if it can be. */
function mergeRecordField({ base, theirs, mine }: FieldSides, merge: FieldMerge): unknown {
  const from = base ?? {};
  if (!isPlainObject(from) || !isPlainObject(theirs) || !isPlainObject(mine)) {
    merge.conflicts.push([...merge.path]);
    return undefined;
  }
  const merged: State = {};
  for (const key of fieldsOf(from, theirs, mine)) {
    const sides = { base: own(from, key), theirs: own(theirs, key), mine: own(mine, key) };
    const nested = isPlainObject(sides.theirs) && isPlainObject(sides.mine);
    const path = [...merge.path, key];
    const value = mergeField(nested ? 'record' : 'atomic', sides, { ...merge, path });
    if (value !== undefined) setOwn(merged, key, value);
  }
  return merged;
}

/** Merges arrays as sets: theirs, without what mine took out, then what mine added. */
function mergeSets({ base, theirs, mine }: FieldSides): unknown[] | undefined {
  const from = base ?? [];
  const there = theirs ?? [];
  const here = mine ?? [];
  if (!Array.isArray(from) || !Array.isArray(there) || !Array.isArray(here)) return undefined;
  const has = (items: readonly unknown[], item: unknown): boolean =>
    items.some((other) => sameValue(other, item));
  const kept = there.filter((item) => !has(from, item) || has(here, item));
  const added = here.filter((item) => !has(from, item) && !has(there, item));
  return [...kept, ...added];
}

function mergeCounters({ base, theirs, mine }: FieldSides): number | undefined {
  const from = base ?? 0;
  const there = theirs ?? 0;
  const here = mine ?? 0;
  if (typeof from !== 'number' || typeof there !== 'number' || typeof here !== 'number') {
    return undefined;
  }
  return there + here - from;
}

/** A class's merger is somebody's code: whatever goes wrong in it is a conflict. */
function mergeByClass(merger: Merger, base: State, theirs: State, mine: State): MergedState {
  try {
    const state: unknown = merger(base, theirs, mine);
    if (isPlainObject(state)) return { merged: true, state };
  } catch (error) {
    // Having no answer is an answer: the sides cannot be merged.
    if (error instanceof MergeRefusal) {
      return { merged: false, fields: error.fields, reason: 'changed' };
    }
  }
  return whole('changed');
}

function whole(reason: ConflictReason): Unmerged {
  return { merged: false, fields: [], reason };
}

function fieldsOf(...states: readonly Readonly<State>[]): Set<string> {
  return new Set(states.flatMap((state) => Object.keys(state)));
}

/** Tells whether two states are the same; what is absent is as its default. */
export function sameState(
  className: string,
  a: Readonly<State>,
  b: Readonly<State>,
  rules: MergeRules,
): boolean {
  const ruleOf = Object.hasOwn(rules, className) ? rules[className] : undefined;
  for (const field of fieldsOf(a, b)) {
    const rule = ruleOf !== undefined && Object.hasOwn(ruleOf, field) ? ruleOf[field] : undefined;
    const fallback = typeof rule === 'object' ? rule.default : undefined;
    if (!sameValue(own(a, field) ?? fallback, own(b, field) ?? fallback)) return false;
  }
  return true;
}
