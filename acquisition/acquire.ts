/**
 * The lookup: finds a name at an object or along its order of lookup.
 *
 * The first object that has the name ends the search, whatever the value is: `null` and
 * `undefined` are found like any other. A search that finds nothing allocates nothing once the
 * context's order is known.
 */
import { ABSENT, isAcquirable } from './context.js';
import type { Acquirable, Context } from './context.js';
import { acquiresImplicitly } from './names.js';

export interface AcquireOptions {
  /**
   * Judges each candidate; `false` goes on outward. It is given the object that has the value.
   */
  readonly filter?: ((value: unknown, holder: Acquirable) => boolean) | undefined;

  /**
   * Asks outright: private names, and what an `explicit` object lacks, are looked for as well.
   * Default `false`.
   */
  readonly explicit?: boolean | undefined;

  /** Looks in the object and its containers alone, not in the rest of the path. Default `false`. */
  readonly containmentOnly?: boolean | undefined;

  /**
   * Is told each object that was asked and lacks the name, in order. Whoever keeps the answer must
   * look again when one of them gets such a name.
   */
  readonly report?: ((holder: Acquirable) => void) | undefined;
}

const DEFAULTS: AcquireOptions = Object.freeze({});

/** A value, and the object that has it. */
export class Found {
  readonly value: unknown;
  readonly holder: Acquirable;
  readonly #through: Context;

  constructor(value: unknown, holder: Acquirable, through: Context) {
    this.value = value;
    this.holder = holder;
    this.#through = through;
  }

  /**
   * The context of the value as reached by this lookup; for a value that is no object with a place,
   * the context of its holder. Computed at each call.
   */
  get context(): Context {
    return isAcquirable(this.value)
      ? this.#through.step(this.value)
      : this.#through.at(this.holder);
  }
}

/**
 * Finds `name` at the context's object, or else along its order of lookup.
 *
 * @returns `undefined` when no object has it, or the filter lets none pass
 * @throws AcquisitionError `ACQ_CYCLE`, `ACQ_TOO_DEEP` when containment is broken
 */
export function acquire(
  context: Context,
  name: string,
  options: AcquireOptions = DEFAULTS,
): Found | undefined {
  // The object's own values come first, and need no order.
  const own = candidate(context, context.object, name, options);
  if (own !== undefined) return own;

  if (options.explicit !== true && !acquiresImplicitly(context, name)) return undefined;
  const holders = options.containmentOnly === true ? context.containment() : context.order();
  for (let index = 1; index < holders.length; index += 1) {
    const holder = holders[index];
    if (holder === undefined) break;
    const found = candidate(context, holder, name, options);
    if (found !== undefined) return found;
  }
  return undefined;
}

function candidate(
  context: Context,
  holder: Acquirable,
  name: string,
  options: AcquireOptions,
): Found | undefined {
  const value = holder.lookup(name);
  if (value === ABSENT) {
    options.report?.(holder);
    return undefined;
  }
  if (options.filter !== undefined && !options.filter(value, holder)) return undefined;
  return new Found(value, holder, context);
}
