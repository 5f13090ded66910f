/**
 * `Counter`: a number that many transactions may raise at once.
 *
 * Its changes add up instead of conflicting, so it counts right whatever happens at the same time.
 */
import { counter } from './field.js';
import { Persistent } from './persistent.js';

/**
 * A number that many transactions may raise at once: their changes add up.
 *
 * One small record; a change writes it.
 */
export class Counter extends Persistent {
  static {
    this.define('odb.Counter', { value: counter() });
  }

  /** The number. What was added to it since the transaction began is added to what others left. */
  declare value: number;

  /**
   * Adds to the value.
   *
   * @param amount a finite number; may be negative
   * @throws TypeError for any other
   * @throws OdbError `ODB_READ_ONLY_PAST` in a connection to the past
   */
  add(amount: number): void {
    if (!Number.isFinite(amount)) throw new TypeError(`${amount} cannot be added to a counter`);
    this.value += amount;
  }
}
