/**
 * SQL methods: statements with declared arguments, which templates, scripts, JSON and URLs call.
 *
 * A method runs on the connection of its name that its own place has, so a part of the site can bring
 * another database by putting a connection of that name nearer. It acts with what its caller and all
 * its authors may do. The template language of its source is checked when it is saved, its SQL by the
 * database when it runs.
 */
import type { ArgumentDef } from '../sql/arguments.js';
import type { TemplateCode } from '../templates/index.js';
import { Executable } from './executable.js';
import { codeKey } from './template.js';
import type { Work } from './work.js';

export const MAX_ROWS_DEFAULT = 1000;

export class SqlMethod extends Executable {
  static {
    this.define('canopy.SqlMethod', {
      connectionId: '',
      definitions: [],
      maxRows: MAX_ROWS_DEFAULT,
      cacheSeconds: 0,
    });
  }

  /** The id of the connection, which is acquired from where the method is. */
  declare connectionId: string;
  declare definitions: readonly ArgumentDef[];
  /** Rows of one answer. */
  declare maxRows: number;
  /** How long an answer may be used again; 0: never. */
  declare cacheSeconds: number;

  get type(): string {
    return 'SqlMethod';
  }
}

/** Gives a method's source as the engine takes it. */
export function methodCode(method: SqlMethod, work: Work): TemplateCode {
  const { path, source } = method;
  return {
    kind: 'template',
    object: method,
    key: codeKey(method, work),
    path,
    source,
    strict: false,
  };
}
