/** Values and types of MariaDB and MySQL, in the forms that the site knows. */
import mysql from 'mysql2';
import { isoMoment, ownBytes, wholeNumber } from './database-values.js';
import type { SqlValue } from './value-types.js';

/** What a column is, as far as its values depend on it. */
export interface MysqlColumn {
  readonly name: string;
  /** Its number in the protocol. */
  readonly type: number;
  readonly hasBytes: boolean;
}

const TEXTS: Readonly<Record<string, string>> = {
  VAR_STRING: 'varchar',
  STRING: 'char',
  TINY_BLOB: 'text',
  BLOB: 'text',
  MEDIUM_BLOB: 'text',
  LONG_BLOB: 'text',
};
const BYTES: Readonly<Record<string, string>> = {
  VAR_STRING: 'varbinary',
  STRING: 'binary',
  TINY_BLOB: 'blob',
  BLOB: 'blob',
  MEDIUM_BLOB: 'blob',
  LONG_BLOB: 'blob',
};
const OTHERS: Readonly<Record<string, string>> = {
  TINY: 'tinyint',
  SHORT: 'smallint',
  INT24: 'mediumint',
  LONG: 'int',
  LONGLONG: 'bigint',
  NEWDECIMAL: 'decimal',
};

const WHOLE = /^-?[0-9]+$/;

/** Gives the database's word for the type of a column. */
export function mysqlTypeName({ type, hasBytes }: MysqlColumn): string {
  const name = nameOf(type);
  return (hasBytes ? BYTES[name] : TEXTS[name]) ?? OTHERS[name] ?? name.toLowerCase();
}

/** Gives a value as the site knows it. */
export function readMysqlValue(value: unknown, { type }: MysqlColumn): SqlValue {
  if (typeof value === 'string') return readText(value, nameOf(type));
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'bigint') return wholeNumber(value);
  if (value instanceof Uint8Array) return ownBytes(value);
  // Points and vectors, which the driver takes apart.
  return JSON.stringify(value);
}

/**
 * Gives a parameter as the driver is to send it: a whole number as one, since a server takes no other
 * for `LIMIT`; the driver itself would send a fraction.
 */
export function mysqlParameter(value: SqlValue): unknown {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) {
    return mysql.TypedParameter.LONGLONG(value);
  }
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  return value;
}

function readText(text: string, type: string): SqlValue {
  if (type === 'LONGLONG' && WHOLE.test(text)) return wholeNumber(BigInt(text));
  return type === 'DATETIME' || type === 'TIMESTAMP' ? isoMoment(text) : text;
}

function nameOf(type: number): string {
  return NAMES.get(type) ?? '';
}

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(mysql.Types).flatMap(([name, type]: [string, unknown]) =>
    typeof type === 'number' ? [[type, name] as const] : [],
  ),
);
