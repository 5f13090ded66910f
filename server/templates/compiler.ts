/**
 * The way from a source to code, and the only importer of Handlebars on the server's side of sites.
 *
 * Handlebars gives the syntax: its parser, its rules for white space. What a template means is
 * decided by this room.
 */
import Handlebars from 'handlebars';
import type { Program } from './ast.js';
import { TemplateCoder } from './coder.js';
import { placed, TemplateFault } from './errors.js';
import type { Position } from './errors.js';
import type { Instruction } from './frame.js';
import type { Language } from './language.js';
import { faultOfParser } from './parser-fault.js';
import { measureSource, positionAt } from './source.js';
import { SyntaxFault } from './syntax-fault.js';

/** One thing that is wrong with a source. Lines and columns are counted from 1. */
export interface SyntaxMessage extends Position {
  readonly message: string;
}

/**
 * Says what is wrong with a source; an empty list means nothing.
 *
 * Everything that can be known without a site: the syntax, the helpers' arguments and options,
 * blocks that do not exist. Whether a name finds something is known only when it is looked for.
 */
export function checkSyntax(source: string, language: Language): readonly SyntaxMessage[] {
  try {
    compileSource(source, language);
    return [];
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    return [{ line: error.line, column: error.column, message: error.message }];
  }
}

/**
 * Gives the code of a template.
 * @param path of the template, for the error
 * @throws TemplateError `SRV_TEMPLATE_SYNTAX`
 */
export function compileTemplate(source: string, path: string, language: Language): Instruction {
  try {
    return compileSource(source, language);
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    const { line, column } = error;
    const fault = new TemplateFault('SRV_TEMPLATE_SYNTAX', error.message);
    throw placed(fault, { path, line, column });
  }
}

function compileSource(source: string, language: Language): Instruction {
  measureSource(source);
  try {
    return new TemplateCoder(language).program(parse(source));
  } catch (error) {
    if (error instanceof RangeError)
      throw new SyntaxFault('Blocks are too deep in each other.', TOP);
    throw error;
  }
}

const TOP: Position = Object.freeze({ line: 1, column: 1 });

/** The parser as it is: its lexer keeps where it stopped, which its messages do not say in full. */
interface Parser {
  readonly lexer: { readonly matched: string; readonly match: string };
}

function parse(source: string): Program {
  try {
    return Handlebars.parse(source) as Program;
  } catch (error) {
    if (error instanceof RangeError || !(error instanceof Error)) throw error;
    throw faultOf(error, source);
  }
}

function faultOf(error: Error, source: string): SyntaxFault {
  const { lexer } = (Handlebars as unknown as { readonly Parser: Parser }).Parser;
  const { lineNumber, column } = error as {
    readonly lineNumber?: number;
    readonly column?: number;
  };
  if (lineNumber !== undefined) {
    const message = error.message.replace(/ - [0-9]+:[0-9]+$/, '');
    const position = { line: lineNumber, column: (column ?? 0) + 1 };
    return faultOfParser(message, position, { source, read: lexer.matched });
  }
  const at = Math.max(0, lexer.matched.length - lexer.match.length);
  return new SyntaxFault(
    messageOf(error.message, source.indexOf('}}', at) !== -1),
    positionAt(source, at),
  );
}

/**
 * The parser's message names its tokens; this says what they are called by people.
 * @param isClosed whether some tag ends after the place
 */
function messageOf(message: string, isClosed: boolean): string {
  const [, expected = '', found = ''] = /Expecting (.*), got '(\w+)'/s.exec(message) ?? [];
  if (found === '') return 'There is a character here that is not understood.';
  if (found === 'EOF') {
    return expected.includes('OPEN_ENDBLOCK')
      ? 'The template ends while a block is still open.'
      : 'The template ends in the middle of a tag.';
  }
  if (found === 'INVALID' && !isClosed) return 'The template ends in the middle of a tag.';
  if (found === 'OPEN_ENDBLOCK') return 'This closes a block that was not opened.';
  if (found === 'INVERSE' || found === 'OPEN_INVERSE_CHAIN') return 'This stands in no block.';
  return `${TOKENS.get(found) ?? 'This'} cannot stand here.`;
}

const TOKENS: ReadonlyMap<string, string> = new Map([
  ['CLOSE', 'The end of a tag'],
  ['CLOSE_SEXPR', 'A closing parenthesis'],
  ['OPEN_SEXPR', 'An opening parenthesis'],
  ['ID', 'A name'],
  ['STRING', 'A text'],
  ['NUMBER', 'A number'],
  ['EQUALS', 'An equals sign'],
  ['SEP', 'A separator'],
  ['DATA', 'An @'],
  ['OPEN', 'A tag inside a tag'],
  ['INVALID', 'This character'],
]);
