/** The SQL side of work that is no request: there is none. */
import { Taken } from '../errors.js';
import type { SqlRunner } from './sql-runner.js';

const CODE = 'SRV_SQL_NO_REQUEST';

/**
 * Jobs, commands and imports change objects alone: nobody waits for them, and they are done again after
 * a conflict as a whole.
 */
export const NO_SQL: SqlRunner = {
  run: noWay,
  ask: noWay,
  hasWritten: () => false,
  attempt: () => ({ keep: () => {}, undo: () => {} }),
};

/** Tells whether something failed since it was asked of work that reaches no database. */
export function isWithoutSql(error: unknown): error is Taken {
  return error instanceof Taken && error.code === CODE;
}

function noWay(): never {
  throw new Taken(
    'Statements are run by requests alone. What runs as a job, a command or an import changes objects ' +
      'and no database: send a request instead, or use canopy sql.',
    { code: CODE },
  );
}
