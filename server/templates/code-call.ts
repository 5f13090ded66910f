/** Compiles mustaches and sub-expressions: names, helpers, and calls of what names mean. */
import { ABSENT } from '../../acquisition/index.js';
import { hasArguments, positionOf, simpleName } from './ast.js';
import type {
  BlockStatement,
  CallNode,
  Expression,
  MustacheStatement,
  SubExpression,
} from './ast.js';
import { called, isCalled, NO_ARGUMENTS } from './call.js';
import type { CallValues } from './call.js';
import { codeOfLets, codeOfLiteral, codeOfPath, isLocal } from './code-name.js';
import { TemplateFault } from './errors.js';
import type { Evaluation, Frame, Instruction } from './frame.js';
import { BlockCall } from './helper-call.js';
import type { ArgumentRules, BlockPart, Coder, Helper, Language } from './language.js';
import { SyntaxFault } from './syntax-fault.js';
import { taint, Tainted } from './taint.js';
import { emptyRecord } from './records.js';

/** What these functions need of the coder they work for. */
export interface CallCoder extends Coder {
  readonly language: Language;
}

/** What most calls are given as options. */
const NO_OPTIONS: Record<string, unknown> = Object.freeze(emptyRecord());

/** Arguments of one call. */
const ARGUMENTS_MAX = 1000;

/** Compiles a mustache or a sub-expression. Gives `ABSENT` where a name finds nothing. */
export function codeOfCall(node: MustacheStatement | SubExpression, coder: CallCoder): Evaluation {
  const { scope, language } = coder;
  const name = simpleName(node.path);
  if (name === undefined || isLocal(scope, name)) {
    return hasArguments(node) ? codeOfDynamicCall(node, coder) : codeOfNamed(node.path, coder);
  }
  const helper = language.helper(name);
  if (hasArguments(node) || helper?.reserved === true) {
    const form = language.form(name)?.value?.(node, coder);
    if (form !== undefined) return form;
    return helper === undefined
      ? codeOfDynamicCall(node, coder)
      : codeOfHelper(helper, node, coder);
  }
  return codeOfNameOrHelper(node, name, coder);
}

/** `{{name}}`: the name, and only where there is none the helper. */
function codeOfNameOrHelper(
  node: MustacheStatement | SubExpression,
  name: string,
  coder: CallCoder,
): Evaluation {
  const named = codeOfNamed(node.path, coder);
  const helper = coder.language.helper(name);
  const takesNothing =
    helper !== undefined && helper.arguments[0] === 0 && helper.block !== 'always';
  if (!takesNothing) return named;
  const help = codeOfHelper(helper, node, coder);
  return (frame) => {
    const value = named(frame);
    return value === ABSENT ? help(frame) : value;
  };
}

/**
 * What a path finds, called when it can be. `this` and `@template` are no names: they mean the
 * object.
 */
export function codeOfNamed(path: CallNode['path'] | Expression, coder: CallCoder): Evaluation {
  const find = coder.found(path);
  if (path.type === 'PathExpression' && path.parts.length < (path.data ? 2 : 1)) return find;
  const at = positionOf(path);
  const lets = codeOfLets(coder.scope);
  return (frame) => {
    const value = find(frame);
    if (!isCalled(frame, value)) return value;
    frame.run.at = at;
    return called(
      frame,
      value,
      lets === undefined ? NO_ARGUMENTS : { ...NO_ARGUMENTS, lets: lets(frame) },
    );
  };
}

/** `{{price item qty=3}}`: a call of what is found. */
function codeOfDynamicCall(node: CallNode, coder: CallCoder): Evaluation {
  const find = coder.found(node.path);
  const values = codeOfValues(node.params, node, coder);
  return codeOfFoundCall({ node, callee: node.path }, find, values);
}

/** Compiles `{{call m a=1}}`: a call of what the first argument finds. */
export function codeOfCallOf(node: CallNode, coder: CallCoder): Evaluation {
  const [callee, ...rest] = node.params;
  if (callee === undefined) throw SyntaxFault.at(node, 'This needs the name of what to call.');
  if (callee.type === 'SubExpression' && rest.length === 0 && node.hash === undefined) {
    return coder.argument(callee);
  }
  return codeOfFoundCall({ node, callee }, coder.found(callee), codeOfValues(rest, node, coder));
}

function codeOfFoundCall(
  { node, callee }: { readonly node: CallNode; readonly callee: CallNode['path'] | Expression },
  find: Evaluation,
  values: (frame: Frame) => CallValues,
): Evaluation {
  const at = positionOf(node);
  const name = callee.type === 'SubExpression' ? '(…)' : String(callee.original);
  return (frame) => {
    const value = find(frame);
    if (value === ABSENT) {
      frame.run.at = at;
      const message = `There is no helper, script or template “${name}” here.`;
      throw new TemplateFault('SRV_TEMPLATE_NAME', message);
    }
    const given = values(frame);
    frame.run.at = at;
    return called(frame, value, given);
  };
}

/** Compiles the arguments of a template, a script or a partial. */
export function codeOfValues(
  params: readonly Expression[],
  node: Pick<CallNode, 'hash' | 'loc'>,
  coder: Coder,
): (frame: Frame) => CallValues {
  const pairs = node.hash?.pairs ?? [];
  if (params.length + pairs.length > ARGUMENTS_MAX)
    throw SyntaxFault.at(node, 'Too many arguments.');
  const positional = params.map((param) => coder.argument(param));
  const named = pairs.map(({ key, value }) => ({ key, value: coder.argument(value) }));
  const lets = codeOfLets(coder.scope);
  return (frame) => ({
    positional: positional.map((value) => value(frame)),
    named:
      named.length === 0
        ? NO_ARGUMENTS.named
        : new Map(named.map(({ key, value }) => [key, value(frame)])),
    lets: lets === undefined ? NO_ARGUMENTS.lets : lets(frame),
  });
}

/** What a helper's block consists of. */
export interface HelperBlock {
  readonly program: Instruction;
  readonly inverse: Instruction;
  readonly parts: readonly BlockPart[];
}

/** Compiles a helper's call, with its block if it has one. */
export function codeOfHelper(
  helper: Helper,
  node: MustacheStatement | SubExpression | BlockStatement,
  coder: CallCoder,
  block?: HelperBlock,
): Evaluation {
  checkHelper(helper, node, coder);
  const at = positionOf(node);
  const rules: ArgumentRules = { takes: helper.takes, lenient: helper.lenient };
  const params = node.params.map((param) => coder.argument(param, rules));
  const pairs = node.hash?.pairs ?? [];
  const options = pairs.map(({ key, value }) => ({ key, value: coder.argument(value, rules) }));
  const fields = new Map(pairs.flatMap(({ key, value }) => requestField(key, value)));
  const escapes = helper.escapes === true;
  return (frame) => {
    const { run } = frame;
    run.budget.step();
    let isMarked = false;
    const args: unknown[] = [];
    for (const param of params) {
      const value = param(frame);
      isMarked ||= value instanceof Tainted;
      args.push(value instanceof Tainted ? value.value : value);
    }
    const named = options.length === 0 ? NO_OPTIONS : emptyRecord();
    for (const { key, value: option } of options) {
      const value = option(frame);
      isMarked ||= value instanceof Tainted;
      named[key] = value instanceof Tainted ? value.value : value;
    }
    run.at = at;
    const call = new BlockCall(frame, { options: named, fields, isMarked, block });
    const result = helper.call(args, call);
    return isMarked && !escapes ? taint(result) : result;
  };
}

function checkHelper(
  helper: Helper,
  node: MustacheStatement | SubExpression | BlockStatement,
  coder: CallCoder,
): void {
  coder.requireArguments(node, ...helper.arguments);
  const isBlock = node.type === 'BlockStatement';
  if (isBlock && (helper.block ?? 'never') === 'never') {
    throw SyntaxFault.at(node, `“${helper.name}” is no block: write {{${helper.name} …}}.`);
  }
  if (!isBlock && helper.block === 'always') {
    const { name } = helper;
    throw SyntaxFault.at(node, `“${name}” is a block: write {{#${name} …}}…{{/${name}}}.`);
  }
  const known = helper.options ?? [];
  if (known === 'any') return;
  for (const pair of node.hash?.pairs ?? []) {
    if (!known.includes(pair.key)) throw unknownOption(helper.name, pair, known);
  }
}

/** The fault of an option that does not exist; says which there are. */
export function unknownOption(
  name: string,
  pair: Parameters<typeof SyntaxFault.at>[0] & { readonly key: string },
  known: readonly string[],
): SyntaxFault {
  const which = known.length === 0 ? 'It has none.' : `There are: ${known.join(', ')}.`;
  return SyntaxFault.at(pair, `“${name}” has no option “${pair.key}”. ${which}`);
}

/** The field that an option is read from: `[[key, field]]` for `key=@request.form.field`. */
export function requestField(key: string, value: Expression): [string, string][] {
  if (value.type !== 'PathExpression' || !value.data || value.depth > 0) return [];
  const [request, form, field, ...more] = value.parts;
  if (request !== 'request' || form !== 'form' || field === undefined || more.length > 0) return [];
  return [[key, field]];
}

/** Compiles an argument as `Coder.argument` says. */
export function codeOfArgument(
  node: Expression,
  coder: CallCoder,
  rules: ArgumentRules,
): Evaluation {
  if (node.type !== 'PathExpression' && node.type !== 'SubExpression') return codeOfLiteral(node);
  const value = codeOfExpression(node, coder, rules);
  const at = positionOf(node);
  const written = node.type === 'PathExpression' ? node.original : simpleName(node.path);
  const lenient = rules.lenient === true || isOfRequest(node);
  return (frame) => {
    const found = value(frame);
    if (found !== ABSENT) return found;
    if (!lenient && frame.env.activation.code.strict) {
      frame.run.at = at;
      throw missingName(written ?? '(…)');
    }
    return undefined;
  };
}

function codeOfExpression(
  node: Exclude<Expression, { readonly type: `${string}Literal` }>,
  coder: CallCoder,
  rules: ArgumentRules,
): Evaluation {
  if (node.type === 'SubExpression') return codeOfCall(node, coder);
  return rules.takes === 'objects' ? codeOfPath(node, coder.scope) : codeOfNamed(node, coder);
}

/** Whether what is named may be missing by nature: what a visitor sends or not. */
export function isOfRequest(node: CallNode['path'] | Expression): boolean {
  return node.type === 'PathExpression' && node.data && node.parts[0] === 'request';
}

/** The fault of a strict template's name that finds nothing. */
export function missingName(name: string): TemplateFault {
  return new TemplateFault('SRV_TEMPLATE_NAME', `There is nothing named “${name}” here.`);
}
