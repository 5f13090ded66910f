/**
 * The columns of a catalog: what is kept of an object so that results show it without loading it.
 */
import { Invalid, type FieldError } from '../errors.js';
import { isPlainObject } from '../../odb/index.js';
import { holdsType, readTypes, type HeldTypes } from './held-types.js';
import { INDEXES_MAX, isName } from './index-definition.js';

/** The attribute or property that is kept: of all objects, or of those of some types. */
export type ColumnDefinition =
  | string
  | { readonly name: string; readonly types: readonly string[] };

export function nameOfColumn(column: ColumnDefinition): string {
  return typeof column === 'string' ? column : column.name;
}

export function typesOfColumn(column: ColumnDefinition): HeldTypes {
  return typeof column === 'string' ? undefined : column.types;
}

/** Gives the attributes that are kept of objects of a type. */
export function columnsFor(columns: readonly ColumnDefinition[], type: string): readonly string[] {
  return columns.filter((column) => holdsType(typesOfColumn(column), type)).map(nameOfColumn);
}

/**
 * Checks columns, each name or `{ name, types }`, and gives them with nothing else in them.
 *
 * @throws Invalid `SRV_INVALID` naming each that is wrong
 */
export function readColumns(given: unknown): readonly ColumnDefinition[] {
  if (!Array.isArray(given) || given.length > INDEXES_MAX) {
    throw new Invalid([{ field: 'columns', message: `is a list of at most ${INDEXES_MAX} names` }]);
  }
  const errors: FieldError[] = [];
  const columns = new Map<string, ColumnDefinition>();
  for (const [at, each] of given.entries()) {
    const { name, types }: Readonly<Record<string, unknown>> = isPlainObject(each)
      ? each
      : { name: each };
    const field = `columns[${at}]`;
    const held = readTypes(types, (message) => errors.push({ field: `${field}.types`, message }));
    if (!isName(name)) errors.push({ field, message: 'is the name of an attribute' });
    else columns.set(name, held === undefined ? name : { name, types: held });
  }
  if (errors.length > 0) throw new Invalid(errors);
  return [...columns.values()];
}
