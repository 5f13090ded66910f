/**
 * From an SQL method's source and the values it is called with to statements.
 */
import type { Context } from '../../acquisition/index.js';
import type { Instruction } from '../templates/frame.js';
import { Renderer } from '../templates/renderer.js';
import type { TemplateCache } from '../templates/cache.js';
import type { TemplateCode, TemplateWorld } from '../templates/world.js';
import type { ArgumentValues } from './arguments.js';
import type { Dialect } from './dialect.js';
import { resolveMarks } from './source-marks.js';
import { SqlFault } from './sql-errors.js';
import { SQL_LANGUAGE } from './sql-language.js';
import { boundValues } from './sql-text.js';
import { compileStatements } from './statement.js';
import type { Statement } from './statement.js';

export interface StatementOptions {
  /** The method's source, as a template. */
  readonly code: TemplateCode;
  /** What the method is called on. */
  readonly context: Context;
  /** What it is called with, read as declared. */
  readonly values: ArgumentValues;
  readonly dialect: Dialect;
  /** Of sources of SQL alone. */
  readonly cache: TemplateCache<Instruction>;
  /** The renderer of the page that calls it, to share its bound of steps. */
  readonly page?: Renderer;
}

/**
 * Gives the statements of a method for one call. Nothing is run.
 *
 * @throws TemplateError for what is wrong in the source, with its line and column
 * @throws Invalid for a value that is missing or cannot be read as the type that a tag names
 * @throws SqlError `SRV_SQL_SYNTAX`, `SRV_SQL_REFUSED`, with line and column of the source
 */
export function renderStatements(
  world: TemplateWorld,
  { code, context, values, dialect, cache, page }: StatementOptions,
): readonly Statement[] {
  const renderer = new Renderer(world, {
    cache,
    language: SQL_LANGUAGE,
    ...(page === undefined ? {} : { steps: page }),
  });
  const rendered = renderer.render(code, context, { names: values });
  if (typeof rendered !== 'string') throw new TypeError('A source of SQL renders to a text');
  try {
    return compileStatements(resolveMarks(rendered, boundValues(renderer.run)), dialect);
  } catch (error) {
    throw error instanceof SqlFault ? error.in(code.path) : error;
  }
}
