/**
 * What our own views can say besides Handlebars' blocks: icons, asset addresses, sizes, times and
 * small comparisons.
 *
 * Helpers get plain values and answer text; only `icon` and `time` answer markup, made of parts
 * that are escaped here.
 */
import { countInWords, DRY_RUN_FIELD, momentInWords, sizeInWords } from '../server/index.js';
import { assetUrl } from './assets.js';

export { countInWords, sizeInWords };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** How many moments a thread keeps in words. */
const MOMENTS_KEPT_MAX = 10_000;

/**
 * Says when something happened as a person would: "just now", "12 min ago" for an hour, then "today
 * 11:42", "yesterday 9:05", "3 Nov", and with the year when it is another one. In UTC.
 */
export function timeInWords(ms: number, nowMs: number): string {
  const age = nowMs - ms;
  if (age >= 0 && age < MINUTE_MS) return 'just now';
  if (age >= 0 && age < HOUR_MS) return `${Math.floor(age / MINUTE_MS)} min ago`;
  const date = new Date(ms);
  const days = Math.floor(nowMs / DAY_MS) - Math.floor(ms / DAY_MS);
  const clock = `${date.getUTCHours()}:${String(date.getUTCMinutes()).padStart(2, '0')}`;
  if (days === 0) return `today ${clock}`;
  if (days === 1) return `yesterday ${clock}`;
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ''}`;
  const sameYear = date.getUTCFullYear() === new Date(nowMs).getUTCFullYear();
  return sameYear ? day : `${day} ${date.getUTCFullYear()}`;
}

/** Says the whole moment, to the second, in UTC: `2026-11-03 11:42:07 UTC`. */
export const fullTime = momentInWords;

/** Names a few things: `faq and tips`; of many, the first few and how many others. */
export function namesInWords(names: readonly string[], namedMax: number): string {
  if (names.length <= 1) return names.join('');
  if (names.length <= namedMax) return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
  const named = names.slice(0, namedMax);
  return `${named.join(', ')} and ${countInWords(names.length - namedMax, 'other')}`;
}

const openings = new Map<number, string>();

/** The opening tag of a moment. Kept, since a listing shows the same moments again and again. */
function openingOf(ms: number): string {
  let opening = openings.get(ms);
  if (opening === undefined) {
    opening = `<time datetime="${new Date(ms).toISOString()}" title="${fullTime(ms)}">`;
    if (openings.size >= MOMENTS_KEPT_MAX) openings.clear();
    openings.set(ms, opening);
  }
  return opening;
}

/** Markup of our own making, which a view puts in as it is. */
export class Markup {
  readonly #html: string;

  constructor(html: string) {
    this.#html = html;
  }

  /** What views ask for before they would escape. */
  toHTML(): string {
    return this.#html;
  }
}

const ICON_NAME = /^[a-z-]+$/;
const icons = new Map<string, Markup>();

/**
 * An icon of the sprite, hidden from screen readers: words stand beside it.
 *
 * @param size `s` or `l`; by default as large as the text
 * @throws TypeError for what cannot be the name of an icon
 */
export function icon(name: string, size = ''): Markup {
  const key = `${name} ${size}`;
  let markup = icons.get(key);
  if (markup === undefined) {
    if (!ICON_NAME.test(name)) throw new TypeError(`Not the name of an icon: ${name}`);
    const sizeClass = size === 's' || size === 'l' ? ` i--${size}` : '';
    const href = `${assetUrl('icons.svg')}#i-${name}`;
    markup = new Markup(
      `<svg class="i${sizeClass}" aria-hidden="true"><use href="${href}"/></svg>`,
    );
    icons.set(key, markup);
  }
  return markup;
}

/** What the last argument of every helper has: the data of the page. */
interface HelperOptions {
  readonly data?: { readonly nowMs?: unknown };
}

function nowOf(options: unknown): number {
  // Handlebars passes that last.
  const nowMs = (options as HelperOptions).data?.nowMs;
  return typeof nowMs === 'number' ? nowMs : Date.now();
}

/** The helpers by their names in views. The last argument of each is the page's `HelperOptions`. */
export const helpers = {
  icon: (name: string, ...more: unknown[]) =>
    icon(name, typeof more[0] === 'string' ? more[0] : undefined),
  asset: (name: string) => assetUrl(name),
  bytes: (bytes: number) => sizeInWords(bytes),
  grouped: (amount: number) => amount.toLocaleString('en-GB'),
  plural: (count: number, one: string, ...more: unknown[]) =>
    countInWords(count, one, typeof more[0] === 'string' ? more[0] : undefined),
  /** `{{time ms}}` says it as of now; `{{time ms words}}` as the model does. */
  time: (ms: number, ...more: unknown[]) => {
    const [said] = more;
    const words = typeof said === 'string' ? said : timeInWords(ms, nowOf(more.at(-1)));
    return new Markup(`${openingOf(ms)}${words}</time>`);
  },
  /** Gives an address at which a form is tried out. */
  tried: (address: string) => `${address}${address.includes('?') ? '&' : '?'}${DRY_RUN_FIELD}=true`,
  eq: (left: unknown, right: unknown) => left === right,
  not: (value: unknown) => value === false || value === undefined || value === '' || value === 0,
  and: (left: unknown, right: unknown) => left && right,
  or: (left: unknown, right: unknown) => left || right,
  join: (values: readonly unknown[], separator: string) => values.join(separator),
};
