/**
 * The kinds of SQL that connections speak, and how each writes what is not a word of the language.
 *
 * Nothing here writes a value: values are bound, and a placeholder is all that a statement has of
 * them.
 */

export const DIALECTS = ['sqlite', 'postgres', 'mysql'] as const;

export type Dialect = (typeof DIALECTS)[number];

/** Characters of a name that any of the servers takes. */
const NAME_CHARACTERS_MAX = 128;

export function isDialect(value: unknown): value is Dialect {
  return DIALECTS.some((dialect) => dialect === value);
}

/** Gives what stands in a statement for its `number`th value, counted from 1. */
export function placeholder(dialect: Dialect, number: number): string {
  return dialect === 'postgres' ? `$${number}` : '?';
}

/**
 * Gives the name of a table or a column as it stands in a statement, whatever characters it has.
 *
 * For statements that the server writes itself, about names that a database told it.
 *
 * @throws TypeError for what no database has as a name
 */
export function quoteIdentifier(dialect: Dialect, name: string): string {
  if (name === '' || name.length > NAME_CHARACTERS_MAX || /\0/.test(name) || !name.isWellFormed()) {
    throw new TypeError('This is no name of a table or a column');
  }
  const quote = dialect === 'mysql' ? '`' : '"';
  return quote + name.replaceAll(quote, quote + quote) + quote;
}
