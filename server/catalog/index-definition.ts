/**
 * What a catalog is told to index, as plain data.
 *
 * Definitions are checked whole, since some name others: a composite its parts, a topic what it
 * asks of. What is checked here holds wherever a definition is met.
 */
import { Invalid, type FieldError } from '../errors.js';
import { isPlainObject } from '../../odb/index.js';
import { quoted } from '../quote.js';
import { readTypes } from './held-types.js';

/** The kinds of indexes. */
export const INDEX_TYPES = [
  'field',
  'keyword',
  'text',
  'date',
  'dateRange',
  'path',
  'boolean',
  'topic',
  'composite',
] as const;
export type IndexType = (typeof INDEX_TYPES)[number];

/** Indexes of one catalog, and columns. */
export const INDEXES_MAX = 100;
/** Attributes, or parts, of one index; filters of a topic. */
export const FIELDS_MAX = 100;
export const NAME_LENGTH_MAX = 100;

/** The kinds that a composite may join, and a topic ask. */
const COMPOSED: readonly IndexType[] = ['field', 'keyword', 'date', 'boolean'];
const ASKED_BY_TOPICS: readonly IndexType[] = [...COMPOSED, 'dateRange'];

export interface TopicFilter {
  readonly id: string;
  /** A query of other indexes of the catalog; see `query.ts`. */
  readonly query: unknown;
}

export interface IndexDefinition {
  readonly name: string;
  readonly type: IndexType;
  /** The attribute or property that is indexed. Default: the name. */
  readonly source?: string | undefined;
  /** `text`: the attributes; `dateRange`: from, until; `composite`: names of other indexes. */
  readonly fields?: readonly string[] | undefined;
  /** `topic` alone. */
  readonly filters?: readonly TopicFilter[] | undefined;
  /** `text` alone. Default: English. */
  readonly language?: string | undefined;
  /** `text` alone: how much a field counts, where it is not 1. */
  readonly boosts?: Readonly<Record<string, number>> | undefined;
  /** The types of objects it holds; not of a `composite`, which holds what its parts do. Default: all. */
  readonly types?: readonly string[] | undefined;
}

/** Words that stand for something else in a query, and so are no names of indexes. */
const RESERVED = new Set([
  'and',
  'or',
  'not',
  'sort',
  'order',
  'start',
  'limit',
  'facets',
  'query',
  'score',
  // In an address, the moment that is looked at.
  'at',
]);
const NAME = /^[\p{L}_][\p{L}\p{N}_.-]*$/u;

/**
 * Checks definitions, and gives them with nothing else in them.
 *
 * @param given as from JSON
 * @throws Invalid `SRV_INVALID` naming each place that is wrong: `indexes[2].fields`
 */
export function readDefinitions(given: unknown): readonly IndexDefinition[] {
  const errors: FieldError[] = [];
  const definitions: IndexDefinition[] = [];
  if (!Array.isArray(given)) throw new Invalid([{ field: 'indexes', message: 'is a list' }]);
  if (given.length > INDEXES_MAX) {
    throw new Invalid([{ field: 'indexes', message: `are at most ${INDEXES_MAX}` }]);
  }
  for (const [at, each] of given.entries()) {
    const refuse = (what: string, message: string): void => {
      errors.push({ field: `indexes[${at}]${what}`, message });
    };
    const definition = readDefinition(each, refuse);
    if (definition === undefined) continue;
    if (definitions.some(({ name }) => name === definition.name)) {
      refuse('.name', `${quoted(definition.name)} is there already`);
    }
    definitions.push(definition);
  }
  if (errors.length === 0) requireParts(definitions, errors);
  if (errors.length > 0) throw new Invalid(errors);
  return definitions;
}

/** Gives the attributes an index reads. */
export function sourcesOf({ name, type, source, fields }: IndexDefinition): readonly string[] {
  if (type === 'text' || type === 'dateRange') return fields ?? [source ?? name];
  return [source ?? name];
}

type Refuse = (what: string, message: string) => void;

function readDefinition(given: unknown, refuse: Refuse): IndexDefinition | undefined {
  if (!isPlainObject(given)) {
    refuse('', 'is an object with a name and a type');
    return undefined;
  }
  const { name, type, source, fields, filters, language, boosts, types } = given;
  if (!isName(name)) {
    refuse('.name', 'begins with a letter and holds letters, digits, “_”, “.” and “-”');
  } else if (RESERVED.has(name)) refuse('.name', `${quoted(name)} means something else in a query`);
  if (!isIndexType(type)) refuse('.type', `is one of ${INDEX_TYPES.join(', ')}`);
  if (!isName(name) || !isIndexType(type)) return undefined;
  if (source !== undefined && !isName(source)) refuse('.source', 'is the name of an attribute');
  if (fields !== undefined && !isNames(fields)) {
    refuse('.fields', `is a list of at most ${FIELDS_MAX} names`);
  }
  const takesFields = type === 'text' || type === 'dateRange' || type === 'composite';
  if (fields !== undefined && !takesFields) refuse('.fields', `are nothing to a ${type} index`);
  if (type === 'dateRange' && (!isNames(fields) || fields.length !== 2)) {
    refuse('.fields', 'are two: where the period begins, and where it ends');
  }
  if (type === 'composite' && (!isNames(fields) || fields.length < 2)) {
    refuse('.fields', 'are two other indexes or more');
  }
  if (filters !== undefined && type !== 'topic') refuse('.filters', 'are of a topic index');
  if (language !== undefined && (type !== 'text' || typeof language !== 'string')) {
    refuse('.language', 'is the code of a language, of a text index');
  }
  const boosted = isNames(fields) ? fields : [isName(source) ? source : name];
  if (boosts !== undefined && (type !== 'text' || !isBoosts(boosts, boosted))) {
    refuse('.boosts', 'are numbers above 0 by fields, of a text index');
  }
  const held = readTypes(types, (message) => refuse('.types', message));
  // In the place of its parts it has to find all that they find.
  if (held !== undefined && type === 'composite') refuse('.types', 'are those of its parts');
  const read = type === 'topic' ? readFilters(filters, refuse) : undefined;
  return {
    name,
    type,
    ...(isName(source) ? { source } : {}),
    ...(isNames(fields) ? { fields } : {}),
    ...(read === undefined ? {} : { filters: read }),
    ...(typeof language === 'string' ? { language } : {}),
    ...(isBoosts(boosts, boosted) ? { boosts } : {}),
    ...(held === undefined ? {} : { types: held }),
  };
}

function readFilters(filters: unknown, refuse: Refuse): readonly TopicFilter[] {
  if (!Array.isArray(filters) || filters.length === 0 || filters.length > FIELDS_MAX) {
    refuse('.filters', `are a list of 1 to ${FIELDS_MAX}, each with an id and a query`);
    return [];
  }
  return filters.flatMap((filter: unknown, at): TopicFilter[] => {
    if (!isPlainObject(filter) || !isName(filter.id) || filter.query === undefined) {
      refuse(`.filters[${at}]`, 'has an id and a query');
      return [];
    }
    return [{ id: filter.id, query: filter.query }];
  });
}

/** Checks what definitions say of each other. */
function requireParts(definitions: readonly IndexDefinition[], errors: FieldError[]): void {
  const types = new Map(definitions.map(({ name, type }) => [name, type]));
  for (const [at, { type, fields = [] }] of definitions.entries()) {
    if (type !== 'composite') continue;
    const field = `indexes[${at}].fields`;
    for (const part of fields) {
      const of = types.get(part);
      if (of === undefined) errors.push({ field, message: `there is no index ${quoted(part)}` });
      else if (!COMPOSED.includes(of)) {
        errors.push({ field, message: `a ${of} index like ${quoted(part)} cannot be joined` });
      }
    }
    if (fields.filter((part) => types.get(part) === 'keyword').length > 1) {
      errors.push({ field, message: 'at most one of them is a keyword index' });
    }
    if (new Set(fields).size < fields.length) {
      errors.push({ field, message: 'each is there once' });
    }
  }
}

/** Tells whether a topic's filter may ask an index of that type. */
export function mayTopicAsk(type: IndexType): boolean {
  return ASKED_BY_TOPICS.includes(type);
}

function isIndexType(value: unknown): value is IndexType {
  return (INDEX_TYPES as readonly unknown[]).includes(value);
}

/** Tells whether something may be the name of an index, or of an attribute. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= NAME_LENGTH_MAX && NAME.test(value);
}

/** Tells whether something is boosts of fields that there are. */
function isBoosts(
  value: unknown,
  fields: readonly string[],
): value is Readonly<Record<string, number>> {
  return (
    isPlainObject(value) &&
    Object.entries(value).every(
      ([name, boost]) =>
        fields.includes(name) && typeof boost === 'number' && boost > 0 && Number.isFinite(boost),
    )
  );
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= FIELDS_MAX && value.every(isName);
}
