/** Blocks that change what names mean: `each`, `in`, `with`, `let`; and `try`, which catches. */
import { isAcquirable } from '../../../acquisition/index.js';
import { TemplateError } from '../../errors.js';
import { positionOf } from '../ast.js';
import type { BlockStatement } from '../ast.js';
import { Batch } from '../batch.js';
import type { BatchRequest } from '../batch.js';
import { called, NO_ARGUMENTS } from '../call.js';
import { requestField } from '../code-call.js';
import { areEqual, numberOf } from '../compare.js';
import { isBoundError, TemplateFault, typeOfError, unusable } from '../errors.js';
import { Locals, ReturnSignal } from '../frame.js';
import type { Data, Evaluation, Frame, Loop } from '../frame.js';
import type { Coder, Form } from '../language.js';
import { entriesOf, itemsOf } from '../list.js';
import { loopOver } from '../loop.js';
import { queryWith } from '../query.js';
import { sorted, valueAt } from '../sort.js';
import { SyntaxFault } from '../syntax-fault.js';
import { taint, untaint } from '../taint.js';
import { isTrue, textOf } from '../text.js';

/** A block of one argument: its value, its two programs, how many names it gives. */
function parts(node: BlockStatement, coder: Coder, takes?: 'objects') {
  coder.requireArguments(node, 1, 1);
  const names = node.program?.blockParams ?? [];
  if (names.length > 2)
    throw SyntaxFault.at(node, 'A block gives two names: the item and its key.');
  const inside = names.length === 0 ? coder : coder.within({ names, isLet: false });
  const [argument] = node.params;
  return {
    value: argument === undefined ? () => undefined : coder.argument(argument, { takes }),
    body: inside.program(node.program),
    otherwise: coder.program(node.inverse),
    parameters: names.length,
  };
}

const each: Form = {
  name: 'each',
  block(node, coder) {
    const { value, body, otherwise, parameters } = parts(node, coder);
    coder.options(node, []);
    const at = positionOf(node);
    return (frame) => {
      frame.run.budget.step();
      const list = value(frame);
      frame.run.at = at;
      const items = itemsOf(frame.run, list);
      const turns = items === undefined ? entriesOf(frame.run, list) : { items, keys: undefined };
      if (turns === undefined || turns.items.length === 0) otherwise(frame);
      else loopOver(frame, body, { parameters, ...turns });
    };
  },
};

const IN_OPTIONS = [
  'sort',
  'reverse',
  'start',
  'end',
  'size',
  'orphan',
  'overlap',
  'param',
] as const;
const BATCH_OPTIONS = ['start', 'end', 'size', 'orphan', 'overlap'] as const;

const inBlock: Form = {
  name: 'in',
  block(node, coder) {
    const { value, body, otherwise, parameters } = parts(node, coder);
    const options = coder.options(node, IN_OPTIONS, { lenient: true });
    const pairs = node.hash?.pairs ?? [];
    const [[, field] = ['', 'start']] = pairs
      .filter(({ key }) => key === 'start')
      .flatMap(({ key, value: from }) => requestField(key, from));
    const isBatched = BATCH_OPTIONS.some((name) => options.has(name));
    const at = positionOf(node);
    return (frame) => {
      frame.run.budget.step();
      const list = value(frame);
      frame.run.at = at;
      const items = itemsOf(frame.run, list);
      if (items === undefined) requireNothing(frame, list);
      if (items === undefined || items.length === 0) {
        frame.env.activation.batch = undefined;
        otherwise(frame);
        return;
      }
      const ordered = arranged(frame, items, options);
      const batch = isBatched ? batchOf(frame, ordered.length, options, field) : undefined;
      frame.env.activation.batch = batch;
      const shown =
        batch === undefined ? ordered : ordered.slice(batch.window.start - 1, batch.window.end);
      loopOver(frame, body, { items: shown, batch, parameters });
    };
  },
};

function requireNothing(frame: Frame, list: unknown): void {
  if (!isTrue(list)) return;
  const text = textOf(frame.run, list).slice(0, 40);
  throw unusable(`#in shows lists, and “${text}” is none.`);
}

function arranged(
  frame: Frame,
  items: readonly unknown[],
  options: ReadonlyMap<string, Evaluation>,
): readonly unknown[] {
  const sort = untaint(options.get('sort')?.(frame));
  const inOrder =
    sort === undefined || sort === null ? items : sorted(frame.run, items, textOf(frame.run, sort));
  if (!isTrue(options.get('reverse')?.(frame))) return inOrder;
  frame.run.budget.list(items.length);
  return [...inOrder].reverse();
}

function batchOf(
  frame: Frame,
  total: number,
  options: ReadonlyMap<string, Evaluation>,
  field: string,
): Batch {
  const counted = (name: string): number => countOf(options.get(name)?.(frame));
  const request: BatchRequest = {
    start: counted('start'),
    end: counted('end'),
    size: counted('size'),
    orphan: counted('orphan'),
    overlap: counted('overlap'),
  };
  const given = untaint(options.get('param')?.(frame));
  const param = typeof given === 'string' && given !== '' ? given : field;
  const { query } = frame.run.world.request;
  return new Batch(total, request, (start) => queryWith(query, param, String(start)));
}

/** A number of items; whatever a visitor typed that is none counts as not given. */
function countOf(value: unknown): number {
  const number = Math.floor(numberOf(untaint(value)) ?? 0);
  return number > 0 && number <= Number.MAX_SAFE_INTEGER ? number : 0;
}

const withBlock: Form = {
  name: 'with',
  block(node, coder) {
    const { value, body, otherwise, parameters } = parts(node, coder, 'objects');
    const only = coder.options(node, ['only']).get('only');
    return (frame) => {
      frame.run.budget.step();
      const object = resultOf(frame, value(frame));
      if (!isTrue(object) && untaint(object) !== 0) {
        otherwise(frame);
        return;
      }
      const isOnly = only === undefined ? undefined : isTrue(only(frame)) || undefined;
      loopOver(frame, body, { items: [object], parameters, isList: false, only: isOnly });
    };
  },
};

/** Scripts and SQL methods are run for what they give; a template is an object like others. */
function resultOf(frame: Frame, value: unknown): unknown {
  const isMethod = isAcquirable(value) && frame.run.world.executable(value)?.kind === 'method';
  return isMethod ? called(frame, value, NO_ARGUMENTS) : value;
}

/** Values in order, so that later ones see earlier ones. */
const letBlock: Form = {
  name: 'let',
  block(node, coder) {
    coder.requireArguments(node, 0, 0);
    const pairs = node.hash?.pairs ?? [];
    const names = pairs.map(({ key }) => key);
    const values = pairs.map(({ value }, index) =>
      coder.within({ names: names.slice(0, index), isLet: true }).argument(value),
    );
    const body = coder.within({ names, isLet: true }).program(node.program);
    return (frame) => {
      frame.run.budget.step();
      const locals = new Locals([], frame.locals);
      const inner = frame.beside({ locals });
      for (const value of values) locals.values.push(value(inner));
      body(inner);
    };
  },
};

const tryBlock: Form = {
  name: 'try',
  block(node, coder) {
    coder.requireArguments(node, 0, 0);
    const types = coder.options(node, ['types']).get('types');
    const body = coder.program(node.program);
    const otherwise = coder.program(node.inverse);
    return (frame) => {
      const { run } = frame;
      run.budget.step();
      const before = run.at;
      const attempt = run.world.attempt?.();
      try {
        run.undoable(() => body(frame));
      } catch (error) {
        const type = caughtType(frame, error);
        const wanted = types === undefined ? undefined : textOf(run, types(frame)).split(/[\s,]+/);
        if (type === undefined || (wanted !== undefined && !wanted.includes(type))) {
          attempt?.keep();
          throw error;
        }
        attempt?.undo();
        const facts = errorFacts(frame, { type, error });
        run.at = before;
        const values = new Map<string, unknown>([['error', facts]]);
        otherwise(frame.beside({ data: { loop: undefined, values, up: frame.data } }));
        return;
      }
      attempt?.keep();
    };
  },
};

/** What a template may catch: neither its own end, nor a bound, nor what the site must see. */
function caughtType(frame: Frame, error: unknown): string | undefined {
  if (error instanceof ReturnSignal || isBoundError(error)) return undefined;
  if (error instanceof TemplateError || error instanceof TemplateFault) {
    return typeOfError(error);
  }
  return frame.run.world.errorType(error);
}

/**
 * What `@error` is: marked, since its message may repeat what a visitor sent. The place is told of
 * one's own source, and to those who may see the other's.
 */
function errorFacts(
  frame: Frame,
  { type, error }: { readonly type: string; readonly error: unknown },
): unknown {
  const message = error instanceof Error ? error.message : '';
  const own = frame.env.activation.code.path;
  if (!(error instanceof TemplateError)) {
    return taint({ type, message, path: own, line: frame.run.at.line });
  }
  const { path, line } = error;
  const isOpen = path === own || frame.run.world.mayInspect(path);
  return taint({ type, message, ...(isOpen ? { path, line } : {}) });
}

/** `{{call x …}}`: runs it and shows nothing. */
const call: Form = {
  name: 'call',
  value(node, coder) {
    const run = coder.callOf(node);
    return (frame) => {
      frame.run.budget.step();
      run(frame);
      return undefined;
    };
  },
};

/** `{{#changed "category"}}`: where an item differs from the one before, or with `last` after it. */
const changed: Form = {
  name: 'changed',
  block(node, coder) {
    coder.requireArguments(node, 1, 1);
    const [argument] = node.params;
    const name = argument === undefined ? () => undefined : coder.argument(argument);
    const last = coder.options(node, ['last']).get('last');
    const body = coder.program(node.program);
    const otherwise = coder.program(node.inverse);
    const at = positionOf(node);
    return (frame) => {
      const { run } = frame;
      run.budget.step();
      run.at = at;
      const loop = loopAround(frame.data);
      if (loop === undefined) throw unusable('#changed stands inside #in or #each.');
      const path = textOf(run, name(frame)).split('.');
      const index = loop.index + (isTrue(last?.(frame)) ? 1 : -1);
      const isEdge = index < 0 || index >= loop.items.length;
      const here = valueAt(run, loop.items[loop.index], path);
      const isSame = !isEdge && areEqual(here, valueAt(run, loop.items[index], path));
      (isSame ? otherwise : body)(frame);
    };
  },
};

function loopAround(data: Data | undefined): Loop | undefined {
  let at = data;
  while (at !== undefined && at.loop === undefined) at = at.up;
  return at?.loop;
}

export const blockForms: readonly Form[] = [
  each,
  inBlock,
  withBlock,
  letBlock,
  tryBlock,
  call,
  changed,
];
