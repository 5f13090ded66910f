/** `@request` and `@response` as templates see them. */
import { unusable } from './errors.js';
import type { Run } from './frame.js';
import { Tainted, untaint } from './taint.js';
import { textOf } from './text.js';
import { Callable } from './callable.js';
import type { RequestData } from './world.js';

/** Characters of a header's value, and of an address to redirect to. */
const HEADER_CHARACTERS_MAX = 8000;

const REQUEST_NAMES = ['method', 'url', 'path', 'query', 'form', 'cookies', 'headers'] as const;

const records = new WeakMap<RequestData, Tainted>();

/** Gives the request as a marked record. A member is read only when a template names it. */
export function requestRecord(request: RequestData): Tainted {
  const known = records.get(request);
  if (known !== undefined) return known;
  const record: object = {};
  for (const name of REQUEST_NAMES) {
    Object.defineProperty(record, name, { get: () => request[name], enumerable: true });
  }
  const marked = new Tainted(record);
  records.set(request, marked);
  return marked;
}

/** Gives what a template may call to decide about the answer. */
export function responseRecord(run: Run): Readonly<Record<string, Callable>> {
  const { response } = run.world;
  return {
    status: new Callable('@response.status', ({ positional: [status] }) => {
      response.status(statusOf(status));
    }),
    header: new Callable('@response.header', ({ positional: [name, value] }) => {
      response.header(shortText(run, name), shortText(run, value));
    }),
    redirect: new Callable('@response.redirect', ({ positional: [url, status] }) => {
      response.redirect(shortText(run, url), status === undefined ? undefined : statusOf(status));
    }),
  };
}

function statusOf(value: unknown): number {
  const status = Number(untaint(value));
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw unusable('A status is a number from 200 to 599.');
}

function shortText(run: Run, value: unknown): string {
  const text = textOf(run, value);
  if (text.length <= HEADER_CHARACTERS_MAX && !/\p{Cc}/u.test(text.replaceAll('\t', ' ')))
    return text;
  throw unusable('A header is one line of at most 8,000 characters.');
}
