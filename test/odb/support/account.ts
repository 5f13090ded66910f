/** A class with a merge of its own, loaded in this thread and in the one that writes. */
import { Persistent } from '../../../odb/objects/persistent.js';
import type { State } from '../../../odb/value.js';

export class Account extends Persistent {
  static {
    this.define('test.Account', { cents: 0 });
  }

  declare cents: number;

  /** Differences add up, but an account is never overdrawn. */
  static merge(base: State, theirs: State, mine: State): State {
    const cents = [theirs.cents, mine.cents].reduce<number>(
      (sum, side) => sum + Number(side ?? 0) - Number(base.cents ?? 0),
      Number(base.cents ?? 0),
    );
    if (cents < 0) throw new RangeError('overdrawn');
    return { cents };
  }
}
