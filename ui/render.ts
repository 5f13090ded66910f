/**
 * Renders the admin's own views: the one place where `ui/` meets Handlebars.
 *
 * Views are the `.hbs` files beside this module; each can be rendered, and each can be a partial of
 * another, by its path below `views/` without the ending (partials by their bare name). They are
 * read and compiled once per thread, at the first use. Compilation is strict: a name that the model
 * lacks is an error, not an empty place. Output is escaped; models are plain data.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Handlebars from 'handlebars';
import { assetUrl } from './assets.js';
import { helpers, icon } from './helpers.js';
import { KeptParts, type PartModel } from './kept-parts.js';
import type { ViewModel } from './screen.js';

const VIEWS = fileURLToPath(new URL('./views/', import.meta.url));
const ENDING = '.hbs';

let environment: typeof Handlebars | undefined;
const compiled = new Map<string, Handlebars.TemplateDelegate>();

/** What a view reads as `@frame`, `@nowMs`: data about the page rather than about the object. */
export interface RenderData {
  readonly frame?: object;
  readonly nowMs?: number;
}

/**
 * Renders a view.
 *
 * @param view name of the view: `contents`, `partials/tree`
 * @param model what the view speaks of
 * @param data what it reads with `@`
 * @throws Error for a view that does not exist or that names something its model lacks
 */
export function render(view: string, model: ViewModel, data: RenderData = {}): string {
  return require(view)(model, { data });
}

function require(view: string): Handlebars.TemplateDelegate {
  environment ??= load();
  const template = compiled.get(view);
  if (template === undefined) throw new Error(`There is no view called ${view}`);
  return template;
}

/** Reads every view, so that a missing or broken one shows at the first page and not at its own. */
function load(): typeof Handlebars {
  const handlebars = Handlebars.create();
  const parts = new KeptParts((view, model) => render(`partials/${view}`, { ...model }));
  const all = {
    ...helpers,
    /** Puts in a partial for each of the models, which reads its model alone; see `KeptParts`. */
    eachKept: (view: string, models: readonly PartModel[]) => parts.each(view, models),
  };
  for (const [name, helper] of Object.entries(all)) handlebars.registerHelper(name, helper);
  const knownHelpers = Object.fromEntries(Object.keys(all).map((name) => [name, true]));
  const files = readdirSync(VIEWS, { recursive: true, encoding: 'utf8' });
  for (const file of files) {
    if (!file.endsWith(ENDING)) continue;
    const name = file.slice(0, -ENDING.length).replaceAll('\\', '/');
    const template = handlebars.compile(withConstants(readFileSync(`${VIEWS}${file}`, 'utf8')), {
      strict: true,
      preventIndent: true,
      knownHelpers,
      knownHelpersOnly: true,
    });
    compiled.set(name, template);
    handlebars.registerPartial(name.slice(name.lastIndexOf('/') + 1), template);
  }
  return handlebars;
}

/**
 * Puts icons and asset addresses that are named in a view into its text before it is compiled: they
 * never change, and a listing has hundreds of them.
 */
function withConstants(source: string): string {
  return inAscii(source)
    .replaceAll(/\{\{icon "([a-z-]+)"(?: "([sl])")?\}\}/g, (_, name: string, size?: string) =>
      icon(name, size).toHTML(),
    )
    .replaceAll(/\{\{asset "([\w./-]+)"\}\}/g, (_, name: string) => assetUrl(name));
}

/**
 * Writes signs beyond ASCII as references. One arrow, or one piece of a text that had an arrow, makes
 * the page a string of two bytes a character: twice the memory, and ten times the work to encode.
 * What the signs are taken from keeps its two bytes, hence the way through a buffer.
 */
function inAscii(source: string): string {
  const text = source.replaceAll(/\{\{.*?\}\}|\P{ASCII}/gsu, (part) =>
    part.startsWith('{{') ? part : `&#${part.codePointAt(0)};`,
  );
  return Buffer.from(text).toString();
}
