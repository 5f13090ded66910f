/** `printf` as C has it, for numbers and texts: flags, width and precision, all bounded. */
import { numberOf } from './compare.js';
import { unusable } from './errors.js';
import type { Run } from './frame.js';
import { textOf } from './text.js';

/** Widest field, and most digits after the point. */
export const PRINTF_WIDTH_MAX = 1000;
export const PRINTF_DIGITS_MAX = 100;

const SPECIFIER = /%(%|([-+ 0#]*)([0-9]{0,9})(?:\.([0-9]{0,9}))?([a-zA-Z]))/g;

interface Field {
  readonly flags: string;
  readonly width: number;
  readonly digits: number | undefined;
}

/**
 * Writes values into a format: `%d %i %u %x %X %o %e %f %g %c %s %%`.
 * @throws TemplateFault `SRV_TEMPLATE_VALUE` for a format that is none, or too few values
 */
export function formatPrintf(run: Run, format: string, values: readonly unknown[]): string {
  run.budget.text(format.length);
  let next = 0;
  let length = format.length;
  return format.replace(
    SPECIFIER,
    (whole, percent: string, flags = '', width = '', digits?: string, kind = '') => {
      if (percent === '%') return '%';
      if (next >= values.length) throw unusable(`There is no value for ${whole}.`);
      const field = {
        flags,
        width: Number(width),
        digits: digits === undefined ? undefined : Number(digits),
      };
      const text = formatField(run, values[next], kind, field);
      next += 1;
      length += text.length;
      run.budget.text(length);
      return text;
    },
  );
}

function formatField(run: Run, value: unknown, kind: string, field: Field): string {
  if (field.width > PRINTF_WIDTH_MAX || (field.digits ?? 0) > PRINTF_DIGITS_MAX) {
    throw unusable(
      `A field is at most ${PRINTF_WIDTH_MAX} wide, with ${PRINTF_DIGITS_MAX} digits.`,
    );
  }
  if (kind === 's' || kind === 'c') {
    const text = textOf(run, value);
    return padded(
      kind === 'c' ? String.fromCodePoint(text.codePointAt(0) ?? 32) : text.slice(0, field.digits),
      field,
    );
  }
  const number = numberOf(value);
  if (number === undefined) throw unusable(`%${kind} needs a number.`);
  return signed(formatNumber(Math.abs(number), kind, field), number, field);
}

function formatNumber(number: number, kind: string, { flags, digits }: Field): string {
  const prefix = flags.includes('#');
  switch (kind) {
    case 'd':
    case 'i':
    case 'u':
      return wholeDigits(number, 10).padStart(digits ?? 0, '0');
    case 'x':
      return (prefix ? '0x' : '') + wholeDigits(number, 16);
    case 'X':
      return (prefix ? '0X' : '') + wholeDigits(number, 16).toUpperCase();
    case 'o':
      return (prefix ? '0' : '') + wholeDigits(number, 8);
    case 'f':
    case 'F':
      return number.toFixed(digits ?? 6);
    case 'e':
      return exponential(number, digits);
    case 'E':
      return exponential(number, digits).toUpperCase();
    case 'g':
    case 'G':
      return general(number, digits === 0 ? 1 : (digits ?? 6));
    default:
      throw unusable(`%${kind} is not known.`);
  }
}

function wholeDigits(number: number, radix: number): string {
  const whole = Math.trunc(number);
  return Number.isFinite(whole) ? BigInt(whole).toString(radix) : String(number);
}

/** C writes at least two digits of exponent. */
function exponential(number: number, digits = 6): string {
  return number.toExponential(digits).replace(/e([-+])([0-9])$/, 'e$10$2');
}

function general(number: number, digits: number): string {
  const exponent = number === 0 ? 0 : Math.floor(Math.log10(number));
  if (exponent < -4 || exponent >= digits) {
    return exponential(number, digits - 1).replace(/\.?0+e/, 'e');
  }
  const text = number.toFixed(Math.max(0, digits - 1 - exponent));
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function signed(text: string, number: number, field: Field): string {
  const { flags, width } = field;
  const isNegative = number < 0 || Object.is(number, -0);
  const sign = isNegative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  const fillsZeros = flags.includes('0') && !flags.includes('-') && Number.isFinite(number);
  if (fillsZeros) return sign + text.padStart(width - sign.length, '0');
  return padded(sign + text, field);
}

function padded(text: string, { flags, width }: Field): string {
  return flags.includes('-') ? text.padEnd(width) : text.padStart(width);
}
