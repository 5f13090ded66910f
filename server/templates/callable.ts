/** Functions of the engine's own that templates call. */
import type { Frame } from './frame.js';

/** A function of the engine's own that templates call by a path: `@response.redirect`. */
export class Callable {
  readonly name: string;
  readonly call: (args: CallableArguments) => unknown;

  constructor(name: string, call: (args: CallableArguments) => unknown) {
    this.name = name;
    this.call = call;
  }
}

export interface CallableArguments {
  readonly frame: Frame;
  readonly positional: readonly unknown[];
  readonly named: Readonly<Record<string, unknown>>;
}
