/**
 * Turns a refusal into what a person reads: a title, what happened, and what led to it.
 */
import {
  type ErrorReport,
  type Form,
  Invalid,
  type PublishRequest,
  reportError,
  ServerError,
  Unauthorized,
} from '../server/index.js';
import type { Attempt } from './screen.js';
import { lackingInWords, rolesThatMay } from './who-may.js';

/** Describes an action that was refused, with the form as it was sent. */
export function attemptOf(
  error: ServerError,
  request: PublishRequest,
  sent: { readonly action: string; readonly form: Form },
): Attempt {
  const refused = error instanceof Unauthorized;
  const errors = error instanceof Invalid ? error.errors : [];
  const unchanged = request.mayWrite ? ['Nothing was changed.'] : [];
  const words = lackingInWords(error, request) ?? sentence(error.message);
  return {
    action: sent.action,
    form: sent.form,
    status: reportFor(error).status,
    icon: refused ? 'lock' : 'error',
    title: refused ? 'Not allowed' : 'Not done',
    detail: [...(errors.length > 0 && request.mayWrite ? [] : [words]), ...unchanged].join(' '),
    because: refused ? error.decision.because : [],
    whoMay: rolesThatMay(error, request),
    errors,
  };
}

/** Says what an error is, with the status that pages give it. */
export function reportFor(error: unknown, path = ''): ErrorReport {
  return reportError(error, path, '');
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
