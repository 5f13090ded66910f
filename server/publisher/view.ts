/**
 * Views of objects: what an `@name` segment leads to.
 *
 * A view's name begins with `@` and no id does, so content can never shadow a view. A view answers
 * for every object it applies to and judges by itself, through the request's policy, what the
 * visitor may see: traversal asks nothing. Views come from plugins and from the server's own doors;
 * this registry is the only list of them.
 */
import type { Content } from '../content/content.js';
import type { DryRun } from './dry-run-outcome.js';
import type { PublishRequest } from './request.js';
import type { Response } from './response.js';

/** Where a request for a view is done. */
export type DonePlace = 'main' | 'inside' | 'present';

export interface View {
  /** `@manage`: `@`, then letters, digits, `-` or `_`. */
  readonly name: string;
  /** The view addresses objects by containment only: an acquired object is 404 there. */
  readonly containmentOnly?: boolean;
  /** The view is asked before authorisation, by anybody: it signs people in. */
  readonly open?: boolean;
  /**
   * Says where a request for it is done, whatever version or moment the browser is in: in main as it
   * is now, inside the Version that `object` is, or in the present of where the browser is, whatever
   * moment it carries. Without it, and where it answers `undefined`, the request says. A view that is
   * `open` is always done in main.
   */
  place?(object: Content, rest: readonly string[], method: string): DonePlace | undefined;
  /** A browser that looks at the past sees this view of it, too; without it, the view of the present. */
  readonly hasPast?: boolean;
  /** Objects it is a view of; all when absent. */
  appliesTo?(object: Content): boolean;
  /** Answers the request; `request.rest` has the segments after the view's name. */
  handle(request: PublishRequest): Response | Promise<Response>;
  /**
   * Tells a browser what a request for it would change. Without it, that is told as JSON. What the
   * request had changed is forgotten by then.
   */
  dryRun?(request: PublishRequest, run: DryRun): Promise<Response>;
  /**
   * Judges, before a large body is read, whether whoever asks may send it; throws what `handle`
   * would throw. Without it, `View` on the object is asked for.
   */
  preflight?(request: PublishRequest): void | Promise<void>;
  /**
   * Answers an error in the view's own form, whether it threw it or was never reached. Without it,
   * and where it answers `undefined`, errors are pages of the site.
   *
   * @param id names the error in the log
   * @param request as it was when it failed, but for what it had changed
   */
  error?(
    error: unknown,
    id: string,
    request: PublishRequest,
  ): Response | undefined | Promise<Response | undefined>;
}

const NAME = /^@[a-z][a-z0-9_-]*$/;
const views = new Map<string, View>();

/**
 * Adds a view to the list.
 * @throws TypeError when the name is malformed, or another view has it
 */
export function registerView(view: View): void {
  if (!NAME.test(view.name)) throw new TypeError(`Not a view's name: ${view.name}`);
  const held = views.get(view.name);
  if (held !== undefined && held !== view) {
    throw new TypeError(`There is a view ${view.name} already`);
  }
  views.set(view.name, view);
}

export function findView(name: string): View | undefined {
  return views.get(name);
}

export function allViews(): readonly View[] {
  return [...views.values()];
}
