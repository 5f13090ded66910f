/**
 * `Counter`: a number that many transactions may raise at once.
 *
 * Its changes add up instead of conflicting, so it counts right whatever happens at the same time.
 */
import { counter } from './field.js';
import { Persistent } from './persistent.js';

export class Counter extends Persistent {
  static {
    this.define('odb.Counter', { value: counter() });
  }

  declare value: number;

  /**
   * Adds to the value.
   *
   * @param amount a finite number; may be negative
   */
  add(amount: number): void {
    if (!Number.isFinite(amount)) throw new TypeError(`${amount} cannot be added to a counter`);
    this.value += amount;
  }
}
