/**
 * A query of a catalog as rows of a form: conditions, and groups of them within each other; and from
 * those to JSON, as templates and `@api/search` take it, and back.
 *
 * JSON may say what rows cannot show, such as a path so many levels below; then there are no rows.
 */
import type { Form, IndexDefinition, IndexType } from '../server/index.js';

/** How the parts of a group are joined: all hold, any of them does, or none. */
export type Join = 'and' | 'or' | 'not';

const HOWS = ['is', 'any', 'all', 'not', 'from', 'to', 'in'] as const;
/** What is said of the value. */
export type How = (typeof HOWS)[number];

export interface Condition {
  readonly index: string;
  readonly how: How;
  /** As it is typed; of several, with commas between. */
  readonly value: string;
}

export interface Group {
  readonly join: Join;
  readonly parts: readonly Part[];
}

export type Part = Condition | Group;

/** Groups within each other, the outermost included. */
export const GROUPS_DEEP_MAX = 4;
/** Parts of one group. */
const PARTS_MAX = 50;
/** The outermost group's name in a form; the others' follow from it. */
export const ROOT = 'q';

/** What each kind of index can be asked, in words that follow its name. */
const WORDS: Readonly<Record<IndexType, Partial<Readonly<Record<How, string>>>>> = {
  text: { is: 'matches', not: 'does not match' },
  field: { is: 'is', any: 'is one of', not: 'is not', from: 'from', to: 'until' },
  keyword: { is: 'has', any: 'has one of', all: 'has all of', not: 'has not' },
  date: { from: 'from', to: 'until' },
  dateRange: { is: 'covers' },
  path: { is: 'is below', in: 'is directly in', not: 'is not below' },
  boolean: { is: 'is (true or false)' },
  topic: { is: 'is', any: 'is one of', not: 'is not' },
  composite: {},
};

/** Gives what an index can be asked, each with the value it has in a form. */
export function asksOf({
  name,
  type,
}: IndexDefinition): readonly { value: string; words: string }[] {
  return HOWS.flatMap((how) => {
    const words = WORDS[type][how];
    return words === undefined ? [] : [{ value: `${name} ${how}`, words: `${name} ${words}` }];
  });
}

/** Gives a condition without a value, of the first index there is. */
function blank(indexes: readonly IndexDefinition[]): readonly Condition[] {
  const [first] = indexes.flatMap(asksOf);
  return first === undefined ? [] : [readCondition(first.value, '')];
}

/** Gives what is asked before anything is. */
export function emptyQuery(indexes: readonly IndexDefinition[]): Group {
  return { join: 'and', parts: blank(indexes) };
}

export function isGroup(part: Part): part is Group {
  return 'join' in part;
}

/** Tells whether any condition has a value. */
export function isAsking(part: Part): boolean {
  return isGroup(part) ? part.parts.some(isAsking) : part.value.trim() !== '';
}

// --- From the form ---------------------------------------------------------------------------

/** Reads the rows of a form, changed as the button says that was pressed (`do`). */
export function readRows(form: Form, indexes: readonly IndexDefinition[]): Group {
  const group = readGroup(form, ROOT, 1);
  const [verb = '', path = ''] = form.text('do').split(' ');
  const steps = path.split('.').slice(1).map(Number);
  const changed = changeAt(
    group,
    verb === 'remove' ? steps.slice(0, -1) : steps,
    (there, depth) => {
      switch (verb) {
        case 'add':
          return [...there.parts, ...blank(indexes)];
        case 'group':
          return depth < GROUPS_DEEP_MAX
            ? [...there.parts, { join: 'or', parts: blank(indexes) }]
            : there.parts;
        case 'remove':
          return there.parts.filter((_, at) => at !== steps.at(-1));
        default:
          return there.parts;
      }
    },
  );
  return changed.parts.length === 0 ? { ...changed, parts: blank(indexes) } : changed;
}

function readGroup(form: Form, path: string, depth: number): Group {
  const parts: Part[] = [];
  for (let at = 0; at < PARTS_MAX; at += 1) {
    const here = `${path}.${at}`;
    if (form.has(`${here}.ask`)) {
      parts.push(readCondition(form.text(`${here}.ask`), form.text(`${here}.value`)));
    } else if (form.has(`${here}.join`) && depth < GROUPS_DEEP_MAX) {
      parts.push(readGroup(form, here, depth + 1));
    } else break;
  }
  return { join: joinOf(form.text(`${path}.join`)), parts };
}

function readCondition(ask: string, value: string): Condition {
  const [index = '', how = ''] = ask.split(' ');
  return { index, how: HOWS.find((each) => each === how) ?? 'is', value };
}

function joinOf(text: string): Join {
  return text === 'or' || text === 'not' ? text : 'and';
}

function changeAt(
  group: Group,
  [step, ...rest]: readonly number[],
  change: (there: Group, depth: number) => readonly Part[],
  depth = 1,
): Group {
  if (step === undefined) return { ...group, parts: change(group, depth).slice(0, PARTS_MAX) };
  const parts = group.parts.map((part, at) =>
    at === step && isGroup(part) ? changeAt(part, rest, change, depth + 1) : part,
  );
  return { ...group, parts };
}

// --- To JSON and back ------------------------------------------------------------------------

/** Gives the query that rows stand for. What has no value in it asks nothing. */
export function queryOf(part: Part): Readonly<Record<string, unknown>> {
  if (!isGroup(part)) return termOf(part);
  const parts = part.parts.map(queryOf);
  if (part.join === 'not') return { not: { or: parts } };
  return { [part.join]: parts };
}

function termOf({ index, how, value }: Condition): Readonly<Record<string, unknown>> {
  switch (how) {
    case 'is':
      return { [index]: value };
    case 'any':
      return { [index]: valuesOf(value) };
    case 'all':
      return { [index]: valuesOf(value), [`${index}_operator`]: 'and' };
    case 'in':
      return { [index]: value, [`${index}_level`]: 1 };
    default:
      return { [`${index}_${how}`]: value };
  }
}

function valuesOf(text: string): readonly string[] {
  return text.split(',').map((each) => each.trim());
}

/** Gives the rows of a query; `undefined` where it says what rows cannot show. */
export function rowsOf(query: unknown, indexes: readonly IndexDefinition[]): Group | undefined {
  const asks = new Set(indexes.flatMap(asksOf).map(({ value }) => value));
  const part = partOf(query, { asks, names: indexes.map(({ name }) => name) });
  if (part === undefined) return undefined;
  const group: Group = isGroup(part) ? part : { join: 'and', parts: [part] };
  return groupsDeep(group) > GROUPS_DEEP_MAX ? undefined : group;
}

function groupsDeep(part: Part): number {
  return isGroup(part) ? 1 + Math.max(0, ...part.parts.map(groupsDeep)) : 0;
}

interface Known {
  /** What can be asked: `INDEX HOW`. */
  readonly asks: ReadonlySet<string>;
  readonly names: readonly string[];
}

/** Gives one part that says the same as a mapping; a group where it says several things. */
function partOf(query: unknown, known: Known): Part | undefined {
  if (!isMapping(query)) return undefined;
  const parts: (Part | undefined)[] = [];
  const terms = new Map<string, Record<string, unknown>>();
  for (const [name, value] of Object.entries(query)) {
    if (name === 'and' || name === 'or') parts.push(groupOf(name, value, known));
    else if (name === 'not') parts.push(groupOf('not', excluded(value), known));
    else {
      const { index, option } = nameOf(name, known);
      const options = isMapping(value) ? value : { [option]: value };
      terms.set(index, { ...terms.get(index), ...options });
    }
  }
  for (const [index, options] of terms) {
    const conditions = conditionsOf(index, options);
    const isKnown = conditions.every((each) => known.asks.has(`${index} ${each?.how ?? ''}`));
    parts.push(...(isKnown ? conditions : [undefined]));
  }
  const shown = parts.filter((part) => part !== undefined);
  if (shown.length < parts.length || shown.length === 0) return undefined;
  // What one mapping says of several things is a group of its own.
  return shown.length === 1 ? shown[0] : { join: 'and', parts: shown };
}

/** What is excluded by `not`: any of several, or one. */
function excluded(value: unknown): unknown {
  return isMapping(value) && Object.keys(value).join() === 'or' ? value['or'] : [value];
}

function groupOf(join: Join, value: unknown, known: Known): Group | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > PARTS_MAX) return undefined;
  const parts = value.map((each) => partOf(each, known));
  return parts.every((part) => part !== undefined) ? { join, parts } : undefined;
}

function nameOf(name: string, { names }: Known): { index: string; option: string } {
  if (names.includes(name)) return { index: name, option: 'query' };
  const at = name.lastIndexOf('_');
  return { index: name.slice(0, Math.max(at, 0)), option: name.slice(at + 1) };
}

/** Gives conditions that together say what is said of one index; `undefined` for what none says. */
function conditionsOf(
  index: string,
  { query, operator, level, not, from, to, ...others }: Readonly<Record<string, unknown>>,
): readonly (Condition | undefined)[] {
  if (Object.keys(others).length > 0) return [undefined];
  const unwanted = not === undefined ? [] : [not].flat();
  return [
    ...(query === undefined ? [] : [conditionOf(index, howOf(query, operator, level), query)]),
    ...unwanted.map((each) => conditionOf(index, 'not', each)),
    ...(from === undefined ? [] : [conditionOf(index, 'from', from)]),
    ...(to === undefined ? [] : [conditionOf(index, 'to', to)]),
  ];
}

function howOf(query: unknown, operator: unknown, level: unknown): How | undefined {
  if (Array.isArray(query)) {
    if (level !== undefined) return undefined;
    return operator === 'and' ? 'all' : 'any';
  }
  if (operator !== undefined) return undefined;
  if (level === undefined) return 'is';
  return level === 1 ? 'in' : undefined;
}

function conditionOf(index: string, how: How | undefined, value: unknown): Condition | undefined {
  const values = [value].flat();
  if (how === undefined) return undefined;
  if (!values.every((each) => ['string', 'number', 'boolean'].includes(typeof each))) {
    return undefined;
  }
  // Commas stand between several.
  const isShown = !Array.isArray(value) || values.every((each) => !String(each).includes(','));
  return isShown ? { index, how, value: values.map(String).join(', ') } : undefined;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
