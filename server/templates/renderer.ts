/**
 * Renders templates for one request.
 *
 * All renders of one `Renderer` share its bounds and what `{{set}}` keeps, so whoever answers a
 * request makes one and hands it to whatever renders on the way: a page, the scripts it calls,
 * the error page at the end.
 */
import type { Context } from '../../acquisition/index.js';
import { Budget, STEPS_MAX } from './bounds.js';
import type { TemplateCache } from './cache.js';
import { compileTemplate } from './compiler.js';
import { Activation, Frame } from './frame.js';
import type { Args, Env, Instruction, Run } from './frame.js';
import type { Language } from './language.js';
import { PageRun } from './page-run.js';
import { codeBytes } from './source.js';
import type { RenderOptions, TemplateCode, TemplateWorld } from './world.js';

export interface RendererOptions {
  /** Kept for as long as the process runs. One cache serves one language. */
  readonly cache: TemplateCache<Instruction>;
  readonly language: Language;
  /** Steps all renders may take together; `STEPS_MAX` by default. Or a renderer to share with. */
  readonly steps?: number | Renderer;
}

export class Renderer {
  readonly #run: PageRun;
  readonly #budget: Budget;

  constructor(world: TemplateWorld, { cache, language, steps = STEPS_MAX }: RendererOptions) {
    this.#budget =
      steps instanceof Renderer ? steps.#budget : new Budget(steps, () => world.checkDeadline?.());
    this.#run = new PageRun({
      world,
      budget: this.#budget,
      markup: language.markup,
      alone: language.alone,
      compiled: (code) =>
        cache.get(code.key, () => ({
          value: compileTemplate(code.source, code.path, language),
          sizeBytes: codeBytes(code.source),
        })),
    });
  }

  /** What all its renders share: languages may keep there what they gather beside the text. */
  get run(): Run {
    return this.#run;
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.#budget.taken;
  }

  /**
   * Renders a template on the object of `context`.
   *
   * Gives `Html`, in a language without markup a string, or whatever `{{return}}` gave. The caller
   * has asked whether the object and the template may be viewed.
   *
   * @throws TemplateError for whatever is wrong in a template, with its path, line and column
   * @throws the errors of the world, such as a denial, as they are
   */
  render(code: TemplateCode, context: Context, options: RenderOptions = {}): unknown {
    const run = this.#run;
    const activation = new Activation(code, context, run.isActive(code));
    const env: Env = {
      activation,
      args: argsOf(options.names),
      inlines: undefined,
      block: options.block,
    };
    const frame = new Frame(run, env, context.object, { isBase: true });
    return run.template(run.compiled(code), frame);
  }
}

function argsOf(names: RenderOptions['names']): Args | undefined {
  if (names === undefined) return undefined;
  return { names: new Map(Object.entries(names)), isOwn: true, next: undefined };
}
