/**
 * `{{#cache}}`: a block that is not shown anew each time.
 *
 * What a block shows is kept under everything it can depend on: the place in the template, the
 * object and how it was reached, the names around it. The world adds the address asked for, who
 * asks, their rights, and the state of the site. A block in which something happens that belongs to
 * one render alone (`Run.passing`) is shown anew each time.
 */
import { type Acquirable, isAcquirable } from '../../../acquisition/index.js';
import type { Args, Data, Frame, Locals } from '../frame.js';
import { Html } from '../html.js';
import type { Helper } from '../language.js';
import { isRecord } from '../records.js';
import { untaint } from '../taint.js';
import { ListItem } from '../world.js';
import { textArgument, wholeArgument } from './arguments.js';

const SECONDS_DEFAULT = 60;
const SECONDS_MAX = 24 * 60 * 60;
/** Values around a block that it can be kept under; with more of them it is shown anew. */
const FACTS_MAX = 1000;

export const keptHelpers: readonly Helper[] = [
  {
    name: 'cache',
    arguments: [0, 0],
    options: ['seconds', 'key'],
    block: 'always',
    escapes: true,
    call(_args, call) {
      const { run, frame, options } = call;
      const seconds = wholeArgument(run, options['seconds'] ?? SECONDS_DEFAULT, {
        name: 'seconds=',
        min: 1,
        max: SECONDS_MAX,
      });
      const facts = factsAround(frame, textArgument(run, options['key']));
      const show = (): { html: Html; isLasting: boolean } => {
        const before = run.passing;
        const html = call.capture();
        return { html, isLasting: run.passing === before };
      };
      const kept = facts === undefined ? undefined : run.world.keep?.(facts, seconds, show);
      return kept ?? show().html;
    },
  },
];

/** Lists what a block depends on; `undefined` when that is too much, or cannot be named. */
function factsAround(frame: Frame, key: string): readonly unknown[] | undefined {
  const { run, env } = frame;
  const { code, context } = env.activation;
  const { line, column } = run.at;
  const facts = new Facts(frame);
  facts.add([code.key, line, column, key, run.markup]);
  for (let at: typeof context | undefined = context; at !== undefined; at = at.parent) {
    facts.add(at.object);
  }
  for (let at: Frame | undefined = frame; at !== undefined; at = at.up) facts.add(at.self);
  for (let at: Args | undefined = env.args; at !== undefined; at = at.next) facts.add(at.names);
  for (let at: Locals | undefined = frame.locals; at !== undefined; at = at.up)
    facts.add(at.values);
  for (let at: Data | undefined = frame.data; at !== undefined; at = at.up) {
    facts.add([at.loop?.index, at.loop?.offset, at.loop?.total, at.loop?.extra, at.values]);
  }
  facts.add(run.names);
  return facts.list;
}

class Facts {
  readonly #frame: Frame;
  readonly #facts: unknown[] = [];
  #isNameable = true;
  #left = FACTS_MAX;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  get list(): readonly unknown[] | undefined {
    return this.#isNameable ? this.#facts : undefined;
  }

  add(value: unknown): void {
    this.#facts.push(this.#factOf(value));
  }

  #factOf(marked: unknown): unknown {
    const value = untaint(marked);
    this.#left -= 1;
    if (this.#left < 0 || !this.#isNameable) return this.#give();
    if (typeof value !== 'object' || value === null) {
      return typeof value === 'string' ? value : [typeof value, String(value)];
    }
    if (isAcquirable(value)) return ['object', this.#addressOf(value)];
    if (value instanceof Date) return ['date', value.getTime()];
    if (value instanceof Html) return ['html', value.text];
    if (value instanceof ListItem)
      return ['item', this.#factOf(value.value), this.#factOf(value.data)];
    if (value instanceof Map) return this.#listOf('map', [...value].flat());
    if (Array.isArray(value)) return this.#listOf('list', value);
    if (isRecord(value)) return this.#listOf('record', Object.entries(value).flat());
    return this.#give();
  }

  #listOf(kind: string, values: readonly unknown[]): unknown {
    if (values.length > this.#left) return this.#give();
    return [kind, ...values.map((value) => this.#factOf(value))];
  }

  #addressOf(object: Acquirable): string {
    return this.#frame.run.world.urlOf(object);
  }

  #give(): undefined {
    this.#isNameable = false;
    return undefined;
  }
}
