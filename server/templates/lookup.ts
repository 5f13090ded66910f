/**
 * What a name means at a place in a template.
 *
 * Block parameters and `let` are known when compiling and are not looked for here. The rest in this
 * order: what the caller gave (in the outermost frame), the present object with its containers,
 * the context of the page, and last what `set` keeps. Inside a block the object's own attributes
 * come before what the caller gave, and what it acquires after it.
 */
import { ABSENT, acquire, isAcquirable, isPrivate } from '../../acquisition/index.js';
import type { Acquirable } from '../../acquisition/index.js';
import { ownValue } from './attributes.js';
import type { Args, Data, Frame, Loop } from './frame.js';
import { letters, roman } from './numerals.js';
import { requestRecord, responseRecord } from './request-data.js';
import { taint } from './taint.js';

/**
 * Gives the value of a name, or `ABSENT`.
 * @throws the world's denial for what was found and may not be viewed
 */
export function valueOfName(frame: Frame, name: string): unknown {
  const { run, env, self } = frame;
  run.budget.step();
  if (env.args === undefined) {
    const own = ownValue(run, self, name);
    if (own !== ABSENT) return own;
  } else {
    const given = givenOrOwn(frame, env.args, name);
    if (given !== ABSENT) return given;
  }
  if (frame.only) return ABSENT;
  const acquired = acquiredValue(frame, name);
  if (acquired !== ABSENT) return acquired;
  return run.names.has(name) ? run.names.get(name) : ABSENT;
}

function givenOrOwn(frame: Frame, args: Args, name: string): unknown {
  const given = frame.isBase ? argument(args, name) : ABSENT;
  if (given !== ABSENT) return given;
  const own = ownValue(frame.run, frame.self, name);
  if (own !== ABSENT || frame.isBase) return own;
  return argument(args, name);
}

function argument(args: Args, name: string): unknown {
  for (let at: Args | undefined = args; at !== undefined; at = at.next) {
    if (at.names.has(name)) return at.names.get(name);
  }
  return ABSENT;
}

function acquiredValue(frame: Frame, name: string): unknown {
  if (isPrivate(name)) return ABSENT;
  const { run } = frame;
  const found = acquire(frame.context, name);
  if (found === undefined || typeof found.value === 'function') return ABSENT;
  const { holder, value } = found;
  run.touch(holder);
  if (name === 'url') return run.world.urlOf(holder);
  if (isAcquirable(value)) run.touch(value);
  return value;
}

/** Gives the template of that name, passing over everything else of that name. */
export function templateOfName(frame: Frame, name: string): Acquirable | undefined {
  if (isPrivate(name)) return undefined;
  const { run } = frame;
  run.budget.step();
  const found = acquire(frame.context, name, {
    filter: (value) => isAcquirable(value) && run.world.executable(value)?.kind === 'template',
  });
  if (found === undefined || !isAcquirable(found.value)) return undefined;
  run.touch(found.value);
  return found.value;
}

/**
 * Gives the value of `@name`, or `ABSENT`.
 * @param levels how many `../` stand between the `@` and the name: that many loops further out
 */
export function valueOfData(frame: Frame, name: string, levels: number): unknown {
  frame.run.budget.step();
  let data = frame.data;
  for (let level = 0; level < levels; level += 1) data = data?.up;
  for (; data !== undefined; data = data.up) {
    const value = dataMember(data, name);
    if (value !== ABSENT) return value;
  }
  const ofPage = pageData.get(name);
  return ofPage === undefined ? ABSENT : ofPage(frame);
}

function dataMember({ loop, values }: Data, name: string): unknown {
  if (values?.has(name) === true) return values.get(name);
  if (loop === undefined) return ABSENT;
  if (loop.extra !== undefined && Object.hasOwn(loop.extra, name)) return loop.extra[name];
  const ofLoop = loopData.get(name);
  return ofLoop === undefined ? ABSENT : ofLoop(loop);
}

const numberIn = (loop: Loop): number => loop.offset + loop.index;

const loopData = new Map<string, (loop: Loop) => unknown>([
  ['index', numberIn],
  ['number', (loop) => numberIn(loop) + 1],
  ['key', (loop) => loop.keys?.[loop.index] ?? numberIn(loop)],
  ['first', (loop) => loop.index === 0],
  ['last', (loop) => loop.index === loop.items.length - 1],
  ['even', (loop) => numberIn(loop) % 2 === 0],
  ['odd', (loop) => numberIn(loop) % 2 === 1],
  ['length', (loop) => loop.total],
  ['letter', (loop) => letters(numberIn(loop) + 1)],
  ['Letter', (loop) => letters(numberIn(loop) + 1).toUpperCase()],
  ['roman', (loop) => roman(numberIn(loop) + 1).toLowerCase()],
  ['Roman', (loop) => roman(numberIn(loop) + 1)],
  ['batch', (loop) => loop.batch?.record ?? ABSENT],
]);

const pageData = new Map<string, (frame: Frame) => unknown>([
  ['context', ({ env }) => env.activation.context.object],
  ['template', (frame) => touched(frame, frame.env.activation.code.object)],
  ['container', (frame) => touched(frame, frame.env.activation.code.object.container)],
  ['root', (frame) => touched(frame, frame.run.world.root)],
  ['request', ({ run }) => requestRecord(run.world.request)],
  ['response', ({ run }) => responseRecord(run)],
  ['url', ({ run }) => taint(run.world.url)],
  ['user', ({ run }) => run.world.user],
  ['version', ({ run }) => run.world.version],
  ['now', ({ run }) => run.world.now()],
  ['partial-block', ({ env }) => env.block !== undefined || ABSENT],
  ['batch', ({ env }) => env.activation.batch?.record ?? ABSENT],
]);

function touched(frame: Frame, object: Acquirable | undefined): Acquirable | undefined {
  if (object !== undefined) frame.run.touch(object);
  return object;
}
