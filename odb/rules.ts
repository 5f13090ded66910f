/**
 * How the fields of each class take part in a merge, as whoever merges is told.
 */

/** How one field takes part in a three-way merge; `default` is what an absent field reads as. */
export type MergeRule = MergeRuleName | { readonly rule: MergeRuleName; readonly default: unknown };

/** The ways in which two changes of a field are merged. */
export type MergeRuleName =
  /** Compared whole: two changes are a conflict, equal ones too, as each may rest on what it read. */
  | 'atomic'
  /** Text, merged line by line. */
  | 'lines'
  /** A plain object, merged key by key, and within, recursively. */
  | 'record'
  /** An array of primitives, merged as a set. */
  | 'set'
  /** A number: differences add up. */
  | 'counter'
  /** `{ container, id, order }`: where an object is. */
  | 'place';

/** For each class name, the rule of each field; fields and classes not named are atomic. */
export type MergeRules = Readonly<Record<string, Readonly<Record<string, MergeRule>>>>;

/** Gives the name of a rule; of a field that is not named, `atomic`. */
export function ruleName(rule: MergeRule | undefined): MergeRuleName {
  return typeof rule === 'object' ? rule.rule : (rule ?? 'atomic');
}

/** The values of one field: what both sides began from, what is stored, and what is to be. */
export interface FieldSides {
  readonly base: unknown;
  readonly theirs: unknown;
  readonly mine: unknown;
}
