/** Waiting for a database, and no longer than is left. */
import { DataError } from './data-error.js';

/** Waits so long, and no longer. What was begun is then stopped by whoever discards the session. */
export function inTime<T>(withinMs: number, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(overdue()), Math.max(0, withinMs));
    work()
      .finally(() => clearTimeout(timer))
      .then(resolve, reject);
  });
}

function overdue(): DataError {
  return new DataError('overdue', 'The database took longer than the request may take.');
}
