/**
 * Turns a syntax tree into code: a tree of functions, one for each thing a template says.
 *
 * Handlebars would generate the text of a JavaScript program instead, with its own look-ups built
 * in. Functions made here cost about the same to run, know their place in the source at every
 * step, and no word that an author writes ever becomes part of a program.
 */
import { ABSENT } from '../../acquisition/index.js';
import { positionOf, simpleName } from './ast.js';
import type {
  CallNode,
  ContentStatement,
  Expression,
  MustacheStatement,
  PartialStatement,
  PathExpression,
  Program,
  Statement,
} from './ast.js';
import { NESTING_MAX } from './bounds.js';
import { codeOfBlock } from './code-block.js';
import {
  codeOfArgument,
  codeOfCall,
  codeOfCallOf,
  isOfRequest,
  missingName,
  unknownOption,
} from './code-call.js';
import type { CallCoder } from './code-call.js';
import { codeOfPath } from './code-name.js';
import { codeOfInlines, codeOfPartial, withoutInlines } from './code-partial.js';
import { Inlines } from './frame.js';
import type { Evaluation, Instruction } from './frame.js';
import type { ArgumentRules, Language, Scope } from './language.js';
import { codeOfPrint } from './print.js';
import { positionAt } from './source.js';
import { SyntaxFault } from './syntax-fault.js';

const nothing: Instruction = () => {};

/** What is known where a piece of a template stands. */
interface CoderPlace {
  readonly scope: Scope | undefined;
  readonly nesting: number;
}

export class TemplateCoder implements CallCoder {
  readonly language: Language;
  readonly scope: Scope | undefined;
  readonly #nesting: number;

  constructor(language: Language, place: CoderPlace = { scope: undefined, nesting: 0 }) {
    this.language = language;
    this.scope = place.scope;
    this.#nesting = place.nesting;
  }

  within(scope: Omit<Scope, 'up'>): TemplateCoder {
    return this.#deeper({ ...scope, up: this.scope });
  }

  program(program: Program | undefined): Instruction {
    if (program === undefined || program.body.length === 0) return nothing;
    const inside = this.#deeper(this.scope, program);
    const inlines = codeOfInlines(program.body, inside);
    const body = sequence(
      withoutInlines(program).body.map((statement) => inside.#statement(statement)),
    );
    if (inlines === undefined) return body;
    return (frame) => {
      const { env } = frame;
      body(frame.beside({ env: { ...env, inlines: new Inlines(inlines(frame), env.inlines) } }));
    };
  }

  argument(node: Expression, rules: ArgumentRules = {}): Evaluation {
    return codeOfArgument(node, this.#deeper(this.scope, node), rules);
  }

  found(node: Expression): Evaluation {
    if (node.type === 'PathExpression') return codeOfPath(node, this.scope);
    if (node.type === 'SubExpression') return codeOfCall(node, this.#deeper(this.scope, node));
    const name = simpleName(node) ?? '';
    const { loc } = node;
    const parts = [name];
    const path: PathExpression = {
      type: 'PathExpression',
      data: false,
      depth: 0,
      parts,
      original: name,
      loc,
    };
    return codeOfPath(path, this.scope);
  }

  callOf(node: CallNode): Evaluation {
    return codeOfCallOf(node, this);
  }

  options(
    node: CallNode,
    known: readonly string[],
    rules: ArgumentRules = {},
  ): ReadonlyMap<string, Evaluation> {
    const options = new Map<string, Evaluation>();
    for (const pair of node.hash?.pairs ?? []) {
      if (!known.includes(pair.key)) throw unknownOption(nameOf(node), pair, known);
      options.set(pair.key, this.argument(pair.value, rules));
    }
    return options;
  }

  requireArguments(node: CallNode, min: number, max: number): void {
    const { length } = node.params;
    if (length >= min && length <= max) return;
    const count =
      min === max ? `${min}` : max === Infinity ? `at least ${min}` : `${min} to ${max}`;
    throw SyntaxFault.at(node, `“${nameOf(node)}” takes ${count} arguments and has ${length}.`);
  }

  #statement(statement: Statement): Instruction {
    switch (statement.type) {
      case 'ContentStatement': {
        const value = this.#content(statement);
        return value === '' ? nothing : (frame) => frame.run.write(value);
      }
      case 'CommentStatement':
        return nothing;
      case 'MustacheStatement':
        this.#admit(statement);
        return this.#mustache(statement);
      case 'BlockStatement':
        return codeOfBlock(statement, this);
      case 'PartialStatement':
      case 'PartialBlockStatement':
        this.#admit(statement);
        return codeOfPartial(statement, this);
      case 'Decorator':
      case 'DecoratorBlock':
        throw SyntaxFault.at(statement, 'The only decorator is {{#*inline "name"}}…{{/inline}}.');
      default:
        throw SyntaxFault.at(statement, 'This is not understood.');
    }
  }

  #content(statement: ContentStatement): string {
    const { value, original } = statement;
    const { content } = this.language;
    if (value === '' || content === undefined) return value;
    const before = positionAt(original, Math.max(0, original.indexOf(value)));
    const { line, column } = positionOf(statement);
    return content(value, {
      line: line + before.line - 1,
      column: before.line === 1 ? column + before.column - 1 : before.column,
    });
  }

  #admit(statement: MustacheStatement | PartialStatement): void {
    const refusal = this.language.refusal?.(statement);
    if (refusal !== undefined) throw SyntaxFault.at(statement, refusal);
  }

  #mustache(statement: MustacheStatement): Instruction {
    const value = codeOfCall(statement, this);
    const raw = !statement.escaped;
    const at = positionOf(statement);
    const name = nameOf(statement);
    const write = codeOfPrint(this.language, { raw, at });
    const mayBeMissing = isOfRequest(statement.path);
    return (frame) => {
      const shown = value(frame);
      if (shown === ABSENT) {
        if (mayBeMissing || !frame.env.activation.code.strict) return;
        frame.run.at = at;
        throw missingName(name);
      }
      write(frame, shown);
    };
  }

  #deeper(scope: Scope | undefined, node?: Parameters<typeof positionOf>[0]): TemplateCoder {
    const nesting = this.#nesting + 1;
    if (nesting > NESTING_MAX) {
      const message = `More than ${NESTING_MAX} blocks and expressions one inside the other.`;
      throw new SyntaxFault(
        message,
        node?.loc === undefined ? { line: 1, column: 1 } : positionOf(node),
      );
    }
    return new TemplateCoder(this.language, { scope, nesting });
  }
}

function sequence(instructions: readonly Instruction[]): Instruction {
  const all = instructions.filter((instruction) => instruction !== nothing);
  const [first, second, third] = all;
  if (first === undefined) return nothing;
  if (second === undefined) return first;
  if (third === undefined) {
    return (frame) => {
      first(frame);
      second(frame);
    };
  }
  return (frame) => {
    for (const instruction of all) instruction(frame);
  };
}

function nameOf({ path }: CallNode): string {
  return path.type === 'SubExpression' ? '(…)' : String(path.original ?? path.type);
}
