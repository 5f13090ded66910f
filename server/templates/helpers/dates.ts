/** Helpers for dates. */
import { formatDate } from '../date-format.js';
import { unusable } from '../errors.js';
import type { Run } from '../frame.js';
import { Html } from '../html.js';
import type { Helper } from '../language.js';
import { agoFormat } from '../locale.js';
import { numberArgument, textArgument, wordOption } from './arguments.js';

/** Dates are what JavaScript can hold: 100 million days around 1970. */
const TIME_MS_MAX = 8.64e15;

const ISO =
  /^[0-9]{4}(-[0-9]{2}(-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[-+][0-9]{2}:?[0-9]{2})?)?)?)?$/;

/**
 * Gives an argument as a date: a date, milliseconds since 1970, or ISO 8601 text, which without a
 * zone is UTC. `undefined` for nothing.
 * @throws TemplateFault `SRV_TEMPLATE_VALUE`
 */
export function dateArgument(run: Run, value: unknown): Date | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const date = value instanceof Date ? value : dateOf(run, value);
  if (Math.abs(date.getTime()) <= TIME_MS_MAX) return date;
  throw unusable(`“${textArgument(run, value).slice(0, 40)}” is no date.`);
}

function dateOf(run: Run, value: unknown): Date {
  if (typeof value === 'number') return new Date(value);
  if (typeof value !== 'string' && !(value instanceof Html)) return new Date(Number.NaN);
  const text = textArgument(run, value).trim();
  const found = ISO.exec(text);
  if (found === null) return new Date(Number.NaN);
  const hasTime = found[3] !== undefined;
  const hasZone = found[6] !== undefined;
  return new Date(text.replace(' ', 'T') + (hasTime && !hasZone ? 'Z' : ''));
}

const PARTS = ['years', 'months', 'weeks', 'days', 'hours', 'minutes', 'seconds'] as const;

const MS_EACH = {
  weeks: 604_800_000,
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1000,
};

/** Adds an amount of one part. The day of a month stays in its month: 31 January and 1 month is 28 February. */
function added(date: Date, amount: number, name: string): Date {
  const unit = PARTS.find((known) => known === name || known === `${name}s`);
  if (unit === undefined) throw unusable(`Add ${PARTS.join(', ')}; not “${name.slice(0, 40)}”.`);
  if (unit !== 'years' && unit !== 'months')
    return new Date(date.getTime() + amount * MS_EACH[unit]);
  const moved = new Date(date);
  const months = Math.trunc(unit === 'years' ? amount * 12 : amount);
  moved.setUTCDate(1);
  moved.setUTCMonth(moved.getUTCMonth() + months);
  const lastDay = new Date(
    Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0),
  ).getUTCDate();
  moved.setUTCDate(Math.min(date.getUTCDate(), lastDay));
  return moved;
}

const AGO = [
  ['year', 365.25 * 86_400_000],
  ['month', 30.44 * 86_400_000],
  ['week', 7 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

export const dateHelpers: readonly Helper[] = [
  { name: 'now', arguments: [0, 0], call: (_args, { run }) => run.world.now() },
  {
    name: 'date',
    arguments: [1, 2],
    options: ['zone', 'locale'],
    call([value, pattern], call) {
      const date = dateArgument(call.run, value);
      if (date === undefined) return '';
      const style = { zone: wordOption(call, 'zone'), locale: wordOption(call, 'locale') };
      return formatDate(
        date,
        pattern === undefined ? 'yyyy-MM-dd' : textArgument(call.run, pattern),
        style,
      );
    },
  },
  {
    name: 'ago',
    arguments: [1, 1],
    options: ['locale'],
    call([value], call) {
      const date = dateArgument(call.run, value);
      if (date === undefined) return '';
      const passedMs = date.getTime() - call.run.world.now().getTime();
      const format = agoFormat(wordOption(call, 'locale'));
      const found = AGO.find(([, ms]) => Math.abs(passedMs) >= ms);
      if (found === undefined) return format.format(Math.trunc(passedMs / 1000), 'second');
      const [unit, ms] = found;
      return format.format(Math.trunc(passedMs / ms), unit);
    },
  },
  {
    name: 'dateAdd',
    arguments: [1, 3],
    options: PARTS,
    call([value, amount, unit], { run, options }) {
      let date = dateArgument(run, value);
      if (date === undefined) return undefined;
      if (amount !== undefined) {
        date = added(
          date,
          numberArgument(run, amount),
          unit === undefined ? 'days' : textArgument(run, unit),
        );
      }
      for (const part of PARTS) {
        if (options[part] !== undefined)
          date = added(date, numberArgument(run, options[part]), part);
      }
      return dateArgument(run, date);
    },
  },
];
