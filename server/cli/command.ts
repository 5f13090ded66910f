/**
 * What a command of the command line is.
 *
 * A command says which settings and options it takes; parsing, `--help` and refusing what is
 * unknown follow from that. What it prints for people goes to `out`; what went wrong is thrown.
 */
import { ServerError } from '../errors.js';
import type { CommandOption, ResolvedSettings, SettingKey } from '../settings.js';

/** Wrong use of a command: the message says what would be right. */
export class UsageError extends ServerError {
  constructor(message: string) {
    super('SRV_USAGE', message);
  }
}

export interface CommandInput<K extends SettingKey> extends ResolvedSettings<K> {
  /** Where relative paths start. */
  readonly directory: string;
  /** Prints a line on standard output. */
  readonly out: (line: string) => void;
}

export interface Command<K extends SettingKey = SettingKey> {
  /** What follows the command's name: `SOURCE_DIR /target/path`. */
  readonly operands?: string;
  /** Paragraphs for `--help`, after the usage. */
  readonly about: string;
  readonly settings: readonly K[];
  readonly options?: readonly CommandOption[];
  /** Does it; answers the exit code. */
  run(input: CommandInput<K>): Promise<number>;
}

/** Keeps the settings' types together with the command that takes them. */
export function defineCommand<K extends SettingKey>(command: Command<K>): Command<K> {
  return command;
}

/** Gives the last value of an option; `undefined` when it was not given. */
export function optionOf(
  input: Pick<CommandInput<SettingKey>, 'options'>,
  name: string,
): string | undefined {
  return input.options[name]?.at(-1);
}
