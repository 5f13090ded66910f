/**
 * `{{sqlvar}}` and `{{sqltest}}`: a value, and a comparison of a column with a value.
 *
 * A value that was not given is an error, unless the tag is optional: then `sqlvar` binds NULL and
 * `sqltest` writes nothing. With `multiple` a list is as many placeholders; an empty list is found in
 * nothing: `sqltest` writes a condition that is never true (or with `ne`, always), and `sqlvar` writes
 * NULL, so that `IN ({{sqlvar ids multiple=true}})` finds nothing.
 */
import { positionOf, simpleName } from '../templates/ast.js';
import type { Expression, MustacheStatement, SubExpression } from '../templates/ast.js';
import type { Evaluation, Frame, Run } from '../templates/frame.js';
import type { Coder, Form } from '../templates/language.js';
import { SyntaxFault } from '../templates/syntax-fault.js';
import { Invalid } from '../errors.js';
import { isItem, LIST_ITEMS_MAX } from './arguments.js';
import { LiteralOptions } from './literal-options.js';
import { placeMark } from './source-marks.js';
import { bindValue, SqlText } from './sql-text.js';
import { isNothing, plainValue, readAsItIs, readValue, Unreadable } from './value-types.js';
import type { BoundValue, ValueType } from './value-types.js';

export const sqlVar: Form = {
  name: 'sqlvar',
  value(node, coder) {
    requireAlone(node);
    coder.requireArguments(node, 1, 1);
    const options = new LiteralOptions(node, ['type', 'optional', 'multiple']);
    const given = new GivenValue(node, coder, { options, type: options.type() });
    return (frame) => {
      const { run } = frame;
      const value = given.value(frame);
      if (!isListOfValues(value)) return given.text(given.bind(run, value));
      return given.text(value.length === 0 ? 'NULL' : given.bindAll(run, value));
    };
  },
};

/** How each operator is written, with one value and with a list. */
interface Operator {
  readonly one: string;
  readonly list?: 'IN' | 'NOT IN';
  /** The pattern that a text is looked for by, in which `!` takes its meaning from a sign. */
  readonly pattern?: (text: string) => string;
}

const EQUAL: Operator = { one: '=', list: 'IN' };
const UNEQUAL: Operator = { one: '<>', list: 'NOT IN' };

const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['eq', EQUAL],
  ['=', EQUAL],
  ['in', EQUAL],
  ['ne', UNEQUAL],
  ['<>', UNEQUAL],
  ['!=', UNEQUAL],
  ['not in', UNEQUAL],
  ['lt', { one: '<' }],
  ['<', { one: '<' }],
  ['le', { one: '<=' }],
  ['lte', { one: '<=' }],
  ['<=', { one: '<=' }],
  ['gt', { one: '>' }],
  ['>', { one: '>' }],
  ['ge', { one: '>=' }],
  ['gte', { one: '>=' }],
  ['>=', { one: '>=' }],
  ['like', { one: 'LIKE' }],
  ['not like', { one: 'NOT LIKE' }],
  ['contains', { one: 'LIKE', pattern: (text) => `%${text}%` }],
  ['starts', { one: 'LIKE', pattern: (text) => `${text}%` }],
  ['ends', { one: 'LIKE', pattern: (text) => `%${text}` }],
]);
const LIST_OPERATORS: ReadonlySet<string> = new Set(['in', 'not in']);

export const sqlTest: Form = {
  name: 'sqltest',
  value(node, coder) {
    requireAlone(node);
    coder.requireArguments(node, 1, 1);
    const options = new LiteralOptions(node, ['column', 'type', 'op', 'optional', 'multiple']);
    const { operator, isList } = operatorOf(options);
    const type = operator.pattern === undefined ? options.type() : 'string';
    const given = new GivenValue(node, coder, { options, type });
    const column = columnOf(node, options, given.name);
    return (frame) => {
      const { run } = frame;
      const value = given.value(frame, isList);
      if (value === undefined) return undefined;
      if (!isListOfValues(value)) {
        return given.text(`${column} ${compared(given, run, operator, value)}`);
      }
      const { list = 'IN' } = operator;
      if (value.length === 0) return given.text(list === 'IN' ? '1 = 0' : '1 = 1');
      return given.text(`${column} ${list} (${given.bindAll(run, value)})`);
    };
  },
};

function operatorOf(options: LiteralOptions): {
  readonly operator: Operator;
  readonly isList: boolean;
} {
  const written = options.text('op') ?? 'eq';
  const name = written.trim().toLowerCase().replaceAll(/\s+/g, ' ');
  const operator = OPERATORS.get(name);
  if (operator === undefined) {
    const known = 'eq, ne, lt, le, gt, ge, like, not like, contains, starts, ends, in, not in';
    throw options.fault('op', `There is no operator “${written}”. There are: ${known}.`);
  }
  const isList = options.flag('multiple') || LIST_OPERATORS.has(name);
  const type = options.type();
  if (operator.pattern !== undefined && type !== undefined && type !== 'string') {
    throw options.fault('type', 'A part of a text is looked for by a text.');
  }
  if (isList && operator.list === undefined) {
    throw options.fault('multiple', 'A list goes with the operators eq, ne, in and not in.');
  }
  return { operator, isList };
}

/** A text that is looked for is what it says: `%` and `_` in it stand for themselves. */
function compared(
  given: GivenValue,
  run: Run,
  { one, pattern }: Operator,
  value: BoundValue,
): string {
  if (pattern === undefined) return `${one} ${given.bind(run, value)}`;
  const text = pattern(String(value).replaceAll(/[!%_]/g, '!$&'));
  return `${one} ${given.bind(run, text)} ESCAPE '!'`;
}

/** The column as the source writes it, or the name of the value where that is a column's. */
function columnOf(
  node: MustacheStatement | SubExpression,
  options: LiteralOptions,
  name: string,
): string {
  const written = options.text('column');
  if (written !== undefined && written.trim() !== '') return written;
  if (written === undefined && /^[A-Za-z_]\w*$/.test(name)) return name;
  throw SyntaxFault.at(node, 'Say which column is meant: column="…".');
}

/** Inside another tag, the text would be a value like any other. */
function requireAlone(node: MustacheStatement | SubExpression): void {
  if (node.type === 'MustacheStatement') return;
  const name = simpleName(node.path) ?? '…';
  throw SyntaxFault.at(node, `{{${name} …}} stands by itself, not inside another tag.`);
}

/** The value of a tag: found, read as its type, bound. */
class GivenValue {
  /** What the source calls it. */
  readonly name: string;
  readonly #type: ValueType | undefined;
  readonly #isOptional: boolean;
  readonly #isMultiple: boolean;
  readonly #find: Evaluation;
  readonly #place: { readonly line: number; readonly column: number };

  constructor(
    node: MustacheStatement | SubExpression,
    coder: Coder,
    { options, type }: { readonly options: LiteralOptions; readonly type: ValueType | undefined },
  ) {
    const [argument] = node.params;
    if (argument === undefined) throw SyntaxFault.at(node, 'This needs a value.');
    this.name = nameOf(argument);
    this.#type = type;
    this.#isOptional = options.flag('optional');
    this.#isMultiple = options.flag('multiple');
    this.#find = coder.argument(argument, { lenient: this.#isOptional });
    this.#place = positionOf(node);
  }

  /**
   * Gives the value, or with `multiple` a list of them; `undefined` where nothing was given and nothing
   * need be.
   *
   * @throws Invalid naming the argument, for what is missing or cannot be read
   */
  value(frame: Frame, isList = this.#isMultiple): BoundValue | readonly BoundValue[] | undefined {
    frame.run.budget.step();
    const found = plainValue(this.#find(frame));
    frame.run.at = this.#place;
    try {
      return isList ? this.#list(frame.run, found) : this.#one(found);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      const message = `“${this.name}” ${error.message}.`;
      throw new Invalid([{ field: `arguments.${this.name}`, message, ...this.#place }]);
    }
  }

  /** Gives the text of the tag, which stands where the tag does. */
  text(written: string): SqlText {
    return new SqlText(placeMark(this.#place, true) + written);
  }

  bind(run: Run, value: BoundValue | undefined): string {
    return bindValue(run, { value: value ?? null, name: this.name, type: this.#type });
  }

  bindAll(run: Run, values: readonly BoundValue[]): string {
    return values.map((value) => this.bind(run, value)).join(', ');
  }

  #one(value: unknown): BoundValue | undefined {
    if (this.#isMissing(value)) return undefined;
    if (Array.isArray(value) && this.#type !== 'json') {
      throw new Unreadable('is a list: write multiple=true for a list of values');
    }
    return this.#read(value);
  }

  #list(run: Run, value: unknown): readonly BoundValue[] | undefined {
    if (Array.isArray(value) && value.length === 0 && !this.#isOptional) return [];
    if (this.#isMissing(value)) return undefined;
    const items = Array.isArray(value) ? value.map(plainValue) : [value];
    if (items.length > LIST_ITEMS_MAX) {
      throw new Unreadable(`has more than ${LIST_ITEMS_MAX.toLocaleString('en')} items`);
    }
    run.budget.list(items.length);
    const some = items.filter((item) => isItem(this.#type, item));
    if (some.length === 0 && this.#isOptional) return undefined;
    return some.map((item) => this.#read(item));
  }

  /** An empty text is a text where one is asked for and nothing need be left out. */
  #isMissing(value: unknown): boolean {
    const isEmpty = isNothing(value) || (Array.isArray(value) && value.length === 0);
    if (!isEmpty) return false;
    if (this.#isOptional) return true;
    if (value === '' && (this.#type === 'string' || this.#type === undefined)) return false;
    if (Array.isArray(value)) return false;
    throw new Unreadable('is missing');
  }

  #read(value: unknown): BoundValue {
    return this.#type === undefined ? readAsItIs(value) : readValue(this.#type, value);
  }
}

function isListOfValues(
  value: BoundValue | readonly BoundValue[] | undefined,
): value is readonly BoundValue[] {
  return Array.isArray(value);
}

/** The last word of a path; of what is computed, the value of nothing with a name. */
function nameOf(argument: Expression): string {
  if (argument.type === 'PathExpression') return argument.parts.at(-1) ?? 'this';
  if (argument.type === 'SubExpression') {
    const [inner] = argument.params;
    return inner === undefined ? (simpleName(argument.path) ?? 'value') : nameOf(inner);
  }
  return 'value';
}
