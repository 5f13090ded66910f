/**
 * Rendering: from a template, and what it is called on, to an answer.
 *
 * All that renders in one request shares one renderer, and so its bounds.
 */
import type { Context } from '../../acquisition/index.js';
import { Response } from '../publisher/response.js';
import {
  escapeHtml,
  Html,
  PAGE_LANGUAGE,
  Renderer,
  type RenderOptions,
  TEXT_LANGUAGE,
  taint,
  type TemplateCode,
  untaint,
} from '../templates/index.js';
import { inUtf8, isActive } from './data.js';
import { SiteWorld } from './template-world.js';
import type { PageRequest } from './work.js';

/** What a request remembers of an error that it answers, and the name templates have for it. */
export const ERROR_NAME = 'error';

/**
 * What all renders of one request have in common.
 *
 * The request itself keeps it. A WeakMap would do, but its values count as alive until the next full
 * collection, and so whole requests would be moved to the old generation (measured: 14 kB each).
 */
class Rendering {
  readonly world: SiteWorld;
  readonly page: Renderer;
  readonly text: Renderer;

  constructor(request: PageRequest) {
    const { templates } = request.site;
    this.world = new SiteWorld(request);
    this.page = new Renderer(this.world, { cache: templates.page, language: PAGE_LANGUAGE });
    this.text = new Renderer(this.world, {
      cache: templates.text,
      language: TEXT_LANGUAGE,
      steps: this.page,
    });
  }
}

/** The name under which a request remembers its rendering. */
const RENDERING = 'rendering';

/** Gives the world that the templates of a request meet. */
export function worldOf(request: PageRequest): SiteWorld {
  return renderingOf(request).world;
}

/** Gives what renders the pages of a request, for others to share its bounds with. */
export function rendererOf(request: PageRequest): Renderer {
  return renderingOf(request).page;
}

/**
 * Renders a template on the object of `context` and answers what it gives.
 *
 * Values are escaped where the answer is markup. What a template said of status, headers and
 * redirection is in the answer.
 *
 * @throws TemplateError with path, line and column
 * @throws Unauthorized and others that a template ran into, as they are
 */
export function renderTemplate(
  request: PageRequest,
  template: { readonly code: TemplateCode; readonly contentType: string },
  context: Context,
  options: RenderOptions = {},
): Response {
  const { code, contentType } = template;
  const { page, text } = renderingOf(request);
  const renderer = isActive(contentType) ? page : text;
  const names = namesFor(request, options);
  const { block } = options;
  const value = renderer.render(code, context, block === undefined ? { names } : { names, block });
  return answerValue(request, value, contentType);
}

/**
 * The names that a template is given. An error page is given `error`, which says what the request
 * said, so it is marked like everything of the request.
 */
function namesFor(
  request: PageRequest,
  { names = {} }: RenderOptions,
): Readonly<Record<string, unknown>> {
  const error = request.recall(ERROR_NAME);
  return error === undefined ? names : { [ERROR_NAME]: taint(error), ...names };
}

function renderingOf(request: PageRequest): Rendering {
  const known = request.recall(RENDERING);
  if (known instanceof Rendering) return known;
  const rendering = new Rendering(request);
  request.remember(RENDERING, rendering);
  return rendering;
}

/** Answers what a template gave: its text, or whatever it returned. */
function answerValue(request: PageRequest, value: unknown, contentType: string): Response {
  const { outcome } = request;
  const sentAs = inUtf8(contentType);
  if (outcome.redirect !== undefined) {
    return withHeaders(Response.redirect(outcome.redirect, outcome.status), request);
  }
  const status = outcome.status ?? 200;
  const plain = untaint(value);
  if (plain instanceof Html) {
    return withHeaders(Response.text(plain.text, sentAs, { status }), request);
  }
  if (typeof plain === 'object' && plain !== null && !(plain instanceof Date)) {
    return withHeaders(Response.json(plain, { status }), request);
  }
  const text = plain instanceof Date ? plain.toISOString() : plainText(plain);
  const safe = isActive(contentType) ? escapeHtml(text) : text;
  return withHeaders(Response.text(safe, sentAs, { status }), request);
}

/** What is left when it is no object: a text, a number, a truth, or nothing. */
function plainText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '').replace(/^""$/, '');
}

function withHeaders(response: Response, { outcome }: PageRequest): Response {
  for (const [name, value] of outcome.headers) response.set(name, value);
  return response;
}
