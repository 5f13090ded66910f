/**
 * Definitions of arguments as people write them: one a line.
 *
 * `channel:string:required`, `since:date`, `limit:int=5`, `title="All of it"`: a name, after colons its
 * type and whether it is required, after `=` its default. A text without type is a `string`. Several
 * may stand in one line, between spaces. A default with spaces is quoted; in quotes `\n` is a new
 * line, and `\"` and `\\` stand for the characters themselves.
 */
import { Invalid } from '../errors.js';
import type { FieldError } from '../errors.js';
import { ARGUMENTS_MAX, problemsOf } from './arguments.js';
import type { ArgumentDef } from './arguments.js';

const DEFINITION =
  /([^\s=:]+)((?::[^\s=:]*)*)(?:=(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s"']\S*)?))?(?=\s|$)/y;
const SPACE = /\s*/y;

/**
 * Reads the definitions of a text.
 *
 * @param field that is blamed: `fields.arguments`
 * @throws Invalid with everything that is wrong, by line and column
 */
export function parseDefinitions(text: string, field: string): readonly ArgumentDef[] {
  const errors: FieldError[] = [];
  const definitions: ArgumentDef[] = [];
  const seen = new Set<string>();
  for (const { definition, problems, line, column } of definitionsIn(text, seen)) {
    if (definitions.length >= ARGUMENTS_MAX) {
      const message = `A method has at most ${ARGUMENTS_MAX} arguments.`;
      throw new Invalid([{ field, message, line, column }]);
    }
    definitions.push(definition);
    for (const message of problems) errors.push({ field, message, line, column });
  }
  if (errors.length > 0) throw new Invalid(errors);
  return definitions;
}

interface Written {
  readonly definition: ArgumentDef;
  readonly problems: readonly string[];
  readonly line: number;
  readonly column: number;
}

function* definitionsIn(text: string, seen: Set<string>): Generator<Written> {
  for (const [index, row] of text.split(/\r\n?|\n/).entries()) {
    let at = after(SPACE, row, 0);
    while (at < row.length) {
      DEFINITION.lastIndex = at;
      const match = DEFINITION.exec(row);
      const place = { line: index + 1, column: at + 1 };
      yield { ...readOne(match, seen), ...place };
      if (match === null) break;
      at = after(SPACE, row, DEFINITION.lastIndex);
    }
  }
}

function after(pattern: RegExp, row: string, at: number): number {
  pattern.lastIndex = at;
  pattern.test(row);
  return pattern.lastIndex;
}

function readOne(
  match: RegExpExecArray | null,
  seen: Set<string>,
): Pick<Written, 'definition' | 'problems'> {
  if (match === null) {
    const message =
      'Write an argument as name, name:type, name:type:required or name:type="default".';
    return { definition: { name: '', type: 'string' }, problems: [message] };
  }
  const [, name = '', suffixes = '', inDouble, inSingle, bare] = match;
  const words = suffixes.split(':').slice(1);
  const required = words.includes('required');
  const [type = 'string', ...more] = words.filter((word) => word !== 'required');
  const standIn = (inDouble ?? inSingle)?.replaceAll(/\\(.)/g, unescaped) ?? bare;
  const given = {
    name,
    type,
    ...(required ? { required } : {}),
    ...(standIn === undefined || standIn === '' ? {} : { default: standIn }),
  };
  const problems = problemsOf(given, seen).map(({ message }) => message);
  if (more.length > 0) problems.push('An argument has one type.');
  return { definition: given as ArgumentDef, problems };
}

function unescaped(_written: string, character: string): string {
  if (character === 'n') return '\n';
  return character === 'r' ? '\r' : character;
}

/** Gives definitions as the text that `parseDefinitions` reads, one a line. */
export function writeDefinitions(definitions: readonly ArgumentDef[]): string {
  return definitions.map(written).join('\n');
}

function written({ name, type, required, default: standIn }: ArgumentDef): string {
  const head = `${name}:${type}${required === true ? ':required' : ''}`;
  if (standIn === undefined) return head;
  const text = typeof standIn === 'string' ? standIn : JSON.stringify(standIn);
  if (/^[^\s"'\\]+$/.test(text)) return `${head}=${text}`;
  const escaped = text.replaceAll(/["\\]/g, '\\$&');
  return `${head}="${escaped.replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`;
}
