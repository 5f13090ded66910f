/**
 * What an error is to whoever asked: its status, its headers, and what is said about it.
 *
 * The statuses of pages are chosen here and nowhere else. An error that is none of ours says
 * nothing of the inside: the visitor is given an id, and the log has the rest under it. `plain`
 * answers need nothing of the site, so they can always be given.
 */
import { ConflictError, OdbError } from '../../odb/index.js';
import {
  BadRequest,
  Forbidden,
  Invalid,
  MethodNotAllowed,
  NotFinished,
  NotFound,
  PreconditionFailed,
  ReadOnlyRequest,
  ServerError,
  Taken,
  TemplateError,
  TooLarge,
  TooManyAttempts,
  Unauthorized,
  Unavailable,
  UnsupportedMedia,
} from '../errors.js';
import { asMessage } from '../quote.js';
import { SqlError } from '../sql/sql-errors.js';
import { notWritable } from './not-writable.js';
import type { Answer } from './response.js';

/** An error as a page tells it. */
export interface ErrorReport {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** The path asked for. */
  readonly path: string;
  /** Names the error in the log; for the visitor to quote where the fault is ours. */
  readonly id: string;
  /** The fault is the server's or the site's own: it belongs in the log. */
  readonly ours: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** What happened inside; for the eyes of those who may change it. */
  readonly inside?: InsideReport;
}

export interface InsideReport {
  readonly message: string;
  /** Path of the template it happened in, where it was one. */
  readonly template?: string;
  /** From 1. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

export const BASIC_CHALLENGE = 'Basic realm="Canopy", charset="UTF-8"';
const CONFLICT_RETRY_SECONDS = 1;
const FAULT = 'The server could not answer this. The fault is not yours.';

const TITLES: Readonly<Record<number, string>> = {
  400: 'This request makes no sense',
  401: 'Sign in first',
  403: 'Not allowed',
  404: 'Nothing here',
  405: 'Not in this way',
  409: 'Something is in the way',
  412: 'Changed since',
  413: 'Too large',
  415: 'Not a type that is taken here',
  422: 'Some values are not right',
  429: 'Too many attempts',
  500: 'Something went wrong',
  503: 'Try again in a moment',
};

/** Says what an error is, for the path asked for and under the id the log has. */
export function reportError(error: unknown, path: string, id: string): ErrorReport {
  const { status, detail, headers = {}, inside } = judge(error);
  return {
    status,
    title: TITLES[status] ?? 'Error',
    detail: asMessage(detail),
    path,
    id,
    ours: status === 500,
    headers,
    ...(inside === undefined ? {} : { inside }),
  };
}

interface Judgement {
  readonly status: number;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly inside?: InsideReport;
}

function judge(error: unknown): Judgement {
  if (error instanceof TemplateError) {
    const { path, line, column, message } = error;
    const inside = { template: path, line, column, message };
    return { status: 500, detail: 'A template of this page has an error.', inside };
  }
  if (error instanceof SqlError) {
    const { path, line, column, message } = error;
    const inside = { template: path, line, column, message };
    return { status: 500, detail: 'A statement of this page failed.', inside };
  }
  if (error instanceof ServerError) return judgeOwn(error);
  if (error instanceof ConflictError) {
    return {
      status: 503,
      detail: 'Others changed the same thing at the same time. Nothing was saved.',
      headers: { 'Retry-After': String(CONFLICT_RETRY_SECONDS) },
    };
  }
  if (error instanceof OdbError && error.code === 'ODB_NO_OBJECT') {
    return { status: 404, detail: 'There is no such object any more.' };
  }
  const closed = notWritable(error);
  return closed === undefined ? { status: 500, detail: FAULT } : judgeOwn(closed);
}

function judgeOwn(error: ServerError): Judgement {
  const detail = error.message;
  if (error instanceof Unauthorized) {
    return error.known
      ? { status: 403, detail }
      : { status: 401, detail, headers: { 'WWW-Authenticate': BASIC_CHALLENGE } };
  }
  if (error instanceof Unavailable || error instanceof TooManyAttempts) {
    const status = error instanceof Unavailable ? 503 : 429;
    return { status, detail, headers: { 'Retry-After': String(error.retryAfterSeconds) } };
  }
  if (error instanceof MethodNotAllowed) {
    return { status: 405, detail, headers: { Allow: error.allow.join(', ') } };
  }
  if (error instanceof ReadOnlyRequest) return { status: 405, detail, headers: { Allow: 'POST' } };
  if (error instanceof NotFound) return { status: 404, detail };
  if (error instanceof NotFinished) return { status: 500, detail };
  if (error instanceof Forbidden) return { status: 403, detail };
  if (error instanceof BadRequest) return { status: 400, detail };
  if (error instanceof Taken) return { status: 409, detail };
  if (error instanceof PreconditionFailed) return { status: 412, detail };
  if (error instanceof TooLarge) return { status: 413, detail };
  if (error instanceof UnsupportedMedia) return { status: 415, detail };
  if (error instanceof Invalid) return { status: 422, detail };
  return { status: 500, detail: FAULT, inside: { message: detail } };
}

/** Gives an answer that needs nothing of the site: a problem for programs, else a page. */
export function plainAnswer(report: ErrorReport, options: { readonly json: boolean }): Answer {
  const headers = [
    ...Object.entries(report.headers),
    ['Cache-Control', 'no-store'] as const,
    [
      'Content-Type',
      options.json ? 'application/problem+json' : 'text/html; charset=utf-8',
    ] as const,
  ];
  return {
    status: report.status,
    headers,
    body: options.json ? plainProblem(report) : plainPage(report),
  };
}

function plainProblem({ status, title, detail, id, ours }: ErrorReport): string {
  return JSON.stringify({ type: 'about:blank', title, status, detail, ...(ours ? { id } : {}) });
}

/**
 * A whole page in itself; readable without style sheet or script. Leave out `inside` for those who
 * may not see it.
 */
export function plainPage(report: ErrorReport): string {
  const { status, title, detail, id, ours, inside } = report;
  const quote = ours ? `<p>If you report this, quote <code>${escapeHtml(id)}</code>.</p>` : '';
  return plainDocument(
    title,
    `<p class="status">${status}</p>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(detail)}</p>
${inside === undefined ? '' : `<pre>${escapeHtml(describeInside(inside))}</pre>`}
${quote}
<p><a href="/">Front page</a></p>`,
  );
}

/** Gives `/layout, line 3, column 7: Parse error …`. */
export function describeInside({ template, line, column, message }: InsideReport): string {
  const at = [
    ...(template === undefined ? [] : [template]),
    ...(line === undefined ? [] : [`line ${line}`]),
    ...(column === undefined ? [] : [`column ${column}`]),
  ];
  return at.length === 0 ? message : `${at.join(', ')}: ${message}`;
}

/** The style of plain documents; whoever restricts styles allows it by its hash. */
export const PLAIN_STYLE = `
:root { color-scheme: light dark }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto 4rem; padding: 0 1.25rem }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem }
a { color: #0b57d0 }
@media (prefers-color-scheme: dark) { body { background: #121212; color: #e8e8e8 } a { color: #a8c7fa } }
.status { margin: 0; font-variant-numeric: tabular-nums; opacity: .75 }
pre { white-space: pre-wrap; padding: .75rem 1rem; border: 1px solid; border-radius: .375rem }
label { display: block; margin: 1rem 0 .25rem }
input, button { font: inherit; padding: .5rem .75rem; box-sizing: border-box }
input { width: 100% }
button { margin-top: 1.25rem }
`;

/** Wraps a body into a plain document that suits light and dark, small and large screens. */
export function plainDocument(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${PLAIN_STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
