/**
 * Formats for numbers and dates by locale, kept because making one costs more than using it.
 *
 * The default locale is the same everywhere, so that a page does not depend on the machine.
 */
import { unusable } from './errors.js';

export const LOCALE_DEFAULT = 'en';

/** Formats kept; the oldest goes first. */
const FORMATS_MAX = 200;

const formats = new Map<string, unknown>();

/** @throws TemplateFault `SRV_TEMPLATE_VALUE` for a locale that is none */
export function numberFormat(
  locale: string | undefined,
  options: Intl.NumberFormatOptions,
): Intl.NumberFormat {
  const name = locale ?? LOCALE_DEFAULT;
  return kept(['number', name, options], () => new Intl.NumberFormat(name, options));
}

/** @throws TemplateFault `SRV_TEMPLATE_VALUE` for a locale or a time zone that is none */
export function dateFormat(
  locale: string | undefined,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const name = locale ?? LOCALE_DEFAULT;
  return kept(['date', name, options], () => new Intl.DateTimeFormat(name, options));
}

/** @throws TemplateFault `SRV_TEMPLATE_VALUE` for a locale that is none */
export function agoFormat(locale: string | undefined): Intl.RelativeTimeFormat {
  const name = locale ?? LOCALE_DEFAULT;
  return kept(['ago', name], () => new Intl.RelativeTimeFormat(name, { numeric: 'auto' }));
}

function kept<T>(facts: readonly unknown[], make: () => T): T {
  const key = JSON.stringify(facts);
  const known = formats.get(key) as T | undefined;
  if (known !== undefined) return known;
  let format: T;
  try {
    format = make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw unusable(`${error.message}.`);
  }
  const [oldest] = formats.keys();
  if (formats.size >= FORMATS_MAX && oldest !== undefined) formats.delete(oldest);
  formats.set(key, format);
  return format;
}
