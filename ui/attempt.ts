/**
 * Turns a refusal into what a person reads: a title, what happened, and what led to it.
 */
import {
  type ErrorReport,
  type Form,
  Invalid,
  reportError,
  ServerError,
  Unauthorized,
} from '../server/index.js';
import type { Attempt } from './screen.js';

/** Describes an action that was refused, with the form as it was sent. */
export function attemptOf(
  error: ServerError,
  sent: { readonly action: string; readonly form: Form },
): Attempt {
  const refused = error instanceof Unauthorized;
  const errors = error instanceof Invalid ? error.errors : [];
  return {
    action: sent.action,
    form: sent.form,
    status: reportFor(error).status,
    icon: refused ? 'lock' : 'error',
    title: refused ? 'Not allowed' : 'Not done',
    detail:
      errors.length > 0
        ? 'Nothing was changed.'
        : `${sentence(error.message)} Nothing was changed.`,
    because: refused ? error.decision.because : [],
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
