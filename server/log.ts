/**
 * The log: one line for each thing worth knowing, on standard error.
 *
 * A line is JSON, for machines, or text, for a person at a terminal; both say the same. Lines are
 * gathered and written a few times a second, since a write costs more than the line; errors are
 * written at once, with all before them, and nothing is lost when the process ends by itself.
 * Values of fields are data: a password or a token must never become one.
 */
import { inSources } from './source-places.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** True when lines of that level are written; ask before gathering costly fields. */
  has(level: LogLevel): boolean;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'json' | 'text';
  /** Colours the level of text lines, for a terminal. */
  readonly colour?: boolean;
  /** Where finished lines go; by default standard error. */
  readonly write?: (lines: string) => void;
  readonly nowMs?: () => number;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** How long a line may wait for others. */
const GATHER_MS = 200;
/** Gathered text that is written without waiting longer. */
const GATHER_CHARACTERS_MAX = 16_384;

export class Log implements Logger, Disposable {
  readonly #rank: number;
  readonly #format: LogOptions['format'];
  readonly #colour: boolean;
  readonly #write: (lines: string) => void;
  readonly #nowMs: () => number;
  readonly #flushAtExit = (): void => this.flush();
  #gathered = '';
  #timer: NodeJS.Timeout | undefined;
  #stamp = { ms: Number.NaN, text: '' };

  constructor(options: LogOptions) {
    this.#rank = RANK[options.level];
    this.#format = options.format;
    this.#colour = options.colour ?? false;
    this.#write = options.write ?? writeToStandardError;
    this.#nowMs = options.nowMs ?? Date.now;
    process.on('exit', this.#flushAtExit);
  }

  has(level: LogLevel): boolean {
    return RANK[level] >= this.#rank;
  }

  debug(message: string, fields?: LogFields): void {
    this.#add('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#add('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#add('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#add('error', message, fields);
    this.flush();
  }

  /** Writes what was gathered. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#gathered === '') return;
    const lines = this.#gathered;
    this.#gathered = '';
    this.#write(lines);
  }

  [Symbol.dispose](): void {
    this.flush();
    process.off('exit', this.#flushAtExit);
  }

  #add(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (RANK[level] < this.#rank) return;
    const time = this.#time();
    const line =
      this.#format === 'json'
        ? JSON.stringify({ time, level, message, ...fields }, plainErrors)
        : textLine({ time, level, message, fields, colour: this.#colour });
    this.#gathered += `${line}\n`;
    if (this.#gathered.length > GATHER_CHARACTERS_MAX) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), GATHER_MS).unref();
  }

  /** The time as text, made once a millisecond. */
  #time(): string {
    const ms = this.#nowMs();
    if (ms !== this.#stamp.ms) this.#stamp = { ms, text: new Date(ms).toISOString() };
    return this.#stamp.text;
  }
}

function writeToStandardError(lines: string): void {
  // A reader that went away takes the log with it, never the server.
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => {});
  process.stderr.write(lines);
}

function plainErrors(key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  // Also of errors that were made plain in another thread.
  if (key === 'stack' && typeof value === 'string') return inSources(value);
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  const code = 'code' in value ? value.code : undefined;
  return { name, code, message, stack, ...(cause === undefined ? {} : { cause }) };
}

const COLOUR: Readonly<Record<LogLevel, string>> = {
  debug: '\u001B[2m',
  info: '\u001B[36m',
  warn: '\u001B[33m',
  error: '\u001B[31m',
};
const PLAIN = '\u001B[0m';
const TIME_OF_DAY = [11, 23] as const;
const LEVEL_WIDTH = 5;

interface TextLine {
  readonly time: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
  readonly colour: boolean;
}

function textLine({ time, level, message, fields, colour }: TextLine): string {
  const word = level.padEnd(LEVEL_WIDTH);
  const shown = colour ? `${COLOUR[level]}${word}${PLAIN}` : word;
  let line = `${time.slice(...TIME_OF_DAY)} ${shown} ${message}`;
  let stack = '';
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (value instanceof Error) stack += `\n${describeError(value)}`;
    else line += ` ${name}=${textValue(value)}`;
  }
  return line + stack;
}

function textValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, plainErrors);
  return /^[\w.:/@?&=%+,-]*$/.test(text) ? text : JSON.stringify(text);
}

function describeError(error: Error): string {
  const own = inSources(error.stack ?? `${error.name}: ${error.message}`).replaceAll(/^/gm, '    ');
  return error.cause instanceof Error
    ? `${own}\n    because of\n${describeError(error.cause)}`
    : own;
}
