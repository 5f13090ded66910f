/**
 * An object's page with a text that is not saved: rendered in the name of whoever edits it, in a
 * transaction that is thrown away.
 *
 * The answer is shown in a frame without an origin of its own and without scripts, so whatever other
 * authors put into the page can do nothing in the editor's name.
 */
import { Context } from '../acquisition/index.js';
import type { Content } from '../server/content/content.js';
import { contentTypes } from '../server/content/content-type.js';
import {
  type FieldError,
  Invalid,
  NotFound,
  ServerError,
  TemplateError,
} from '../server/errors.js';
import type { PublishRequest } from '../server/publisher/request.js';
import type { Response } from '../server/publisher/response.js';
import { type EditValues, setValues } from './edit-values.js';

/** A page that was tried out: what it gave, or what was wrong with it. */
export type Rendered =
  | { readonly kind: 'page'; readonly response: Response; readonly milliseconds: number }
  | { readonly kind: 'wrong'; readonly problems: readonly FieldError[] };

/**
 * Renders the page of `seen` as it would be with these values of `object`.
 *
 * @param seen where a template is called; for anything else the object itself
 */
export async function renderUnsaved(
  object: Content,
  request: PublishRequest,
  { values, seen }: { readonly values: EditValues; readonly seen: Content },
): Promise<Rendered> {
  const started = performance.now();
  try {
    setValues(object, request, values);
    const shown = shownFor(object, seen);
    const page = contentTypes.of(shown).page;
    if (page === undefined) throw new NotFound(`${shown.path} has no page of its own`);
    request.policy.require('View', seen);
    const response = await page(shown, request, Context.of(seen));
    return { kind: 'page', response, milliseconds: performance.now() - started };
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return { kind: 'wrong', problems: problemsOf(error, object) };
  } finally {
    request.connection.abort();
    request.policy.forget();
  }
}

/**
 * What is shown of a template: a layout wraps the page of the object it is seen from, any other is
 * called on that object.
 */
function shownFor(object: Content, seen: Content): Content {
  const type = contentTypes.of(object);
  if (type.method !== true) return object;
  const isLayout = 'source' in object && String(object.source).includes('@partial-block');
  const hasPage = contentTypes.of(seen).page !== undefined && seen !== object;
  return isLayout && hasPage ? seen : object;
}

/** Says what is wrong, by the field it is about; a fault of another template names its path. */
function problemsOf(error: ServerError, object: Content): readonly FieldError[] {
  if (error instanceof Invalid) return error.errors;
  if (!(error instanceof TemplateError)) return [{ field: 'page', message: error.message }];
  const { path, line, column, message } = error;
  if (path === object.path) return [{ field: 'fields.source', message, line, column }];
  const where = line === undefined ? path : `${path}, line ${line}`;
  return [{ field: 'page', message: `${where}: ${message}` }];
}
