/**
 * The syntax tree that Handlebars' parser gives, as far as it is read here, and questions about it.
 *
 * The tree is the parser's; only its types are written down here, so that no other module depends
 * on the parser.
 */
import type { Position } from './errors.js';

interface Node {
  readonly loc: { readonly start: Position };
}

export interface Program extends Node {
  readonly type: 'Program';
  readonly body: readonly Statement[];
  readonly blockParams?: readonly string[];
}

export interface PathExpression extends Node {
  readonly type: 'PathExpression';
  /** It begins with `@`. */
  readonly data: boolean;
  /** How many `../` it begins with. */
  readonly depth: number;
  readonly parts: readonly string[];
  readonly original: string;
}

export interface Literal extends Node {
  readonly type:
    | 'StringLiteral'
    | 'NumberLiteral'
    | 'BooleanLiteral'
    | 'UndefinedLiteral'
    | 'NullLiteral';
  readonly value?: string | number | boolean | null;
  readonly original?: string | number | boolean | null;
}

export interface HashPair extends Node {
  readonly key: string;
  readonly value: Expression;
}

export interface Hash extends Node {
  readonly pairs: readonly HashPair[];
}

/** What a mustache, a block and a sub-expression have in common. */
export interface CallNode extends Node {
  readonly path: PathExpression | Literal | SubExpression;
  readonly params: readonly Expression[];
  readonly hash?: Hash | undefined;
}

export interface SubExpression extends CallNode {
  readonly type: 'SubExpression';
}

export interface MustacheStatement extends CallNode {
  readonly type: 'MustacheStatement' | 'Decorator';
  readonly escaped: boolean;
}

export interface BlockStatement extends CallNode {
  readonly type: 'BlockStatement' | 'DecoratorBlock';
  readonly program?: Program | undefined;
  readonly inverse?: Program | undefined;
}

export interface PartialStatement extends Node {
  readonly type: 'PartialStatement' | 'PartialBlockStatement';
  readonly name: PathExpression | Literal | SubExpression;
  readonly params: readonly Expression[];
  readonly hash?: Hash | undefined;
  readonly indent?: string | undefined;
  readonly program?: Program | undefined;
}

export interface ContentStatement extends Node {
  readonly type: 'ContentStatement';
  readonly value: string;
  /** As it was written: `value` is without the white space that tags take away around them. */
  readonly original: string;
}

export interface CommentStatement extends Node {
  readonly type: 'CommentStatement';
}

export type Statement =
  | MustacheStatement
  | BlockStatement
  | PartialStatement
  | ContentStatement
  | CommentStatement;

export type Expression = PathExpression | Literal | SubExpression;

/** Gives where a node begins, counted from 1; the parser counts columns from 0. */
export function positionOf(node: Node): Position {
  const { line, column } = node.loc.start;
  return { line, column: column + 1 };
}

/**
 * Tells whether a path says `./x` or `this.x`: the present object's own.
 *
 * The parser drops these words from `parts` and keeps them in `original`; in brackets, `[this]`,
 * they are plain ids and are kept in both.
 */
export function isOwnPath(path: PathExpression): boolean {
  const written = path.original.length - (path.data ? 1 : 0);
  return path.depth === 0 && path.parts.join('.').length < written;
}

/** Gives the name when a path is nothing but a name, as `title` is. */
export function simpleName(path: PathExpression | Literal | SubExpression): string | undefined {
  if (path.type === 'SubExpression') return undefined;
  if (path.type !== 'PathExpression')
    return path.original === undefined ? path.type : String(path.original);
  if (path.data || path.depth > 0 || path.parts.length !== 1 || isOwnPath(path)) return undefined;
  return path.parts[0];
}

/** Tells whether a mustache, block or sub-expression was given arguments. */
export function hasArguments(node: CallNode): boolean {
  return node.params.length > 0 || node.hash !== undefined;
}
