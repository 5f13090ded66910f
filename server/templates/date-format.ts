/**
 * Dates as text, by a pattern: `yyyy-MM-dd HH:mm`.
 *
 * Letters stand for parts of the date, as in Unicode's patterns; text in quotes stands for itself,
 * and two quotes for one. Everything is UTC unless a time zone is named.
 */
import { unusable } from './errors.js';
import { dateFormat } from './locale.js';

export const DATE_PATTERN_CHARACTERS_MAX = 200;

const PIECES = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'/g;

export interface DateStyle {
  readonly zone: string | undefined;
  readonly locale: string | undefined;
}

/** Whole styles, written by what is usual in the locale. */
const STYLES: ReadonlyMap<string, Intl.DateTimeFormatOptions> = new Map([
  ['short', { dateStyle: 'short' }],
  ['medium', { dateStyle: 'medium' }],
  ['long', { dateStyle: 'long' }],
  ['full', { dateStyle: 'full' }],
  ['time', { timeStyle: 'short' }],
  ['datetime', { dateStyle: 'medium', timeStyle: 'short' }],
] satisfies [string, Intl.DateTimeFormatOptions][]);

/**
 * Writes a date.
 * @param pattern a pattern, a style (`long`), `iso` or `http`
 * @throws TemplateFault `SRV_TEMPLATE_VALUE` for letters, zones and locales that mean nothing
 */
export function formatDate(date: Date, pattern: string, style: DateStyle): string {
  const timeZone = style.zone ?? 'UTC';
  if (pattern === 'iso') return date.toISOString();
  if (pattern === 'http') return date.toUTCString();
  const whole = STYLES.get(pattern);
  if (whole !== undefined) return dateFormat(style.locale, { ...whole, timeZone }).format(date);
  if (pattern.length > DATE_PATTERN_CHARACTERS_MAX)
    throw unusable('This date pattern is too long.');
  const fields = fieldsOf(date, timeZone);
  return pattern.replace(
    PIECES,
    (piece, quoted: string | undefined, letter: string | undefined) => {
      if (letter !== undefined)
        return part(letter, piece.length, { date, fields, timeZone, locale: style.locale });
      if (quoted !== undefined) return quoted === '' ? "'" : quoted.replaceAll("''", "'");
      return piece;
    },
  );
}

interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** The numbers of a date in a time zone. */
function fieldsOf(date: Date, timeZone: string): Fields {
  if (timeZone === 'UTC') {
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
    };
  }
  const format = dateFormat('en', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const parts = new Map(format.formatToParts(date).map(({ type, value }) => [type, Number(value)]));
  const field = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return {
    year: field('year'),
    month: field('month'),
    day: field('day'),
    hour: field('hour'),
    minute: field('minute'),
    second: field('second'),
  };
}

interface PartFacts {
  readonly date: Date;
  readonly fields: Fields;
  readonly timeZone: string;
  readonly locale: string | undefined;
}

function part(letter: string, count: number, facts: PartFacts): string {
  const { date, fields, timeZone, locale } = facts;
  const named = (options: Intl.DateTimeFormatOptions, type: Intl.DateTimeFormatPartTypes): string =>
    dateFormat(locale, { ...options, timeZone })
      .formatToParts(date)
      .find((one) => one.type === type)?.value ?? '';
  const digits = (number: number): string => String(number).padStart(count, '0');
  switch (letter) {
    case 'y':
      return count === 2 ? String(fields.year % 100).padStart(2, '0') : digits(fields.year);
    case 'M':
    case 'L':
      if (count <= 2) return digits(fields.month);
      return named({ month: count === 3 ? 'short' : 'long', day: 'numeric' }, 'month');
    case 'd':
      return digits(fields.day);
    case 'E':
      return named({ weekday: count <= 3 ? 'short' : 'long' }, 'weekday');
    case 'H':
      return digits(fields.hour);
    case 'h':
      return digits(fields.hour % 12 === 0 ? 12 : fields.hour % 12);
    case 'm':
      return digits(fields.minute);
    case 's':
      return digits(fields.second);
    case 'S':
      return String(date.getUTCMilliseconds()).padStart(3, '0').slice(0, count);
    case 'a':
      return named({ hour: 'numeric', hour12: true }, 'dayPeriod');
    case 'z':
      return named({ timeZoneName: count <= 3 ? 'short' : 'long' }, 'timeZoneName');
    case 'Z':
    case 'X':
      return offset(facts, letter === 'X' || count >= 3);
    default:
      throw unusable(`“${letter}” means nothing in a date pattern; put text in quotes.`);
  }
}

/** How far the zone is from UTC at that moment: `+01:00`. */
function offset({ date, fields, timeZone }: PartFacts, hasColon: boolean): string {
  if (timeZone === 'UTC' && hasColon) return 'Z';
  const { year, month, day, hour, minute, second } = fields;
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  const minutes = Math.round((local - Math.floor(date.getTime() / 1000) * 1000) / 60_000);
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(hours)}${hasColon ? ':' : ''}${two(rest)}`;
}
