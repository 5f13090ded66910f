/**
 * Values as databases give them, in the few forms that the site knows.
 *
 * Whole numbers are numbers as far as those are exact. Bytes have memory of their own, so that handing
 * them to another thread does not copy what happened to lie beside them. Dates are texts, a moment
 * always in UTC.
 */

const MOMENT = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:\+00(?::?00)?|Z)?$/;
const MILLISECOND_DIGITS = 3;

/** Gives a whole number, exactly. */
export function wholeNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Gives bytes in memory that they share with no others. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/**
 * Gives a moment that a database wrote in UTC as ISO 8601 has it: `2026-05-01T10:00:00.000Z`, with more
 * digits where there are more. What is no moment of our calendar (`infinity`, years BC) stays as it is.
 */
export function isoMoment(text: string): string {
  const found = MOMENT.exec(text);
  if (found === null) return text;
  const [, day = '', time = '', fraction = ''] = found;
  const digits = fraction.replace(/0+$/, '').padEnd(MILLISECOND_DIGITS, '0');
  return `${day}T${time}.${digits}Z`;
}
