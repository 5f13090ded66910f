/** Helpers that reckon, and that write numbers for people. */
import { unusable } from '../errors.js';
import type { Run } from '../frame.js';
import type { Helper, HelperCall } from '../language.js';
import { numberFormat } from '../locale.js';
import { numberArgument, wholeArgument, wordOption } from './arguments.js';

/** Digits after the point. */
const DIGITS_MAX = 20;

type Reckoning = (a: number, b: number) => number;

/** A helper over two or more numbers, from left to right. */
function reckoning(name: string, reckon: Reckoning): Helper {
  return {
    name,
    arguments: [2, 100],
    call(args, { run }) {
      const numbers = args.map((value) => numberArgument(run, value));
      return checked(numbers.reduce(reckon));
    },
  };
}

function checked(number: number): number {
  if (Number.isFinite(number)) return number;
  throw unusable('The result is no number: too large, or divided by zero.');
}

/** `floor`, `ceil`, `round`: to whole numbers, or to digits after the point. */
function rounding(name: string, round: (number: number) => number): Helper {
  return {
    name,
    arguments: [1, 2],
    call([value, places], { run }) {
      const number = numberArgument(run, value);
      if (places === undefined) return round(number);
      const digits = wholeArgument(run, places, { name: 'Digits', min: 0, max: DIGITS_MAX });
      return shifted(round(shifted(number, digits)), -digits);
    },
  };
}

/** Moves the point of a decimal number exactly: 1.005 by 2 is 100.5. */
function shifted(number: number, digits: number): number {
  const [mantissa = '0', exponent = '0'] = String(number).split('e');
  return Number(`${mantissa}e${Number(exponent) + digits}`);
}

/** Half goes away from zero, as people expect of prices. */
function rounded(number: number): number {
  return Math.sign(number) * Math.round(Math.abs(number));
}

const STYLES: ReadonlyMap<string, Intl.NumberFormatOptions> = new Map([
  ['decimal', {}],
  ['percent', { style: 'percent' }],
  ['compact', { notation: 'compact' }],
  ['plain', { useGrouping: false }],
] satisfies [string, Intl.NumberFormatOptions][]);

function digitsOption({ run, options }: HelperCall): Intl.NumberFormatOptions {
  if (options['digits'] === undefined) return {};
  const digits = wholeArgument(run, options['digits'], {
    name: 'digits=',
    min: 0,
    max: DIGITS_MAX,
  });
  return { minimumFractionDigits: digits, maximumFractionDigits: digits };
}

/** Writes a number; nothing stays nothing. */
function written(value: unknown, run: Run, format: () => Intl.NumberFormat): string {
  if (value === undefined || value === null || value === '') return '';
  return format().format(numberArgument(run, value));
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

export const numberHelpers: readonly Helper[] = [
  reckoning('add', (a, b) => a + b),
  reckoning('sub', (a, b) => a - b),
  reckoning('mul', (a, b) => a * b),
  reckoning('div', (a, b) => a / b),
  {
    name: 'mod',
    arguments: [2, 2],
    call([value, divisor], { run }) {
      const by = numberArgument(run, divisor);
      const rest = checked(numberArgument(run, value) % by);
      return rest !== 0 && rest < 0 !== by < 0 ? rest + by : rest;
    },
  },
  rounding('round', rounded),
  rounding('floor', Math.floor),
  rounding('ceil', Math.ceil),
  {
    name: 'random',
    arguments: [0, 2],
    call([first, second], { run }) {
      const chance = run.world.random();
      if (first === undefined) return chance;
      if (Array.isArray(first))
        return (first as readonly unknown[])[Math.floor(chance * first.length)];
      const low = second === undefined ? 0 : numberArgument(run, first);
      const high =
        second === undefined ? numberArgument(run, first) - 1 : numberArgument(run, second);
      return Math.floor(low + chance * (Math.floor(high) - low + 1));
    },
  },
  {
    name: 'number',
    arguments: [1, 1],
    options: ['style', 'digits', 'locale'],
    call([value], call) {
      const style = wordOption(call, 'style') ?? 'decimal';
      const options = STYLES.get(style);
      if (options === undefined)
        throw unusable(`style= is one of ${[...STYLES.keys()].join(', ')}.`);
      const format = { ...options, ...digitsOption(call) };
      return written(value, call.run, () => numberFormat(wordOption(call, 'locale'), format));
    },
  },
  {
    name: 'currency',
    arguments: [2, 2],
    options: ['digits', 'locale'],
    call([value, currency], call) {
      const code = typeof currency === 'string' ? currency.toUpperCase() : '';
      if (!/^[A-Z]{3}$/.test(code)) throw unusable('A currency has three letters: EUR, USD.');
      const format = { style: 'currency', currency: code, ...digitsOption(call) } as const;
      return written(value, call.run, () => numberFormat(wordOption(call, 'locale'), format));
    },
  },
  {
    name: 'bytes',
    arguments: [1, 1],
    options: ['locale'],
    call([value], call) {
      if (value === undefined || value === null || value === '') return '';
      let size = numberArgument(call.run, value);
      let unit = 0;
      while (Math.abs(size) >= 999.95 && unit < UNITS.length - 1) {
        size /= 1000;
        unit += 1;
      }
      const digits = unit === 0 ? 0 : 1;
      const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
      return `${numberFormat(wordOption(call, 'locale'), format).format(size)} ${UNITS[unit] ?? ''}`;
    },
  },
];
