/**
 * Renders sources of SQL methods on a small site, for tests.
 */
import { Context } from '../../../acquisition/index.js';
import type { Dialect } from '../../../server/sql/dialect.js';
import { renderStatements } from '../../../server/sql/render-statements.js';
import type { Statement } from '../../../server/sql/statement.js';
import { TemplateCache } from '../../../server/templates/cache.js';
import type { Instruction } from '../../../server/templates/index.js';
import { folder, template, TestSite } from '../templates/test-site.js';
import type { TestObject } from '../templates/test-site.js';

export interface SqlCall {
  readonly dialect?: Dialect;
  readonly values?: Readonly<Record<string, unknown>>;
  /** What else is in the site. */
  readonly site?: Readonly<Record<string, TestObject>>;
  readonly form?: Readonly<Record<string, unknown>>;
}

const cache = new TemplateCache<Instruction>();
/** The same source is the same template, so that it is compiled once. */
const methods = new Map<string, TestObject>();

/** Gives the statements of a source that stands in the site's root as `method`. */
export function statements(source: string, call: SqlCall = {}): readonly Statement[] {
  const { dialect = 'sqlite', values = {}, site = {}, form = {} } = call;
  const method = methods.get(source) ?? template(source);
  methods.set(source, method);
  const testSite = new TestSite(folder({}, { ...site, method }), { form });
  const code = testSite.world.executable(method);
  if (code?.kind !== 'template') throw new TypeError('A source is a template');
  const context = Context.of(testSite.root);
  return renderStatements(testSite.world, { code, context, values, dialect, cache });
}

/** Gives the only statement of a source. */
export function statement(source: string, call: SqlCall = {}): Statement {
  const [one, ...more] = statements(source, call);
  if (one === undefined || more.length > 0) throw new TypeError('The source has one statement');
  return one;
}

/** Gives text and parameters of the only statement. */
export function said(source: string, call: SqlCall = {}): readonly unknown[] {
  const { text, parameters } = statement(source, call);
  return [text, ...parameters];
}
