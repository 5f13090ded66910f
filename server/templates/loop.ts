/** Shows a block once for each item of a list. */
import type { Batch } from './batch.js';
import { Locals } from './frame.js';
import type { Data, Frame, Instruction, Loop } from './frame.js';
import { ListItem } from './world.js';

export interface LoopOptions {
  readonly items: readonly unknown[];
  /** Block parameters: the item, and its key or index. */
  readonly parameters: number;
  readonly keys?: readonly unknown[] | undefined;
  readonly batch?: Batch | undefined;
  /** `false` when a block is shown with one object, which is no turn of a loop. */
  readonly isList?: boolean;
  /** Names are looked up in the item alone. */
  readonly only?: boolean | undefined;
}

/** Shows `body` for each item. One step a turn; the frame is the same for all turns. */
export function loopOver(frame: Frame, body: Instruction, options: LoopOptions): void {
  const { items, keys, batch, parameters } = options;
  const offset = batch === undefined ? 0 : batch.window.start - 1;
  const total = batch === undefined ? items.length : batch.total;
  const loop: Loop = { total, items, keys, offset, batch, index: 0, extra: undefined };
  const data: Data | undefined =
    options.isList === false ? frame.data : { loop, values: undefined, up: frame.data };
  const locals = parameters === 0 ? frame.locals : new Locals([undefined, undefined], frame.locals);
  const inner = frame.inner(undefined, {
    locals,
    data,
    ...(options.only === undefined ? {} : { only: options.only }),
  });
  const { budget } = frame.run;
  for (let index = 0; index < items.length; index += 1) {
    budget.step();
    const item = items[index];
    const value = item instanceof ListItem ? item.value : item;
    loop.index = index;
    loop.extra = item instanceof ListItem ? item.data : undefined;
    inner.turn(value);
    if (parameters > 0 && locals !== undefined) {
      locals.values[0] = value;
      locals.values[1] = keys?.[index] ?? index;
    }
    body(inner);
  }
}
