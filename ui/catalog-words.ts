/** What a catalog keeps, and how long it took, in words. */

/** Characters of one value that are shown. */
const SHOWN_MAX = 200;
/** Values of one list that are shown. */
const VALUES_MAX = 40;

/** Says one value of any kind; `''` for none. */
export function valueInWords(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return valuesInWords(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`;
}

/** Says values with commas between; of many, the first and how many others. */
export function valuesInWords(values: readonly unknown[]): string {
  const shown = values.slice(0, VALUES_MAX).map(valueInWords).join(', ');
  const more = values.length - VALUES_MAX;
  return more > 0 ? `${shown} and ${more.toLocaleString('en-GB')} others` : shown;
}

/** `0.42 ms`; from 10 on without fractions. */
export function millisecondsInWords(milliseconds: number): string {
  return `${milliseconds < 10 ? milliseconds.toFixed(2) : Math.round(milliseconds)} ms`;
}
