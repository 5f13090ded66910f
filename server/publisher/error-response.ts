/**
 * The answer to a request that failed: the site's own error page, or the view's own form of one.
 *
 * A view may render errors itself. A browser that nobody has signed in is sent to the sign-in page.
 * Everything else is `standard_error_message`, acquired from where the error happened, with the
 * error as `error`; where there is none, or it fails too, a plain page.
 */
import { acquire } from '../../acquisition/index.js';
import { contentTypes } from '../content/content-type.js';
import { ERROR_NAME } from '../content/rendering.js';
import { Content, contentAt, isContainer } from '../content/content.js';
import { isSafeMethod } from './methods.js';
import {
  describeInside,
  type ErrorReport,
  type InsideReport,
  plainAnswer,
  reportError,
} from './error-page.js';
import { newErrorId } from './error-id.js';
import type { Failure, FailureError } from './messages.js';
import type { PublishRequest } from './request.js';
import { Response } from './response.js';
import { findView } from './view.js';

/** The id of the template, somewhere above, that renders errors. */
export const ERROR_TEMPLATE_ID = 'standard_error_message';
/** The path of the page where browsers sign in. */
export const SIGN_IN_PATH = '/@login';
/** How many causes of an error the log has. */
const CAUSES_MAX = 5;

export interface ErrorAnswer {
  readonly response: Response;
  /** For the log, when the fault is ours. */
  readonly failure?: Failure;
}

/** Answers a request that ended in `error`. Never throws, and changes nothing that is kept. */
export async function errorResponse(error: unknown, request: PublishRequest): Promise<ErrorAnswer> {
  const report = visibleReport(reportError(error, request.path, newErrorId()), request);
  const failure = report.ours ? failureOf(report, error) : undefined;
  try {
    return withFailure(await render(error, report, request), failure);
  } catch (second) {
    request.connection.abort();
    const response = plainResponse(report);
    return withFailure(response, failure ?? failureOf(report, second));
  }
}

function withFailure(response: Response, failure: Failure | undefined): ErrorAnswer {
  return failure === undefined ? { response } : { response, failure };
}

async function render(
  error: unknown,
  report: ErrorReport,
  request: PublishRequest,
): Promise<Response> {
  const name = request.view ?? viewIn(request.path);
  const view = name === undefined ? undefined : findView(name);
  const own = await view?.error?.(error, report.id, request);
  if (own !== undefined) return own;
  if (report.status === 401 && isBrowser(request)) {
    return Response.redirect(`${SIGN_IN_PATH}?next=${encodeURIComponent(nextOf(request))}`);
  }
  return (await renderTemplate(report, request)) ?? plainResponse(report);
}

/** The view that a path names, also one that could not be traversed: its segments may not be UTF-8. */
function viewIn(path: string): string | undefined {
  return path.split('/').find((segment) => segment.startsWith('@'));
}

/** Renders the site's own error page; `undefined` where none is acquired. */
async function renderTemplate(
  report: ErrorReport,
  request: PublishRequest,
): Promise<Response | undefined> {
  const found = acquire(request.context, ERROR_TEMPLATE_ID, {
    filter: (value) => value instanceof Content && contentTypes.of(value).method === true,
  });
  const template = found?.value;
  if (!(template instanceof Content)) return undefined;
  const type = contentTypes.of(template);
  if (type.page === undefined) return undefined;
  request.remember(ERROR_NAME, errorForTemplates(report, request));
  const { status } = report;
  const response = await type.page(template, request, request.context);
  response.status = status;
  return response.setAll(report.headers).set('Cache-Control', 'no-store');
}

/**
 * The error as templates find it. What happened inside is asked for when a template reads it, and so
 * it is told only where the authors of all that runs may see it, too: an error page may pass on
 * whatever it is told.
 */
function errorForTemplates(
  { status, title, detail, path, id, ours, inside }: ErrorReport,
  request: PublishRequest,
): Readonly<Record<string, unknown>> {
  return {
    status,
    title,
    get detail() {
      const isTold = inside !== undefined && maySee(inside, request);
      return isTold ? `${detail} ${describeInside(inside)}` : detail;
    },
    path,
    id: ours ? id : '',
  };
}

function plainResponse(report: ErrorReport): Response {
  const { status, headers, body } = plainAnswer(report, { json: false });
  return new Response(status, body).setAll(Object.fromEntries(headers));
}

/** A browser shows a page that signs in; a program that sent credentials wants to know. */
function isBrowser(request: PublishRequest): boolean {
  if (!request.wantsHtml || request.headers['authorization'] !== undefined) return false;
  return isSafeMethod(request.method) || isForm(request);
}

function isForm({ method, mediaType }: PublishRequest): boolean {
  const forms = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'];
  return method === 'POST' && forms.includes(mediaType);
}

/** Where to go after signing in: back here. What a form had sent cannot be sent again. */
function nextOf({ path, rawQuery }: PublishRequest): string {
  return rawQuery === '' ? path : `${path}?${rawQuery}`;
}

/** Leaves out what happened inside for a visitor who could not change it. */
function visibleReport(report: ErrorReport, request: PublishRequest): ErrorReport {
  const { inside, ...rest } = report;
  return inside !== undefined && maySee(inside, request) ? report : rest;
}

function maySee(
  { template }: InsideReport,
  { policy, object, connection }: PublishRequest,
): boolean {
  try {
    const root = outermost(object);
    const found = template === undefined || !isContainer(root) ? object : contentAt(root, template);
    return policy.may('View management screens', found ?? object);
  } catch {
    connection.abort();
    return false;
  }
}

function outermost(object: Content): Content {
  let at = object;
  while (at.container !== undefined) at = at.container;
  return at;
}

function failureOf(report: ErrorReport, error: unknown): Failure {
  return { id: report.id, path: report.path, error: plainError(error, 0) };
}

/** Errors lose their class and their code on the way to another thread; this is what is kept. */
function plainError(error: unknown, depth: number): FailureError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack, cause } = error;
  return {
    name,
    message,
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    ...(stack === undefined ? {} : { stack }),
    ...(cause === undefined || depth >= CAUSES_MAX ? {} : { cause: plainError(cause, depth + 1) }),
  };
}
