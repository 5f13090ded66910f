/**
 * Where settings are given: the command line and the settings file.
 *
 * Both are read into the same shape, texts by name, before anything is converted. A name that
 * nobody knows is refused, with the one that was probably meant.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { SettingsError } from './settings-kinds.js';

/** The file that is read when `--config` names no other. */
export const CONFIG_FILE = 'canopy.config.json';

export type GivenValues = Readonly<Record<string, readonly string[]>>;

/** An option: a flag without `value`, otherwise one that takes a value. */
export interface OptionName {
  readonly name: string;
  readonly value?: string;
}

export interface CommandLine {
  /** Every option that was given; a flag's value is `true`. */
  readonly given: GivenValues;
  /** Arguments that are not options, in their order. */
  readonly operands: readonly string[];
}

type ParserOptions = Record<string, { type: 'string' | 'boolean'; multiple: true; short?: string }>;

/**
 * Reads a command line.
 * @throws SettingsError `SRV_SETTING` for an unknown option, or one without its value
 */
export function readCommandLine(
  args: readonly string[],
  known: readonly OptionName[],
): CommandLine {
  const options: ParserOptions = {};
  for (const { name, value } of known) {
    options[name] = { type: value === undefined ? 'boolean' : 'string', multiple: true };
  }
  if (options['help'] !== undefined) options['help'].short = 'h';
  const { values, positionals } = parseLine(args, options);
  const given: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) given[name] = value.map(String);
  }
  return { given, operands: positionals };
}

function parseLine(args: readonly string[], options: ParserOptions) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const message = describe(error);
    const [, misused, fault = ''] =
      /^Option '(?:-\w, )?(--[\w-]+)[^']*' (argument|does not take)/.exec(message) ?? [];
    if (misused !== undefined) {
      const rule = fault === 'argument' ? 'needs a value' : 'takes no value';
      throw new SettingsError(`The option ${misused} ${rule}.`, { cause: error });
    }
    const unknown = /^Unknown option '(-[^']*)'/.exec(message)?.[1];
    if (unknown === undefined) throw new SettingsError(message, { cause: error });
    const meant = nearest(unknown.replace(/^-+/, ''), Object.keys(options));
    const hint = meant === undefined ? '' : ` Did you mean --${meant}?`;
    throw new SettingsError(`There is no option ${unknown}.${hint}`, { cause: error });
  }
}

export interface SettingsFile {
  /** As the operator named it, for messages. */
  readonly name: string;
  /** What relative paths in the file start from. */
  readonly directory: string;
  readonly given: GivenValues;
}

/**
 * Reads the settings file, where there is one.
 *
 * @param named the file that was asked for; without it, `canopy.config.json` may be absent
 * @param directory where a relative path starts
 * @param known every setting's name
 * @throws SettingsError `SRV_SETTING` when a named file is absent, or holds anything but settings
 */
export function readSettingsFile(
  named: string | undefined,
  directory: string,
  known: readonly string[],
): SettingsFile | undefined {
  const name = named ?? CONFIG_FILE;
  const file = path.resolve(directory, name);
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    if (named === undefined && isMissing(error)) return undefined;
    throw new SettingsError(`The settings file ${file} cannot be read: ${describe(error)}`, {
      cause: error,
    });
  }
  return { name, directory: path.dirname(file), given: fileValues(source, name, known) };
}

function fileValues(source: string, file: string, known: readonly string[]): GivenValues {
  const given: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(parseObject(source, file))) {
    if (!known.includes(name)) {
      const meant = nearest(name, known);
      const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
      throw new SettingsError(`There is no setting "${name}" (in ${file}).${hint}`);
    }
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (items.some((item) => typeof item === 'object')) {
      throw new SettingsError(`"${name}" in ${file} must be a text, a number, true or false.`);
    }
    given[name] = items.map(String);
  }
  return given;
}

function parseObject(source: string, file: string): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(source);
  } catch (error) {
    throw new SettingsError(`${file} is not JSON: ${describe(error)}`, { cause: error });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new SettingsError(`${file} must hold an object, such as {"port": 8080}.`);
  }
  return parsed;
}

/** Finds the name that `word` was probably meant to be: half of its letters may be wrong. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const within = Math.max(1, Math.floor(word.length / 2));
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of names) {
    const distance = editDistance(word, name);
    if (distance <= within && (best === undefined || distance < best.distance)) {
      best = { name, distance };
    }
  }
  return best?.name;
}

function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const changed = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const removed = (previous[column] ?? 0) + 1;
      const added = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(changed, removed, added));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
