/**
 * Reading what a JSON client sends.
 *
 * A body is `unknown` until it was read here; what comes out has a precise type. Everything wrong
 * with it is collected, so that one answer names every bad member.
 */
import { parseDate } from '../dates.js';
import { BadRequest, Invalid, type FieldError } from '../errors.js';
import type { PublishRequest } from '../publisher/request.js';
import { quoted } from '../quote.js';

export type Json = Readonly<Record<string, unknown>>;

/** How many items a list answers with when nothing is asked for. */
export const LIMIT_DEFAULT = 50;
/** The most items a list answers with. */
export const LIMIT_MAX = 1000;

/** True for a JSON object: neither `null` nor an array. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The members of a request's JSON body, read one by one.
 *
 * Ask for each member by its type, then call `done`, which throws if anything was wrong or a
 * member was sent that nobody asked for.
 */
export class Body {
  readonly #members: Json;
  readonly #asked = new Set<string>();
  readonly #errors: FieldError[] = [];

  /**
   * @throws Invalid when the body is JSON but not an object
   * @throws BadRequest when it is not JSON
   */
  constructor(request: PublishRequest) {
    const value = request.json();
    if (value !== undefined && !isObject(value)) {
      throw new Invalid([{ field: '', message: 'The body must be a JSON object' }]);
    }
    this.#members = value ?? {};
  }

  has(name: string): boolean {
    return this.#members[name] !== undefined;
  }

  string(name: string): string | undefined {
    return this.#read(name, 'a string', (value) => (typeof value === 'string' ? value : undefined));
  }

  boolean(name: string): boolean | undefined {
    return this.#read(name, 'true or false', (value) =>
      typeof value === 'boolean' ? value : undefined,
    );
  }

  number(name: string): number | undefined {
    return this.#read(name, 'a number', (value) => (typeof value === 'number' ? value : undefined));
  }

  object(name: string): Json | undefined {
    return this.#read(name, 'an object', (value) => (isObject(value) ? value : undefined));
  }

  strings(name: string): readonly string[] | undefined {
    return this.#read(name, 'a list of strings', (value) =>
      Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined,
    );
  }

  list(name: string): readonly unknown[] | undefined {
    return this.#read(name, 'a list', (value) =>
      Array.isArray(value) ? (value as unknown[]) : undefined,
    );
  }

  /** Gives a member as it was sent. */
  any(name: string): unknown {
    this.#asked.add(name);
    return this.#members[name];
  }

  /** Says that a member is wrong for a reason of its own. */
  refuse(field: string, message: string): void {
    this.#errors.push({ field, message });
  }

  /** Gives a string that must be there; `''` where it is not, which was refused then. */
  required(name: string): string {
    const value = this.string(name);
    if (value === '' || !this.has(name)) this.refuse(name, 'This is required');
    return value ?? '';
  }

  /** Refuses a list that must hold something, and is not there or empty. */
  requireItems(name: string, list: readonly unknown[] | undefined): void {
    if (list?.length === 0 || !this.has(name)) this.refuse(name, 'Name at least one');
  }

  /** @throws Invalid naming everything that was wrong */
  done(): void {
    for (const name of Object.keys(this.#members)) {
      if (!this.#asked.has(name)) this.refuse(name, 'There is no such member here');
    }
    if (this.#errors.length > 0) throw new Invalid(this.#errors);
  }

  #read<T>(name: string, kind: string, read: (value: unknown) => T | undefined): T | undefined {
    this.#asked.add(name);
    const value = this.#members[name];
    if (value === undefined) return undefined;
    const found = read(value);
    if (found === undefined) this.refuse(name, `This must be ${kind}`);
    return found;
  }
}

/** Reads a time from a body, where it must be; `NaN` where it is none, which was refused then. */
export function readTime(body: Body, name: string): number {
  const given = body.required(name);
  const ms = parseDate(given)?.getTime() ?? NaN;
  if (given !== '' && Number.isNaN(ms)) {
    body.refuse(name, `${quoted(given)} is no time; it is written as 2026-11-21T09:30Z`);
  }
  return ms;
}

/** Gives a moment, in milliseconds since the epoch, as JSON shows it. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** Which part of a list is asked for. */
export interface Range {
  readonly start: number;
  readonly limit: number;
}

/**
 * Reads `start` and `limit` from the query.
 * @throws BadRequest naming the one that is no whole number, or out of bounds
 */
export function readRange(request: PublishRequest): Range {
  const start = readCount(request, 'start', 0, Number.MAX_SAFE_INTEGER) ?? 0;
  const limit = readCount(request, 'limit', 0, LIMIT_MAX) ?? LIMIT_DEFAULT;
  return { start, limit };
}

/**
 * Reads one of a few words from the query.
 * @throws BadRequest naming the words that would do
 */
export function readChoice<T extends string>(
  request: PublishRequest,
  name: string,
  choices: readonly T[],
): T | undefined {
  if (!request.query.has(name)) return undefined;
  const given = request.query.text(name);
  const found = choices.find((choice) => choice === given);
  if (found === undefined) {
    throw new BadRequest(`${name} must be one of ${choices.join(', ')}, not ${quoted(given)}`, {
      field: name,
    });
  }
  return found;
}

function readCount(
  request: PublishRequest,
  name: string,
  min: number,
  max: number,
): number | undefined {
  if (!request.query.has(name)) return undefined;
  const given = request.query.text(name);
  const value = Number(given);
  if (!/^\d+$/.test(given) || value < min || value > max) {
    throw new BadRequest(
      `${name} must be a whole number from ${min} to ${max}, not ${quoted(given)}`,
      { field: name },
    );
  }
  return value;
}

/** A list as every list is answered: one page of it, and how long it is. */
export function page<T>(items: readonly T[], total: number, { start, limit }: Range): Json {
  return { items, total, start, limit };
}
