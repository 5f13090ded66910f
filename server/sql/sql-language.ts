/**
 * The template language of SQL methods: text in which values are bound, never printed.
 *
 * Only what the source itself says is written: the text between tags, the literal options of
 * `{{sqltest}}`, and the fixed words of these tags. A value becomes a mark, and the mark a placeholder.
 * Every other way to write something is closed: a tag that would print is refused when the source is
 * saved, and what reaches the page in spite of that is refused when it would be written. Templates
 * found by name are not shown, since whoever writes them need not be allowed to write SQL.
 */
import { simpleName } from '../templates/ast.js';
import type { MustacheStatement, PartialStatement } from '../templates/ast.js';
import { unusable } from '../templates/errors.js';
import type { Position } from '../templates/errors.js';
import type { Frame } from '../templates/frame.js';
import { TEXT_LANGUAGE } from '../templates/languages.js';
import type { Helper } from '../templates/language.js';
import { SyntaxFault } from '../templates/syntax-fault.js';
import { END_SIGN, placeAt, placeMark, reservedAt, RESERVED_CHARACTER } from './source-marks.js';
import { sqlGroup } from './sql-group.js';
import { SqlText } from './sql-text.js';
import { sqlTest, sqlVar } from './sql-values.js';

/** Tags that stand by themselves: those of this language, and those that print nothing. */
const ADMITTED: ReadonlySet<string> = new Set([
  ...['sqlvar', 'sqltest', 'sqldelimiter'],
  ...['call', 'set', 'log', 'raise'],
]);
const SEPARATORS: ReadonlySet<string> = new Set(['and', 'or', 'comma']);

const sqlDelimiter: Helper = {
  name: 'sqldelimiter',
  arguments: [0, 0],
  reserved: true,
  call: () => new SqlText(END_SIGN),
};

/** A value that a template returns would stand in the place of its text. */
const noReturn: Helper = {
  name: 'return',
  arguments: [0, 1],
  reserved: true,
  call() {
    throw unusable('A SQL method gives rows: {{return}} has no meaning in it.');
  },
};

/** Of SQL methods. */
export const SQL_LANGUAGE = TEXT_LANGUAGE.with({
  helpers: [sqlDelimiter, noReturn],
  forms: [sqlVar, sqlTest, sqlGroup],
  alone: true,
  print: printedSql,
  content: writtenSql,
  refusal: refusalOfTag,
});

function printedSql(_frame: Frame, value: unknown): string {
  if (value instanceof SqlText) return value.text;
  if (value === undefined || value === null) return '';
  throw unusable('A value is never written into a statement: write {{sqlvar name}}.');
}

function writtenSql(text: string, at: Position): string {
  const index = reservedAt(text);
  if (index === -1) return placeMark(at, false) + text;
  const pieces = [{ start: 0, ...at, isMade: false }];
  throw new SyntaxFault(RESERVED_CHARACTER, placeAt({ text, pieces }, index));
}

function refusalOfTag(node: MustacheStatement | PartialStatement): string | undefined {
  if (node.type !== 'MustacheStatement' && node.type !== 'Decorator') {
    return 'No template is shown in a SQL method: write its text here.';
  }
  const name = simpleName(node.path);
  if (name !== undefined && ADMITTED.has(name)) return undefined;
  if (name !== undefined && SEPARATORS.has(name)) {
    return `{{${name}}} stands between the parts of {{#sqlgroup}}.`;
  }
  const written = name ?? '…';
  return `A value is never written into a statement: write {{sqlvar ${written}}}, not {{${written}}}.`;
}
