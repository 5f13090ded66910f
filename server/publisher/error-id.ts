/**
 * Error ids: the name under which the log and the visitor speak of one error.
 */
import { randomBytes } from 'node:crypto';

const ID_BYTES = 6;

export function newErrorId(): string {
  return randomBytes(ID_BYTES).toString('hex');
}
