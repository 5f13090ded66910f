/**
 * The form that asks a catalog: for each index the controls that its kind can answer. Names are those
 * of the JSON interface, so the address of a search is the query of `@api/search` as well.
 */
import {
  type Catalog,
  type Form,
  type IndexDefinition,
  type IndexType,
  isQueryName,
} from '../server/index.js';

/** Kinds whose values may be counted among what is found. */
const COUNTED: readonly IndexType[] = ['field', 'keyword', 'boolean', 'topic'];
/** Kinds that results may be sorted by. */
const SORTING: readonly IndexType[] = ['field', 'date', 'boolean'];

const HINTS: Readonly<Record<IndexType, string>> = {
  text: 'Words; title:word, word*, word~1, +must, -not, word^10',
  field: 'The whole value',
  keyword: 'One of its words',
  date: 'A date or a moment',
  dateRange: 'A moment within the period',
  path: 'A folder, and all below it',
  boolean: '',
  topic: '',
  composite: '',
};

export interface QueryControl {
  /** Name in the query. */
  readonly name: string;
  /** Words before it; the first of an index has none. */
  readonly label: string;
  readonly value: string;
  readonly hint: string;
  /** Values to choose from; empty for a line of text. */
  readonly choices: readonly { readonly value: string; readonly label: string; chosen: boolean }[];
}

export interface QueryClause {
  readonly index: string;
  readonly type: string;
  readonly controls: readonly QueryControl[];
}

/** Gives the controls of every index that can be asked by itself. */
export function queryClauses({ indexes }: Catalog, query: Form): readonly QueryClause[] {
  return indexes
    .filter(({ type }) => type !== 'composite')
    .map((definition) => ({
      index: definition.name,
      type: definition.type,
      controls: controlsOf(definition, query),
    }));
}

function controlsOf(definition: IndexDefinition, query: Form): readonly QueryControl[] {
  const { name, type } = definition;
  const line = (option: string, label: string, hint = ''): QueryControl => ({
    ...{ name: `${name}${option}`, label, hint, choices: [] },
    value: query.text(`${name}${option}`),
  });
  const choice = (
    option: string,
    label: string,
    values: readonly (readonly [string, string])[],
  ) => {
    const value = query.text(`${name}${option}`);
    const choices = values.map(([each, words]) => ({
      ...{ value: each, label: words },
      chosen: each === value,
    }));
    return { name: `${name}${option}`, label, hint: '', value, choices };
  };
  const any = ['', 'any'] as const;
  switch (type) {
    case 'boolean':
      return [choice('', '', [any, ['true', 'yes'], ['false', 'no']])];
    case 'topic':
      return [
        choice('', '', [any, ...(definition.filters ?? []).map(({ id }) => [id, id] as const)]),
      ];
    case 'date':
      return [line('_from', 'from', '2026-05-01'), line('_to', 'to', '2026-05-31')];
    case 'field':
      return [line('', '', HINTS.field), line('_from', 'from'), line('_to', 'to')];
    default:
      return [line('', '', HINTS[type])];
  }
}

/** What a query asks: names of indexes, and their options, that have a value. */
export function askedOf(catalog: Catalog, query: Form): Readonly<Record<string, unknown>> {
  const { indexes } = catalog.store;
  return Object.fromEntries(
    query.names
      .filter((name) => isQueryName(name, indexes))
      .map((name) => [name, query.all(name).filter((value) => value.trim() !== '')] as const)
      .filter(([, values]) => values.length > 0)
      .map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

/** The ways in which results may be sorted; `''` is the usual one. */
export function sortChoices({ indexes }: Catalog, query: Form): QueryControl['choices'] {
  const now = query.text('sort');
  const hasText = indexes.some(({ type }) => type === 'text');
  const names = indexes.filter(({ type }) => SORTING.includes(type)).map(({ name }) => name);
  const choices: readonly (readonly [string, string])[] = [
    ['', hasText ? 'Best match' : 'As they were made'],
    ...names.flatMap((name) => [
      [name, name] as const,
      [`-${name}`, `${name}, last first`] as const,
    ]),
  ];
  // Several keys are written in the address.
  const known = choices.some(([value]) => value === now);
  const all = known ? choices : [...choices, [now, now] as const];
  return all.map(([value, label]) => ({ value, label, chosen: value === now }));
}

/** The indexes whose values are counted beside the results. */
export function facetIndexes({ indexes }: Catalog): readonly string[] {
  return indexes.filter(({ type }) => COUNTED.includes(type)).map(({ name }) => name);
}
