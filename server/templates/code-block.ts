/** Compiles blocks that are no forms: a helper's, or a name's. */
import { ABSENT } from '../../acquisition/index.js';
import { hasArguments, positionOf, simpleName } from './ast.js';
import type { BlockStatement, Program, Statement } from './ast.js';
import { codeOfHelper, codeOfNamed, missingName } from './code-call.js';
import type { CallCoder, HelperBlock } from './code-call.js';
import type { Evaluation, Instruction } from './frame.js';
import type { BlockPart, Coder, Helper } from './language.js';
import { itemsOf } from './list.js';
import { loopOver } from './loop.js';
import { codeOfPrint } from './print.js';
import { SyntaxFault } from './syntax-fault.js';
import { untaint } from './taint.js';
import { isTrue } from './text.js';

/** Compiles a block. */
export function codeOfBlock(node: BlockStatement, coder: CallCoder): Instruction {
  const { language } = coder;
  const name = simpleName(node.path);
  if (name !== undefined) {
    const form = language.form(name);
    if (form?.block !== undefined) return form.block(node, coder);
    const helper = language.helper(name);
    const isBlock = helper?.block === 'always' || helper?.block === 'either';
    if (helper !== undefined && (isBlock || hasArguments(node))) {
      return codeOfHelperBlock(helper, node, coder);
    }
    if (form !== undefined && hasArguments(node))
      throw SyntaxFault.at(node, `“${name}” is no block.`);
  }
  if (hasArguments(node)) {
    const written = name ?? String(node.path.type === 'SubExpression' ? '(…)' : node.path.original);
    throw SyntaxFault.at(node, `There is no block helper “${written}”.`);
  }
  return codeOfNameBlock(node, coder);
}

function codeOfHelperBlock(helper: Helper, node: BlockStatement, coder: CallCoder): Instruction {
  const { program } = node;
  const names = program?.blockParams ?? [];
  const inside = names.length === 0 ? coder : coder.within({ names, isLet: false });
  const block: HelperBlock = {
    program: inside.program(program),
    inverse: coder.program(node.inverse),
    parts: partsOf(helper, program, inside),
  };
  const value = codeOfHelper(helper, node, coder, block);
  const write = codeOfPrint(coder.language, { raw: false, at: positionOf(node) });
  return (frame) => write(frame, value(frame));
}

/** The parts of a block that is divided by `{{and}}` and the like. */
function partsOf(helper: Helper, program: Program | undefined, coder: Coder): readonly BlockPart[] {
  if (helper.separators === undefined || program === undefined) return [];
  const parts: { readonly separator: string | undefined; readonly body: Statement[] }[] = [
    { separator: undefined, body: [] },
  ];
  for (const statement of program.body) {
    const separator = separatorOf(statement, helper.separators);
    if (separator === undefined) parts.at(-1)?.body.push(statement);
    else parts.push({ separator, body: [] });
  }
  return parts.map(({ separator, body }) => ({
    separator,
    program: coder.program({ ...program, body }),
  }));
}

function separatorOf(statement: Statement, separators: readonly string[]): string | undefined {
  if (statement.type !== 'MustacheStatement' || hasArguments(statement)) return undefined;
  const name = simpleName(statement.path);
  return name !== undefined && separators.includes(name) ? name : undefined;
}

/** `{{#name}}…{{/name}}`: over a list, with an object, or when it is true. */
function codeOfNameBlock(node: BlockStatement, coder: CallCoder): Instruction {
  const names = node.program?.blockParams ?? [];
  const inside = names.length === 0 ? coder : coder.within({ names, isLet: false });
  const body = inside.program(node.program);
  const otherwise = coder.program(node.inverse);
  const find: Evaluation = codeOfNamed(node.path, coder);
  const at = positionOf(node);
  const written = String(node.path.type === 'SubExpression' ? '(…)' : node.path.original);
  return (frame) => {
    const value = find(frame);
    if (value === ABSENT && frame.env.activation.code.strict) {
      frame.run.at = at;
      throw missingName(written);
    }
    const items = Array.isArray(untaint(value)) ? itemsOf(frame.run, value) : undefined;
    if (items !== undefined && items.length > 0) {
      loopOver(frame, body, { items, parameters: names.length });
    } else if (items !== undefined || !isTrue(value)) {
      otherwise(frame);
    } else if (value === true) {
      body(frame);
    } else {
      loopOver(frame, body, { items: [value], parameters: names.length, isList: false });
    }
  };
}
