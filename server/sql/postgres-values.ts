/** Values and types of PostgreSQL, in the forms that the site knows. */
import pg from 'pg';
import { isoMoment, ownBytes, wholeNumber } from './database-values.js';
import type { SqlValue } from './value-types.js';

type Reader = (text: string) => SqlValue;

const { builtins } = pg.types;

const readBytes: Reader = (text) => {
  const bytes: unknown = pg.types.getTypeParser(builtins.BYTEA, 'text')(text);
  return bytes instanceof Uint8Array ? ownBytes(bytes) : text;
};

/** The others stay texts: decimals, times, JSON, arrays, and whatever a database defines itself. */
const READERS: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [builtins.BOOL, (text) => text === 't'],
  [builtins.INT2, Number],
  [builtins.INT4, Number],
  [builtins.OID, Number],
  [builtins.INT8, (text) => wholeNumber(BigInt(text))],
  [builtins.FLOAT4, Number],
  [builtins.FLOAT8, Number],
  [builtins.BYTEA, readBytes],
  [builtins.TIMESTAMP, isoMoment],
  [builtins.TIMESTAMPTZ, isoMoment],
]);

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(builtins).map(([name, oid]) => [oid, name.toLowerCase()]),
);

const asText: Reader = (text) => text;

/** What `pg` asks how to read a field of a row. */
export const postgresTypes = {
  getTypeParser: (oid: number): Reader => READERS.get(oid) ?? asText,
};

/** Gives the word for a type; `''` for one that the database defines itself. */
export function postgresTypeName(oid: number): string {
  return NAMES.get(oid) ?? '';
}
