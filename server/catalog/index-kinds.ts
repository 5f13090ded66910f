/**
 * The kinds of indexes: what each keeps its entries in, and how its object is made.
 */
import { BooleanIndex } from './boolean-index.js';
import type { CatalogIndex, IndexParts } from './catalog-index.js';
import { CompositeIndex } from './composite-index.js';
import { DateIndex } from './date-index.js';
import { DateRangeIndex } from './date-range-index.js';
import { EntryMap } from './entry-map.js';
import { FieldIndex } from './field-index.js';
import type { IndexDefinition, IndexType } from './index-definition.js';
import { KeywordIndex } from './keyword-index.js';
import { PathIndex } from './path-index.js';
import { TextIndex } from './text-index.js';
import { TopicIndex } from './topic-index.js';

/** A kind of index. */
export interface IndexKind {
  /** Makes the maps and counters of a new index, empty. */
  makeParts(definition: IndexDefinition): IndexParts;
  /**
   * Makes the index that works on them.
   *
   * @param all the catalog's indexes that ask no others, by name
   */
  make(
    definition: IndexDefinition,
    parts: IndexParts,
    all: ReadonlyMap<string, CatalogIndex>,
  ): CatalogIndex;
  /** It asks other indexes of the catalog, and so is made after them. */
  readonly asksOthers?: boolean;
}

function entries(): IndexParts {
  return { entries: new EntryMap() };
}

/** By the types of definitions. */
export const INDEX_KINDS: Readonly<Partial<Record<IndexType, IndexKind>>> = {
  field: { makeParts: entries, make: (...made) => new FieldIndex(made[0], made[1]) },
  keyword: { makeParts: entries, make: (...made) => new KeywordIndex(made[0], made[1]) },
  text: {
    makeParts: () => TextIndex.makeParts(),
    make: (...made) => new TextIndex(made[0], made[1]),
  },
  date: { makeParts: entries, make: (...made) => new DateIndex(made[0], made[1]) },
  dateRange: { makeParts: entries, make: (...made) => new DateRangeIndex(made[0], made[1]) },
  path: { makeParts: entries, make: (...made) => new PathIndex(made[0], made[1]) },
  boolean: { makeParts: entries, make: (...made) => new BooleanIndex(made[0], made[1]) },
  topic: {
    makeParts: entries,
    make: (definition, parts, all) => new TopicIndex(definition, parts, all),
    asksOthers: true,
  },
  composite: {
    makeParts: entries,
    make: (definition, parts, all) => new CompositeIndex(definition, parts, all),
    asksOthers: true,
  },
};
