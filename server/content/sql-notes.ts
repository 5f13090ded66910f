/**
 * What the record of a transaction tells of the SQL that was part of it, so that whoever takes the
 * transaction back is told what stays.
 */
import type { TransactionMeta } from '../../odb/index.js';
import type { WrittenStatement } from '../sql/sql-work.js';

/** The member of the record's extension that has it. */
const MEMBER = 'sql';

/** Gives what a record is to say of statements that wrote. */
export function noteOfSql(
  written: readonly WrittenStatement[],
): Pick<TransactionMeta, 'extension'> {
  return written.length === 0 ? {} : { extension: { [MEMBER]: written } };
}

/** Gives the statements that a record tells of. */
export function sqlNotedIn({
  extension,
}: Pick<TransactionMeta, 'extension'>): readonly WrittenStatement[] {
  const noted = extension?.[MEMBER];
  return Array.isArray(noted) ? noted.filter(isStatement) : [];
}

function isStatement(value: unknown): value is WrittenStatement {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'path' in value &&
    typeof value.path === 'string' &&
    'text' in value &&
    typeof value.text === 'string'
  );
}
