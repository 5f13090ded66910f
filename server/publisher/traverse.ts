/**
 * Traversal: from the path of a URL to what is published.
 *
 * Each segment names a child of the object reached so far, else something that object acquires; so
 * `/news/archive/standard_page` finds the page where it stands, with `/news/archive` as its
 * context. A segment that begins with `@` names a view and ends the walk. On the way to a page, what
 * takes arguments takes the segments that give them, and the walk goes on from the row it is to give:
 * nothing is called here. Traversal asks for no permission, and what is missing is no error here:
 * whoever called decides what to make of it.
 */
import { Context, acquire } from '../../acquisition/index.js';
import { contentTypes } from '../content/content-type.js';
import { Content, isContainer } from '../content/content.js';
import { UrlRow } from '../content/url-row.js';
import { BadRequest, NotFound } from '../errors.js';

/** How many segments a path may have. */
export const PATH_SEGMENTS_MAX = 200;

/** Where a path leads. */
export interface Traversed {
  /** The decoded segments, views included. */
  readonly segments: readonly string[];
  /** The path ended in a slash. */
  readonly slash: boolean;
  /**
   * What was reached, and how: for a template to be called, what it is called on. A row in it is not
   * found yet.
   */
  readonly context: Context;
  /** The object of `context`; where that is a row, the method that gives it. */
  readonly object: Content;
  /** What is called on `object`: a template, own or acquired. */
  readonly executable: Content | undefined;
  /** The view asked for: `@manage`. */
  readonly view: string | undefined;
  /** The segments after the view's. */
  readonly rest: readonly string[];
  /** What was not found, from the first missing segment on; empty when all was. */
  readonly missing: readonly string[];
}

export interface TraverseOptions {
  /** Tells whether the way to a view (or, without one, to a page) is by containment only. */
  containmentOnly?(view: string | undefined): boolean;
}

/**
 * Walks a raw path, as it stands in the request line, from the root.
 *
 * @throws BadRequest when a segment's percent-encoding is malformed
 * @throws NotFound for an encoded slash, and past `PATH_SEGMENTS_MAX`
 */
export function traverse(root: Content, rawPath: string, options: TraverseOptions = {}): Traversed {
  const { segments, slash } = readPath(rawPath);
  const viewAt = segments.findIndex((segment) => segment.startsWith('@'));
  const ids = viewAt === -1 ? segments : segments.slice(0, viewAt);
  const view = viewAt === -1 ? undefined : segments[viewAt];
  const rest = viewAt === -1 ? [] : segments.slice(viewAt + 1);
  const containmentOnly = options.containmentOnly?.(view) ?? false;

  let context = Context.of(root);
  let before: Context | undefined;
  let index = 0;
  while (index < ids.length) {
    const taken = view === undefined ? stepToRow(context, ids.slice(index)) : undefined;
    const next = taken?.context ?? stepTo(context, ids[index] ?? '', { containmentOnly });
    if (next === undefined) break;
    before = context;
    context = next;
    index += taken?.taken ?? 1;
  }
  const missing = ids.slice(index);
  const walked = { segments, slash, view, rest, missing };
  const reached = context.object;
  const isPage = view === undefined && missing.length === 0;
  if (isPage && before !== undefined && isMethod(reached)) {
    return { ...walked, context: before, object: contentIn(before), executable: reached };
  }
  return { ...walked, context, object: contentIn(context), executable: undefined };
}

function isMethod(object: unknown): object is Content {
  return object instanceof Content && contentTypes.of(object).method === true;
}

/** Takes ids as what the object reached is called with: the step leads to the row that it gives. */
function stepToRow(
  context: Context,
  ids: readonly string[],
): { readonly context: Context; readonly taken: number } | undefined {
  const { object } = context;
  if (!(object instanceof Content)) return undefined;
  const found = contentTypes.of(object).pathArguments?.(object, ids);
  if (found === undefined) return undefined;
  return { context: context.step(new UrlRow(object, found.given)), taken: found.taken };
}

/** The object that a context is of; of a row, the method that gives it. */
function contentIn({ object }: Context): Content {
  return (object instanceof UrlRow ? object.container : object) as Content;
}

/**
 * Takes one step: to a child, else to what `context` acquires by that name. Only content is found,
 * never an attribute or a property, and nothing whose id begins with `_`.
 */
export function stepTo(
  context: Context,
  id: string,
  options: { readonly containmentOnly?: boolean } = {},
): Context | undefined {
  if (id === '' || id.startsWith('_') || id.startsWith('@')) return undefined;
  const { object } = context;
  const child = isContainer(object) ? object.child(id) : undefined;
  if (child !== undefined) return context.step(child);
  if (options.containmentOnly === true) return undefined;
  const found = acquire(context, id, { filter: (_value, holder) => hasChild(holder, id) });
  const acquired = isContainer(found?.holder) ? found.holder.child(id) : undefined;
  return acquired === undefined ? undefined : context.step(acquired);
}

/** A property of that name hides no child from URLs. */
function hasChild(holder: unknown, id: string): boolean {
  return isContainer(holder) && holder.has(id);
}

/**
 * Takes a raw path apart and decodes it, once.
 * Ids are in normal form C, so a path that is not finds them all the same.
 */
export function readPath(rawPath: string): { segments: string[]; slash: boolean } {
  const raw = rawPath.split('/').slice(1);
  const slash = raw.at(-1) === '';
  if (slash) raw.pop();
  if (raw.length > PATH_SEGMENTS_MAX) throw new NotFound(`There is nothing at ${rawPath}`);
  return { segments: raw.map((segment) => decode(segment, rawPath)), slash };
}

function decode(segment: string, rawPath: string): string {
  if (/%2f/i.test(segment)) throw new NotFound(`There is nothing at ${rawPath}`);
  try {
    return decodeURIComponent(segment).normalize('NFC');
  } catch (cause) {
    throw new BadRequest(`The path ${rawPath} is not percent-encoded UTF-8`, { cause });
  }
}
