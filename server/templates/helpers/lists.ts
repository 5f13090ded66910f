/** Helpers for lists: making, sorting and counting them. */
import { ABSENT } from '../../../acquisition/index.js';
import { RANGE_MAX } from '../bounds.js';
import { compareValues, numberOf } from '../compare.js';
import { TemplateFault, unusable } from '../errors.js';
import type { Run } from '../frame.js';
import type { Helper, HelperCall } from '../language.js';
import { memberOf } from '../members.js';
import { FOLDER_FUNCTIONS, isFolder, nearestFolder } from '../objects.js';
import { sorted, valueAt } from '../sort.js';
import { listArgument, numberArgument, textArgument } from './arguments.js';

/** Gives the values a statistic is about: of the items, or of one of their names; nothing is left out. */
function valuesOf(run: Run, list: unknown, name: unknown): readonly unknown[] {
  const items = listArgument(run, list);
  run.budget.charge(items.length);
  const path = name === undefined ? [] : textArgument(run, name).split('.');
  const values = items.map((item) => valueAt(run, item, path));
  return values.filter((value) => value !== undefined && value !== '');
}

function numbersOf(run: Run, list: unknown, name: unknown): readonly number[] {
  return valuesOf(run, list, name).map((value) => numberArgument(run, value));
}

type Statistic = (numbers: readonly number[], call: HelperCall) => number | undefined;

/** A number about the numbers of a list. */
function statistic(name: string, compute: Statistic, options: readonly string[] = []): Helper {
  return {
    name,
    arguments: [1, 2],
    options,
    call: ([list, attribute], call) => compute(numbersOf(call.run, list, attribute), call),
  };
}

/** The least or the greatest of a list, of one of its names, or of the arguments. */
function extreme(name: string, sign: 1 | -1): Helper {
  return {
    name,
    arguments: [1, 100],
    call(args, { run }) {
      const [first, second] = args;
      const isList = typeof first === 'object' && first !== null && !(first instanceof Date);
      const values = isList
        ? valuesOf(run, first, second)
        : args.filter((value) => value !== undefined);
      return values.reduce((best: unknown, value) => {
        const order = best === undefined ? -1 : compareValues(value, best);
        return (order ?? 0) * sign < 0 || best === undefined ? value : best;
      }, undefined);
    },
  };
}

function mean(numbers: readonly number[]): number | undefined {
  return numbers.length === 0 ? undefined : total(numbers) / numbers.length;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** Of a sample, or of a whole population; a sample of one has none. */
function variance(numbers: readonly number[], { options }: HelperCall): number | undefined {
  const divisor = options['population'] === true ? numbers.length : numbers.length - 1;
  const middle = mean(numbers);
  if (middle === undefined || divisor < 1) return undefined;
  return total(numbers.map((number) => (number - middle) ** 2)) / divisor;
}

function median(run: Run, list: unknown, name: unknown): unknown {
  const values = sorted(run, valuesOf(run, list, name), '');
  const upper = values[Math.floor(values.length / 2)];
  if (values.length % 2 === 1) return upper;
  const lower = values[values.length / 2 - 1];
  const [low, high] = [numberOf(lower), numberOf(upper)];
  return low === undefined || high === undefined ? lower : (low + high) / 2;
}

/** From the first number to the last, both included; of one number, from 1. */
function range(run: Run, args: readonly unknown[]): readonly number[] {
  const [first = 0, second, step = 1] = args.map((value) =>
    value === undefined ? undefined : numberArgument(run, value),
  );
  const [from, to] = second === undefined ? [1, first] : [first, second];
  if (step === 0) throw unusable('A range with steps of 0 never ends.');
  const length = Math.max(0, Math.floor((to - from) / step) + 1);
  if (!(length <= RANGE_MAX)) {
    const message = `A range has at most ${RANGE_MAX.toLocaleString('en')} numbers.`;
    throw new TemplateFault('SRV_TEMPLATE_SIZE', message);
  }
  run.budget.list(length);
  return Array.from({ length }, (_, index) => from + index * step);
}

/** `(objectValues "Document")`: of the folder at hand, or of one given first. */
function folderHelper(name: string): Helper {
  const list = FOLDER_FUNCTIONS.get(name);
  return {
    name,
    arguments: [0, 100],
    options: name === 'children' ? ['sort', 'reverse', 'type'] : [],
    takes: 'objects',
    call(args, { run, frame, options }) {
      const [first, ...rest] = args;
      const isOfThisFolder = args.length === 0 || typeof first === 'string' || Array.isArray(first);
      if (isOfThisFolder) return list?.(run, nearestFolder(frame), { types: args, options });
      if (!isFolder(run, first)) throw unusable('Only folders have objects in them.');
      return list?.(run, first, { types: rest, options });
    },
  };
}

export const listHelpers: readonly Helper[] = [
  { name: 'range', arguments: [1, 3], call: (args, { run }) => range(run, args) },
  {
    name: 'sort',
    arguments: [1, 2],
    options: ['reverse'],
    call([list, keys], { run, options }) {
      const items = listArgument(run, list);
      const inOrder = sorted(run, items, keys === undefined ? '' : textArgument(run, keys));
      return options['reverse'] === true ? [...inOrder].reverse() : inOrder;
    },
  },
  {
    name: 'lookup',
    arguments: [2, 2],
    takes: 'objects',
    call([object, name], { run, frame }) {
      const value = memberOf(frame, object, textArgument(run, name));
      return value === ABSENT ? undefined : value;
    },
  },
  statistic('sum', total),
  statistic('mean', mean),
  statistic('variance', variance, ['population']),
  statistic(
    'stddev',
    (numbers, call) => {
      const square = variance(numbers, call);
      return square === undefined ? undefined : Math.sqrt(square);
    },
    ['population'],
  ),
  {
    name: 'count',
    arguments: [1, 2],
    call: ([list, name], { run }) => valuesOf(run, list, name).length,
  },
  extreme('min', 1),
  extreme('max', -1),
  {
    name: 'median',
    arguments: [1, 2],
    call: ([list, name], { run }) => median(run, list, name),
  },
  ...[...FOLDER_FUNCTIONS.keys()].map(folderHelper),
];
