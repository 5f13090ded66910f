/**
 * Compiles partials: `{{> name}}`, `{{#> layout}}…{{/layout}}`, `{{> @partial-block}}`, and inline
 * partials.
 *
 * A name is looked for among the inline partials in sight and then, by acquisition, among
 * templates. A template that is shown inherits the inline partials of who shows it, and its partial
 * block where it is given none, so a layout may be split into several templates.
 */
import { isAcquirable } from '../../acquisition/index.js';
import { positionOf } from './ast.js';
import type { BlockStatement, PartialStatement, Statement } from './ast.js';
import { fragmentFrame, templateFrame } from './call.js';
import type { CallValues, Fragments } from './call.js';
import { codeOfValues } from './code-call.js';
import type { CallCoder } from './code-call.js';
import { TemplateFault } from './errors.js';
import type { Evaluation, Fragment, Frame, Instruction } from './frame.js';
import { Html } from './html.js';
import { templateOfName, valueOfName } from './lookup.js';
import { memberOf } from './members.js';
import { returnedValue } from './page-run.js';
import { printed } from './print.js';
import { SyntaxFault } from './syntax-fault.js';
import { untaint } from './taint.js';
import { textOf } from './text.js';
import type { TemplateCode } from './world.js';

const PARTIAL_BLOCK = '@partial-block';

/** What a call of a partial brings along. */
interface PartialCall {
  readonly values: CallValues;
  readonly fragments: Fragments;
  readonly indent: string;
}

/** Compiles a partial, with or without a block. */
export function codeOfPartial(node: PartialStatement, coder: CallCoder): Instruction {
  if (node.params.length > 1) throw SyntaxFault.at(node, 'A partial takes one object at most.');
  const name = codeOfPartialName(node, coder);
  const values = codeOfValues(node.params, node, coder);
  const inlines = codeOfInlines(node.program?.body ?? [], coder);
  const fallback =
    node.program === undefined ? undefined : coder.program(withoutInlines(node.program));
  const indent = node.indent ?? '';
  const at = positionOf(node);
  return (frame) => {
    frame.run.budget.step();
    const wanted = name(frame);
    const block: Fragment | undefined = fallback && { program: fallback, frame };
    const fragments = { block, inlines: inlines?.(frame) };
    const call: PartialCall = { values: values(frame), fragments, indent };
    frame.run.at = at;
    const isShown =
      wanted === PARTIAL_BLOCK ? showBlock(frame, call) : showPartial(frame, wanted, call);
    if (isShown) return;
    if (fallback !== undefined) fallback(frame);
    else if (wanted !== PARTIAL_BLOCK) throw noTemplate(wanted);
  };
}

/** Compiles the inline partials among statements; `undefined` where there are none. */
export function codeOfInlines(
  body: readonly Statement[],
  coder: CallCoder,
): ((frame: Frame) => ReadonlyMap<string, Fragment>) | undefined {
  const inlines = body.filter(isInline);
  if (inlines.length === 0) return undefined;
  const programs = inlines.map((inline) => codeOfInline(inline, coder));
  return (frame) => {
    const fragments = new Map<string, Fragment>();
    for (const { name, program } of programs) {
      fragments.set(textOf(frame.run, name(frame)), { program, frame });
    }
    return fragments;
  };
}

function codeOfInline(
  node: BlockStatement,
  coder: CallCoder,
): { readonly name: Evaluation; readonly program: Instruction } {
  const [name] = node.params;
  const isKnown = node.path.type === 'PathExpression' && node.path.original === 'inline';
  if (!isKnown || name === undefined || node.params.length > 1) {
    throw SyntaxFault.at(node, 'Write {{#*inline "name"}}…{{/inline}}.');
  }
  return { name: coder.argument(name), program: coder.program(node.program) };
}

function isInline(statement: Statement): statement is BlockStatement {
  return statement.type === 'DecoratorBlock';
}

/** A program without its inline partials, which are compiled apart. */
export function withoutInlines<P extends { readonly body: readonly Statement[] }>(program: P): P {
  const body = program.body.filter((statement) => !isInline(statement));
  return body.length === program.body.length ? program : { ...program, body };
}

function codeOfPartialName(
  { name }: PartialStatement,
  coder: CallCoder,
): (frame: Frame) => unknown {
  if (name.type === 'SubExpression') {
    const value = coder.argument(name, { takes: 'objects' });
    return (frame) => untaint(value(frame));
  }
  const written = String(name.original ?? name.type);
  if (name.type === 'PathExpression' && name.data && written !== PARTIAL_BLOCK) {
    const found = coder.found(name);
    return (frame) => untaint(found(frame));
  }
  return () => written;
}

/** Shows a partial by its name, or the template itself; answers whether there is one. */
function showPartial(frame: Frame, wanted: unknown, call: PartialCall): boolean {
  if (wanted instanceof Html) return showPartial(frame, wanted.text, call);
  if (typeof wanted === 'string') {
    const inline = frame.env.inlines?.find(wanted);
    if (inline !== undefined) {
      showFragment(frame, inline, call, { inheritsBlock: true });
      return true;
    }
  }
  const code = templateOf(frame, typeof wanted === 'string' ? templateAt(frame, wanted) : wanted);
  if (code === undefined) return false;
  showTemplate(frame, code, call);
  return true;
}

/** `news/header`: the template of that very name, or one found by walking the path. */
function templateAt(frame: Frame, name: string): unknown {
  const found = templateOfName(frame, name);
  if (found !== undefined || !/[./]/.test(name)) return found;
  const [head = '', ...rest] = name.split(/[./]/);
  let value = valueOfName(frame, head);
  for (const step of rest) value = memberOf(frame, value, step);
  return value;
}

function templateOf(frame: Frame, value: unknown): TemplateCode | undefined {
  if (!isAcquirable(value)) return undefined;
  const executable = frame.run.world.executable(value);
  if (executable?.kind !== 'template') return undefined;
  frame.run.touch(value);
  return executable;
}

function showTemplate(frame: Frame, code: TemplateCode, call: PartialCall): void {
  const { run } = frame;
  const inner = templateFrame(frame, code, call.values, call.fragments);
  const program = run.compiled(code);
  const bothActive = inner.env.activation.active && frame.env.activation.active;
  if (bothActive && run.markup && call.indent === '') {
    const signal = run.templateInto(program, inner);
    if (signal !== undefined) printed(frame, returnedValue(signal), { raw: false });
    return;
  }
  printed(frame, indented(frame, run.template(program, inner), call.indent), { raw: false });
}

/** Shows the block that the present template was given; answers whether there is one. */
function showBlock(frame: Frame, call: PartialCall): boolean {
  const { block } = frame.env;
  if (block === undefined) return false;
  if (block instanceof Html) printed(frame, indented(frame, block, call.indent), { raw: false });
  else showFragment(frame, block, call, { inheritsBlock: false });
  return true;
}

function showFragment(
  frame: Frame,
  fragment: Fragment,
  call: PartialCall,
  { inheritsBlock }: { readonly inheritsBlock: boolean },
): void {
  const { run } = frame;
  const inner = fragmentFrame(frame, fragment, call.values, { inheritsBlock, ...call.fragments });
  if (call.indent === '') {
    run.fragment(fragment.program, inner, frame.env.activation);
    return;
  }
  const shown = run.capture(fragment.program, inner);
  printed(frame, indented(frame, shown, call.indent), { raw: false });
}

/** Puts the indentation that a partial stands at before each of its lines, as Handlebars does. */
function indented(frame: Frame, value: unknown, indent: string): unknown {
  if (indent === '' || !(value instanceof Html || typeof value === 'string')) return value;
  const text = value instanceof Html ? value.text : value;
  const lines = text.split('\n');
  frame.run.budget.list(lines.length);
  frame.run.budget.text(text.length + lines.length * indent.length);
  const last = lines.length - 1;
  const moved = lines.map((line, index) => (line === '' && index === last ? line : indent + line));
  return value instanceof Html ? new Html(moved.join('\n')) : moved.join('\n');
}

function noTemplate(name: unknown): TemplateFault {
  const written = typeof name === 'string' ? `“${name}”` : 'what this gives';
  return new TemplateFault('SRV_TEMPLATE_NAME', `There is no template ${written} here.`);
}
