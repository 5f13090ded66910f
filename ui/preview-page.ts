/**
 * An object's page with a text that is not saved: rendered in the name of whoever edits it, in a
 * transaction that is thrown away.
 *
 * The answer is shown in a frame without an origin of its own and without scripts, so whatever other
 * authors put into the page can do nothing in the editor's name.
 */
import { Context } from '../acquisition/index.js';
import { type Content, contentAt } from '../server/content/content.js';
import { contentTypes } from '../server/content/content-type.js';
import { siteRoot } from '../server/content/places.js';
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
  | {
      readonly kind: 'page';
      readonly response: Response;
      readonly milliseconds: number;
      /** Where the page is seen: relative links in it are relative to this. */
      readonly url: string;
    }
  | { readonly kind: 'wrong'; readonly problems: readonly FieldError[] };

/** What is tried out. */
export interface Unsaved {
  readonly values: EditValues;
  /** Path of the object a template is called on; `''` for its container. */
  readonly seenFrom: string;
}

/** Renders the page of an object, or a template, as it would be with these values. */
export async function renderUnsaved(
  object: Content,
  request: PublishRequest,
  { values, seenFrom }: Unsaved,
): Promise<Rendered> {
  const started = performance.now();
  try {
    setValues(object, request, values);
    const seen = seenAt(object, request, seenFrom);
    const shown = shownFor(object, seen);
    const type = contentTypes.of(shown);
    const response = await type.page?.(shown, request, Context.of(seen));
    if (response === undefined) throw new NotFound(`${shown.path} has no page of its own`);
    const milliseconds = performance.now() - started;
    return { kind: 'page', response, milliseconds, url: seen.url };
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return { kind: 'wrong', problems: problemsOf(error, object) };
  } finally {
    request.connection.abort();
    request.policy.forget();
  }
}

/**
 * Gives the object that a template is seen from; any other object is seen by itself.
 * @throws NotFound where there is nothing, or nothing that the reader may view
 */
export function seenAt(object: Content, request: PublishRequest, path: string): Content {
  if (contentTypes.of(object).method !== true) return object;
  const found = path === '' ? object.container : contentAt(siteRoot(request.connection), path);
  if (found === undefined || !request.policy.may('View', found)) {
    throw new NotFound(`There is nothing at ${path} to see this from`);
  }
  return found;
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
