/**
 * Errors as `application/problem+json` (RFC 9457).
 *
 * Status and words are those of every other door (`publisher/error-page.ts`); what is added here
 * are the members that a program can use: the fields that did not pass, the steps of a refusal.
 */
import { QueryError } from '../catalog/query-error.js';
import { BadRequest, Invalid, Unauthorized } from '../errors.js';
import { reportError } from '../publisher/error-page.js';
import { Response } from '../publisher/response.js';
import { asMessage } from '../quote.js';

/** An error as JSON tells it. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** The members beside the standard ones. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Says what an error is to a JSON client.
 * @param id names the error in the log; told where the fault is the server's
 */
export function problemOf(error: unknown, id: string): Problem {
  const { status, title, detail, headers, ours } = reportError(error, '', id);
  return {
    status,
    title,
    detail,
    headers,
    extra: { ...membersOf(error), ...(ours ? { id } : {}) },
  };
}

/** Gives a problem as a response. */
export function problemResponse({ status, title, detail, extra, headers }: Problem): Response {
  const body = { type: 'about:blank', title, status, detail, ...extra };
  return Response.json(body, { status }).setAll({
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    ...headers,
  });
}

function membersOf(error: unknown): Readonly<Record<string, unknown>> {
  if (error instanceof Invalid) {
    const errors = error.errors.map((each) => ({ ...each, message: asMessage(each.message) }));
    return { errors };
  }
  if (error instanceof Unauthorized && error.known) return { because: error.decision.because };
  if (error instanceof QueryError && error.position !== undefined) {
    return { field: error.field, position: error.position };
  }
  if (error instanceof BadRequest && error.field !== undefined) return { field: error.field };
  return {};
}
