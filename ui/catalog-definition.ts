/**
 * One index of a catalog as a form, and back: for each kind the choices that it has.
 */
import {
  type ColumnDefinition,
  contentTypes,
  type Form,
  INDEX_TYPES,
  type IndexDefinition,
  type IndexType,
  Invalid,
  nameOfColumn,
  typesOfColumn,
} from '../server/index.js';
import { errorOf, type Input, lineInput } from './form-fields.js';
import type { Attempt } from './screen.js';

/** What each kind is for. */
export const KIND_WORDS: Readonly<Record<IndexType, string>> = {
  field: 'One value, asked for whole or from one to another, and sorted by',
  keyword: 'Several values, such as tags',
  text: 'Words in running text',
  date: 'A moment',
  dateRange: 'A period, from one attribute until another',
  path: 'Where it is: all below a folder',
  boolean: 'Yes or no',
  topic: 'Named questions to other indexes, answered beforehand',
  composite: 'Several indexes that are often asked together',
};

export function isKind(value: string): value is IndexType {
  return (INDEX_TYPES as readonly string[]).includes(value);
}

/** Gives the inputs of an index of that kind. */
export function definitionInputs(
  type: IndexType,
  definition: IndexDefinition | undefined,
  attempt?: Attempt,
): readonly Input[] {
  const line = (name: string, label: string, help: string, value: string): Input =>
    lineInput({ name, label, help }, value, attempt);
  const name = line('name', 'Name', 'What it is asked for by.', definition?.name ?? '');
  const names = definition?.fields?.join(', ') ?? '';
  const source = line(
    'source',
    'Attribute or property',
    'What it reads of each object. Left empty, it is the one of that name.',
    definition?.source ?? '',
  );
  switch (type) {
    case 'text':
      return [
        name,
        line('fields', 'Attributes', 'Names with commas between: title, source.', names),
        line(
          'boosts',
          'How much each counts',
          'title 10, source 1. Left empty, all count the same.',
          boostsAsText(definition),
        ),
        line(
          'language',
          'Language',
          'Its code, such as en or de. Left empty, it is English.',
          definition?.language ?? '',
        ),
      ];
    case 'dateRange':
      return [name, line('fields', 'From and until', 'Two names with a comma between.', names)];
    case 'composite':
      return [name, line('fields', 'Indexes', 'Names with commas between: type, tags.', names)];
    case 'topic':
      return [
        name,
        {
          ...line(
            'filters',
            'Questions',
            'One a line: its name, then the query as JSON: news {"type": "Document"}',
            filtersAsText(definition),
          ),
          kind: 'area',
        },
      ];
    default:
      return [name, source];
  }
}

/** The types of objects that an index holds, to be ticked. */
export interface TypesInput {
  readonly types: readonly {
    readonly name: string;
    readonly title: string;
    readonly isTicked: boolean;
  }[];
  readonly error: string;
}

/** Gives the types an index of that kind may be kept to; `null` where it has no say in that. */
export function typesInput(
  type: IndexType,
  definition: IndexDefinition | undefined,
  attempt?: Attempt,
): TypesInput | null {
  if (type === 'composite') return null;
  const ticked = attempt?.form.all('types') ?? definition?.types ?? [];
  const types = contentTypes
    .all()
    .filter(({ isFound }) => isFound !== false)
    .map(({ name, title }) => ({ name, title, isTicked: ticked.includes(name) }));
  return { types, error: errorOf('types', attempt?.errors) };
}

/** Says columns as they are typed: `title, price (Document, File)`. */
export function columnsAsText(columns: readonly ColumnDefinition[]): string {
  return columns
    .map((column) => {
      const types = typesOfColumn(column);
      return `${nameOfColumn(column)}${types === undefined ? '' : ` (${types.join(', ')})`}`;
    })
    .join(', ');
}

/** Reads columns, as JSON would give them. */
export function readColumnsText(text: string): readonly unknown[] {
  // A comma between parentheses is between types.
  return partsOf(text, /,(?![^(]*\))/).map((part) => {
    const [, name, types] = /^([^(]*)\(([^)]*)\)$/.exec(part) ?? [];
    if (name === undefined || types === undefined) return part;
    return { name: name.trim(), types: partsOf(types, ',') };
  });
}

function boostsAsText(definition: IndexDefinition | undefined): string {
  return Object.entries(definition?.boosts ?? {})
    .map(([name, boost]) => `${name} ${boost}`)
    .join(', ');
}

function filtersAsText(definition: IndexDefinition | undefined): string {
  return (definition?.filters ?? [])
    .map(({ id, query }) => `${id} ${JSON.stringify(query)}`)
    .join('\n');
}

/**
 * Reads an index from its form, as JSON would give it; what is wrong with it is the catalog's to say.
 *
 * @throws Invalid for queries that are no JSON
 */
export function readDefinition(type: IndexType, form: Form): Readonly<Record<string, unknown>> {
  const text = (name: string): string => form.text(name).trim();
  const fields = partsOf(text('fields'), ',');
  const boosts = partsOf(text('boosts'), ',');
  const filters = partsOf(form.text('filters'), '\n');
  const types = form.all('types').filter((each) => each !== '');
  return {
    name: text('name'),
    type,
    ...(text('source') === '' ? {} : { source: text('source') }),
    ...(fields.length === 0 ? {} : { fields }),
    ...(text('language') === '' ? {} : { language: text('language') }),
    ...(boosts.length === 0 ? {} : { boosts: Object.fromEntries(boosts.map(readBoost)) }),
    ...(filters.length === 0 ? {} : { filters: filters.map(readFilter) }),
    ...(types.length === 0 ? {} : { types }),
  };
}

function partsOf(text: string, separator: string | RegExp): readonly string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function readBoost(text: string): readonly [string, number] {
  const at = text.lastIndexOf(' ');
  return [text.slice(0, Math.max(at, 0)).trim(), Number(text.slice(at + 1))];
}

function readFilter(text: string, at: number): { readonly id: string; readonly query: unknown } {
  const [id = ''] = text.split(/\s/, 1);
  try {
    return { id, query: JSON.parse(text.slice(id.length)) as unknown };
  } catch (cause) {
    const message = `Question ${at + 1} is a name and a query as JSON`;
    throw new Invalid([{ field: 'filters', message }], { cause });
  }
}
