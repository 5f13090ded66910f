/**
 * Options of the SQL tags. They are written as literals in the source, so that no value ever chooses
 * a column, an operator or a type.
 */
import { simpleName } from '../templates/ast.js';
import type { CallNode, HashPair } from '../templates/ast.js';
import { SyntaxFault } from '../templates/syntax-fault.js';
import { reservedAt, RESERVED_CHARACTER } from './source-marks.js';
import { isValueType, VALUE_TYPES } from './value-types.js';
import type { ValueType } from './value-types.js';

export class LiteralOptions {
  readonly #node: CallNode;
  readonly #pairs: ReadonlyMap<string, HashPair>;

  /** @throws SyntaxFault for an option that is not in `known`, is given twice or is no literal */
  constructor(node: CallNode, known: readonly string[]) {
    const pairs = new Map<string, HashPair>();
    const name = simpleName(node.path) ?? '…';
    for (const pair of node.hash?.pairs ?? []) {
      if (!known.includes(pair.key)) {
        const message = `“${name}” has no option “${pair.key}”. There are: ${known.join(', ')}.`;
        throw SyntaxFault.at(pair, message);
      }
      if (pairs.has(pair.key)) throw SyntaxFault.at(pair, `${pair.key}= is given twice.`);
      pairs.set(pair.key, pair);
    }
    this.#node = node;
    this.#pairs = pairs;
  }

  text(name: string): string | undefined {
    const pair = this.#pairs.get(name);
    if (pair === undefined) return undefined;
    const { value } = pair;
    if (value.type !== 'StringLiteral' || typeof value.value !== 'string') {
      throw SyntaxFault.at(pair, `${name}= is written in quotes: it is not read from a value.`);
    }
    if (reservedAt(value.value) !== -1) throw SyntaxFault.at(pair, RESERVED_CHARACTER);
    return value.value;
  }

  flag(name: string): boolean {
    const pair = this.#pairs.get(name);
    if (pair === undefined) return false;
    if (pair.value.type !== 'BooleanLiteral') {
      throw SyntaxFault.at(pair, `${name}= is true or false: it is not read from a value.`);
    }
    return pair.value.value === true;
  }

  type(): ValueType | undefined {
    const type = this.text('type');
    if (type === undefined || isValueType(type)) return type;
    const message = `There is no type “${type}”. There are: ${VALUE_TYPES.join(', ')}.`;
    throw this.fault('type', message);
  }

  /** The fault of an option, or of the whole tag where the option is not there. */
  fault(name: string, message: string): SyntaxFault {
    return SyntaxFault.at(this.#pairs.get(name) ?? this.#node, message);
  }
}
