/** What is wrong with a source, and where. */
import { positionOf } from './ast.js';
import type { Position } from './errors.js';

/** Thrown while compiling; never leaves the room as it is. */
export class SyntaxFault extends Error implements Position {
  readonly line: number;
  readonly column: number;

  constructor(message: string, { line, column }: Position) {
    super(message);
    this.name = 'SyntaxFault';
    this.line = line;
    this.column = column;
  }

  /** A fault of something in the tree. */
  static at(node: Parameters<typeof positionOf>[0], message: string): SyntaxFault {
    return new SyntaxFault(message, positionOf(node));
  }
}
