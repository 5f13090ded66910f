/**
 * The kinds of setting: how the text an operator gave becomes a value.
 *
 * A kind parses text alone, since a command line and an environment have nothing else; values of
 * the settings file are written as text first. What does not parse throws an error whose message
 * completes the sentence "NAME must be …".
 */
import path from 'node:path';
import { ServerError } from './errors.js';
import { PASSWORD_BYTES_MAX, refusePassword } from './security/password.js';

/** A setting that cannot be used as it was given. */
export class SettingsError extends ServerError {
  constructor(message: string, options?: ErrorOptions) {
    super('SRV_SETTING', message, options);
  }
}

/** One setting: its name, what it is when nobody gives it, and how text becomes its value. */
export interface Setting<T> {
  readonly name: string;
  /** What stands for the value in `--help`; absent for a flag, which takes none. */
  readonly value?: string;
  readonly help: string;
  readonly fallback: T;
  /** How `--help` writes the fallback, where its value says it badly. */
  readonly shown?: string;
  /** No message repeats its value, and an empty variable of the environment counts as none. */
  readonly secret?: boolean;
  /**
   * @param given at least one text
   * @param directory where relative paths start
   */
  parse(given: readonly string[], directory: string): T;
}

type About = Pick<Setting<unknown>, 'name' | 'value' | 'help' | 'shown'>;

export function text(about: About & { readonly fallback: string }): Setting<string> {
  return { ...about, parse: last };
}

/** A password that somebody can have; without one, `undefined`. */
export function password(about: About): Setting<string | undefined> {
  return {
    ...about,
    fallback: undefined,
    secret: true,
    parse(given) {
      if (refusePassword(last(given)) === undefined) return last(given);
      throw new Error(`a password of 1 to ${PASSWORD_BYTES_MAX} bytes`);
    },
  };
}

export function folder(about: About & { readonly fallback: string }): Setting<string> {
  return {
    ...about,
    parse(given, directory) {
      if (last(given) === '') throw new Error('a path');
      return path.resolve(directory, last(given));
    },
  };
}

export function count(
  about: About & { readonly fallback: number; readonly min: number; readonly max: number },
): Setting<number> {
  const { min, max } = about;
  return {
    ...about,
    parse(given) {
      const number = Number(last(given));
      if (!/^\d+$/.test(last(given)) || number < min || number > max) {
        throw new Error(`a whole number from ${min} to ${max}`);
      }
      return number;
    },
  };
}

/** Seconds, with decimals; the value is in whole milliseconds. */
export function seconds(
  about: About & { readonly fallback: number; readonly max: number },
): Setting<number> {
  return {
    ...about,
    parse(given) {
      const number = Number(last(given));
      if (!/^\d+(\.\d+)?$/.test(last(given)) || number <= 0 || number > about.max) {
        throw new Error(`a number of seconds above 0, ${about.max} at most`);
      }
      return Math.ceil(number * 1000);
    },
  };
}

const UNIT_BYTES: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['k', 2 ** 10],
  ['m', 2 ** 20],
  ['g', 2 ** 30],
]);

/** Bytes, with or without a unit: `1048576`, `500kB`, `1.5 GB`. */
export function size(about: About & { readonly fallback: number }): Setting<number> {
  return {
    ...about,
    parse(given) {
      const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmg]?)b?$/i.exec(last(given)) ?? [];
      const bytes = Math.floor(Number(number) * (UNIT_BYTES.get(unit.toLowerCase()) ?? 1));
      if (!Number.isSafeInteger(bytes)) throw new Error('a size, such as 500kB, 64MB or 1GB');
      return bytes;
    },
  };
}

export function flag(about: About): Setting<boolean> {
  return {
    ...about,
    fallback: false,
    parse(given) {
      if (/^(1|true|yes|on)$/i.test(last(given))) return true;
      if (/^(0|false|no|off|)$/i.test(last(given))) return false;
      throw new Error('true or false');
    },
  };
}

/** Given repeatedly, or once with commas. */
export function list(about: About): Setting<readonly string[]> {
  return {
    ...about,
    fallback: [],
    parse: (given) =>
      given
        .flatMap((items) => items.split(','))
        .map((item) => item.trim())
        .filter((item) => item !== ''),
  };
}

export function choice<const T extends string>(
  about: About & { readonly fallback: T; readonly choices: readonly T[] },
): Setting<T> {
  return {
    ...about,
    parse(given) {
      const found = about.choices.find((one) => one === last(given));
      if (found === undefined) throw new Error(`one of ${about.choices.join(', ')}`);
      return found;
    },
  };
}

/** Of a value given repeatedly the last one counts, as shells' aliases expect. */
function last(given: readonly string[]): string {
  return given.at(-1) ?? '';
}
