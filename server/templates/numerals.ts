/** Numbers written with letters. */

/** Numbers beyond this are written in digits: their Roman form would be mostly M. */
const ROMAN_MAX = 3999;

const ROMAN: readonly (readonly [number, string])[] = [
  [1000, 'M'],
  [900, 'CM'],
  [500, 'D'],
  [400, 'CD'],
  [100, 'C'],
  [90, 'XC'],
  [50, 'L'],
  [40, 'XL'],
  [10, 'X'],
  [9, 'IX'],
  [5, 'V'],
  [4, 'IV'],
  [1, 'I'],
];

/** Gives a, b, … z, aa, ab, … for 1, 2, … */
export function letters(number: number): string {
  let text = '';
  for (let rest = number; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    text = String.fromCharCode(97 + ((rest - 1) % 26)) + text;
  }
  return text;
}

/** Gives I, II, III, … for 1, 2, 3, … */
export function roman(number: number): string {
  if (number > ROMAN_MAX) return String(number);
  let text = '';
  let rest = number;
  for (const [value, digits] of ROMAN) {
    while (rest >= value) {
      text += digits;
      rest -= value;
    }
  }
  return text;
}
