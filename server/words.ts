/**
 * Amounts as people say them.
 */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Says how much that is: `214 kB`, `1.9 kB`, `12 B`; one decimal below ten. */
export function sizeInWords(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 1000 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  const shown = unit === 0 || amount >= 9.95 ? amount.toFixed(0) : amount.toFixed(1);
  return `${shown} ${UNITS[unit] ?? 'B'}`;
}

/** Says a number of things: `1 object`, `1,204 objects`. */
export function countInWords(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;
}

/** Says a moment to the minute, in UTC: `12 Nov 2026, 09:14`. */
export function minuteInWords(ms: number): string {
  const date = new Date(ms);
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ''} ${date.getUTCFullYear()}`;
  return `${day}, ${date.toISOString().slice(11, 16)}`;
}

/** Says a moment to the second, in UTC: `2026-11-03 11:42:07 UTC`. */
export function momentInWords(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
