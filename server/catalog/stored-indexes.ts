/**
 * From definitions, and the maps that are stored for them, to indexes.
 *
 * An index that is defined anew gets maps of its own and another generation, so what documents still
 * have of one that had its name before is never taken for its own.
 */
import { isPlainObject } from '../../odb/index.js';
import type { CatalogIndex, IndexParts } from './catalog-index.js';
import type { IndexDefinition } from './index-definition.js';
import { INDEX_KINDS } from './index-kinds.js';
import { analyserOf } from './languages.js';
import { QueryError } from './query-error.js';
import { TopicIndex } from './topic-index.js';
import { Invalid } from '../errors.js';

/** An index's maps, with what tells them from those of an index that had its name before. */
export interface StoredParts {
  readonly generation: number;
  readonly parts: IndexParts;
}

/** Makes the indexes of definitions, those that ask others last; in the order of definitions. */
export function makeIndexes(
  definitions: readonly IndexDefinition[],
  stored: Readonly<Record<string, StoredParts>>,
): ReadonlyMap<string, CatalogIndex> {
  const made = new Map<string, CatalogIndex>();
  const make = (definition: IndexDefinition): void => {
    const parts = stored[definition.name]?.parts ?? {};
    made.set(definition.name, kindOf(definition).make(definition, parts, made));
  };
  for (const each of definitions) if (kindOf(each).asksOthers !== true) make(each);
  for (const each of definitions) if (kindOf(each).asksOthers === true) make(each);
  return new Map(
    definitions.flatMap(({ name }) => {
      const index = made.get(name);
      return index === undefined ? [] : [[name, index] as const];
    }),
  );
}

/** Gives the kind of an index. @throws Invalid `SRV_INVALID` for one there is not */
export function kindOf({
  name,
  type,
}: IndexDefinition): NonNullable<(typeof INDEX_KINDS)[typeof type]> {
  const kind = INDEX_KINDS[type];
  if (kind === undefined) {
    throw new Invalid([{ field: name, message: `there are no ${type} indexes here` }]);
  }
  return kind;
}

/** Checks topics. @throws Invalid `SRV_INVALID` for one whose query makes no sense */
export function requireTopics(indexes: ReadonlyMap<string, CatalogIndex>): void {
  for (const index of indexes.values()) {
    if (!(index instanceof TopicIndex)) continue;
    try {
      index.requireFilters();
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      const at = [...indexes.keys()].indexOf(index.name);
      const field = `indexes[${at}].filters`;
      throw new Invalid([{ field, message: error.message }], { cause: error });
    }
  }
}

/** Checks languages. @throws Invalid `SRV_INVALID` for one whose texts cannot be read */
export function requireLanguages(definitions: readonly IndexDefinition[]): void {
  for (const [at, { type, language }] of definitions.entries()) {
    if (type === 'text') analyserOf(language, `indexes[${at}].language`);
  }
}

/** Gives names of indexes, with those that ask them: composites and topics. */
export function withDependents(
  renewed: readonly IndexDefinition[],
  all: readonly IndexDefinition[],
): readonly string[] {
  const names = new Set(renewed.map(({ name }) => name));
  if (names.size === 0) return [];
  for (const { name, type, fields = [], filters = [] } of all) {
    if (type === 'composite' && fields.some((part) => names.has(part))) names.add(name);
    if (type === 'topic' && filters.some(({ query }) => asks(query, names))) names.add(name);
  }
  return [...names];
}

/** Tells whether a query names one of some indexes, or an option of one. */
function asks(query: unknown, names: ReadonlySet<string>): boolean {
  if (Array.isArray(query)) return query.some((each) => asks(each, names));
  if (!isPlainObject(query)) return false;
  return Object.entries(query).some(
    ([key, value]) =>
      asks(value, names) || [...names].some((name) => key === name || key.startsWith(`${name}_`)),
  );
}

/** Gives where a record keeps what an index has of its document. */
export function keyOf(name: string, stored: Readonly<Record<string, StoredParts>>): string {
  return `${name}:${stored[name]?.generation ?? 0}`;
}
