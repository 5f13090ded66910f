/**
 * Turns a refusal into what a person reads: a title, what happened, and what led to it.
 */
import {
  type Content,
  contentTypes,
  type ErrorReport,
  type Form,
  Invalid,
  type PublishRequest,
  reportError,
  ServerError,
  Unauthorized,
} from '../server/index.js';
import type { DryRunShown } from './dry-run.js';
import type { Attempt } from './screen.js';
import { lackingInWords, rolesThatMay } from './who-may.js';

/** Describes an action that was refused, with the form as it was sent. */
export function attemptOf(
  error: ServerError,
  request: PublishRequest,
  sent: { readonly action: string; readonly form: Form; readonly object: Content },
): Attempt {
  const refused = error instanceof Unauthorized;
  const errors = error instanceof Invalid ? error.errors : [];
  const named = errors.map(({ field, message }) => {
    const name = nameOf(field, sent.object);
    return name === '' ? message : `${name}: ${message}`;
  });
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
    named,
  };
}

/** Describes a form that was tried out, and would have been done. */
export function triedOut(
  { form }: PublishRequest,
  { action, dryRun }: { readonly action: string; readonly dryRun: DryRunShown },
): Attempt {
  return {
    ...{ action, form, dryRun, status: 200, icon: 'eye', title: dryRun.title, detail: '' },
    ...{ because: [], whoMay: [], errors: [], named: [] },
  };
}

/** What a form calls a field; `''` where the message alone says enough. */
function nameOf(field: string, object: Content): string {
  const [, property] = /^properties\.(.+)$/s.exec(field) ?? [];
  if (property !== undefined) return property;
  const { fields } = contentTypes.of(object);
  const found = fields.find(({ name }) => field === `fields.${name}`);
  return found === undefined || found.kind === 'source' ? '' : found.label;
}

/** Says what an error is, with the status that pages give it. */
export function reportFor(error: unknown, path = ''): ErrorReport {
  return reportError(error, path, '');
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
