/**
 * An object's page with a text that is not saved: rendered in the name of whoever edits it, in a
 * transaction that is thrown away.
 *
 * The answer is shown in a frame without an origin of its own and without scripts, so whatever other
 * authors put into the page can do nothing in the editor's name.
 */
import {
  type Content,
  contentAt,
  contentTypes,
  Context,
  type FieldError,
  Invalid,
  isExecutable,
  NotFound,
  type PublishRequest,
  type Response,
  ServerError,
  siteRoot,
  TemplateError,
} from '../server/index.js';
import { type EditValues, setValues } from './edit-values.js';

/** Stands at the end of a template that is tried out; no text has these characters. */
const MARK = '\u{F0000}\u{F0001}\u{F0002}';

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
    const response =
      (await inPageOf(seen, object, request)) ?? (await alone(object, request, seen));
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

/** Says what is wrong with values of an object that has no page to be tried out in. Sets none. */
export function wrongWith(
  object: Content,
  request: PublishRequest,
  values: EditValues,
): readonly FieldError[] {
  try {
    setValues(object, request, values);
    return [];
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return problemsOf(error, object);
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
 * Renders the page of the object that a template is seen from, where the template takes part in it:
 * as its layout, as a partial, however far from the page itself. `undefined` where it does not.
 *
 * Whether it does is told by a mark at the end of the template, which is taken out again. A mark at
 * the end moves no line and no column of an error.
 */
async function inPageOf(
  seen: Content,
  template: Content,
  request: PublishRequest,
): Promise<Response | undefined> {
  if (seen === template || !isExecutable(template)) return undefined;
  const { source } = template;
  template.source = source + MARK;
  try {
    const response = await pageOf(seen, request, seen);
    if (typeof response?.body !== 'string' || !response.body.includes(MARK)) return undefined;
    response.body = response.body.replaceAll(MARK, '');
    return response;
  } catch (error) {
    if (error instanceof TemplateError && error.path === template.path) throw error;
    if (error instanceof ServerError) return undefined;
    throw error;
  } finally {
    template.source = source;
  }
}

/** Renders an object's own page, or calls a template on the object it is seen from. */
async function alone(object: Content, request: PublishRequest, seen: Content): Promise<Response> {
  request.outcome.status = undefined;
  request.outcome.redirect = undefined;
  request.outcome.headers.clear();
  const response = await pageOf(object, request, seen);
  if (response === undefined) throw new NotFound(`${object.path} has no page of its own`);
  return response;
}

async function pageOf(
  object: Content,
  request: PublishRequest,
  seen: Content,
): Promise<Response | undefined> {
  return contentTypes.of(object).page?.(object, request, Context.of(seen));
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
