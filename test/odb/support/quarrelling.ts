/** Classes whose own merge cannot be relied on. Loaded by writing threads too. */
import { Persistent } from '../../../odb/objects/persistent.js';
import type { State } from '../../../odb/value.js';

/** Where this module is, for threads that write. */
export const quarrelling = import.meta.url;

/** Its merge gives up with an error of its own, unless asked to add. */
export class Throwing extends Persistent {
  static {
    this.define('test.Throwing', { n: 0, adds: false });
  }

  declare n: number;
  declare adds: boolean;

  static merge(base: State, theirs: State, mine: State): State {
    if (mine.adds !== true) throw new RangeError('these cannot be merged');
    return { ...mine, n: Number(theirs.n) + Number(mine.n) - Number(base.n) };
  }
}

/** Its merge takes what nobody gives it, and answers no state. */
export class Misfit extends Persistent {
  static {
    this.define('test.Misfit', { n: 0 });
  }

  declare n: number;

  static merge(options: { readonly sides: readonly State[] }): unknown {
    return options.sides[0];
  }
}
