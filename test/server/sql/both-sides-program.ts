/**
 * Does one transaction on both sides, and may be killed by itself at one of its steps.
 *
 * Argument: a `BothSidesOrder` as JSON. First it finishes what an earlier run left, and says as one
 * line of JSON what is there then; at its end, how many steps there were.
 */
import type { SqlTarget } from '../../../server/sql/data-messages.js';
import { BothSides } from './both-sides.js';

export interface BothSidesOrder {
  readonly folder: string;
  readonly target: SqlTarget;
  readonly number: number;
  /** The step at which to die, from 1; 0: at none. */
  readonly dieAt: number;
}

const order = JSON.parse(process.argv[2] ?? '') as BothSidesOrder;
let steps = 0;
let isCounting = false;

function pass(): void {
  if (!isCounting) return;
  steps += 1;
  if (steps === order.dieAt) process.kill(process.pid, 'SIGKILL');
}

const both = await BothSides.open({
  folder: order.folder,
  target: order.target,
  step: async () => pass(),
  ask: pass,
});
await both.prepare();
process.stdout.write(`${JSON.stringify(await both.states())}\n`);
isCounting = true;
const outcome = await both.write(order.number);
isCounting = false;
process.stdout.write(`${JSON.stringify({ outcome, steps })}\n`);
await both[Symbol.asyncDispose]();
