/**
 * Calling what was found: templates, scripts, SQL methods, and functions of the engine.
 *
 * A template is always shown in the present context: it sees the present object, and before it what
 * the caller gave and its `let`. What it writes is HTML; a text that anything else gives is text.
 */
import { ABSENT, isAcquirable } from '../../acquisition/index.js';
import { unusable } from './errors.js';
import { Activation, Frame, Inlines } from './frame.js';
import type { Args, Env, Fragment } from './frame.js';
import { Html } from './html.js';
import { guarded } from './page-run.js';
import { Tainted, taint, untaint } from './taint.js';
import { Callable } from './callable.js';
import { emptyRecord } from './records.js';
import type { Executable, Method, TemplateCode } from './world.js';

/** What a call is given. Values are as they were found, marks included. */
export interface CallValues {
  readonly positional: readonly unknown[];
  readonly named: ReadonlyMap<string, unknown>;
  /** The `let` names in sight, which a template that is called sees too. */
  readonly lets: ReadonlyMap<string, unknown>;
}

const NOTHING: ReadonlyMap<string, unknown> = new Map();

/** A call without arguments. */
export const NO_ARGUMENTS: CallValues = Object.freeze({
  positional: Object.freeze([]),
  named: NOTHING,
  lets: NOTHING,
});

/** Tells whether a value found by name is called, rather than being what the name means. */
export function isCalled(frame: Frame, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Callable) return true;
  return isAcquirable(value) && frame.run.world.executable(value) !== undefined;
}

/**
 * Calls a value; one that cannot be called is given as it is.
 * @throws TemplateFault `SRV_TEMPLATE_VALUE` when it was given arguments and cannot be called
 */
export function called(frame: Frame, value: unknown, values: CallValues): unknown {
  if (typeof value === 'object' && value !== null) {
    if (value instanceof Callable) return callFunction(frame, value, values);
    const executable = isAcquirable(value) ? frame.run.world.executable(value) : undefined;
    if (executable !== undefined) return callExecutable(frame, executable, values);
  }
  if (values.positional.length + values.named.size > 0) {
    throw unusable('What this name means is neither a template nor a script.');
  }
  return value;
}

function callExecutable(frame: Frame, executable: Executable, values: CallValues): unknown {
  const { run } = frame;
  run.budget.step();
  run.touch(executable.object);
  if (executable.kind === 'method') return callMethod(frame, executable, values);
  const inner = templateFrame(frame, executable, values, {});
  return run.template(run.compiled(executable), inner);
}

/** What `{{> layout}}…{{/layout}}` brings to a template beside arguments. */
export interface Fragments {
  readonly block?: Fragment | undefined;
  readonly inlines?: ReadonlyMap<string, Fragment> | undefined;
}

/** Makes the outermost frame of a template that is called from another. */
export function templateFrame(
  caller: Frame,
  code: TemplateCode,
  values: CallValues,
  fragments: Fragments,
): Frame {
  const { run, env } = caller;
  const activation = new Activation(code, env.activation.context, run.isActive(code));
  const lets = extended(env.args, values.lets, {
    isOwn: false,
    from: env.activation,
    to: activation,
  });
  const args = extended(lets, values.named, { isOwn: true, from: env.activation, to: activation });
  const inner: Env = { activation, args, ...innerFragments(env, fragments) };
  return new Frame(run, inner, calledOn(caller, values, activation), {
    isBase: true,
    data: caller.data,
  });
}

/** Makes the frame of a fragment where another template, or its own, shows it. */
export function fragmentFrame(
  caller: Frame,
  { frame: written }: Fragment,
  values: CallValues,
  fragments: Fragments & { readonly inheritsBlock: boolean },
): Frame {
  const { activation } = written.env;
  const outer = fragments.inheritsBlock ? caller.env : written.env;
  const env: Env = {
    activation,
    args: extended(caller.env.args, values.named, {
      isOwn: true,
      from: caller.env.activation,
      to: activation,
    }),
    inlines: innerFragments(caller.env, fragments).inlines,
    block: fragments.block ?? outer.block,
  };
  const self = calledOn(caller, values, activation);
  return new Frame(caller.run, env, self, {
    up: self === written.self ? written.up : written,
    isBase: caller.isBase || values.positional.length > 0,
    only: written.only,
    locals: written.locals,
    data: caller.data,
  });
}

function innerFragments(env: Env, { block, inlines }: Fragments): Pick<Env, 'inlines' | 'block'> {
  return {
    inlines: inlines === undefined ? env.inlines : new Inlines(inlines, env.inlines),
    block: block ?? env.block,
  };
}

/** The object a template is shown for: the one it was given, or the present one. */
function calledOn(caller: Frame, { positional }: CallValues, to: Activation): unknown {
  if (positional.length === 0) return guarded(caller.self, caller.env.activation, to);
  if (positional.length > 1) throw unusable('A template takes one object, and names with values.');
  const [object] = positional;
  return guarded(object === ABSENT ? undefined : object, caller.env.activation, to);
}

function extended(
  next: Args | undefined,
  names: ReadonlyMap<string, unknown>,
  {
    isOwn,
    from,
    to,
  }: { readonly isOwn: boolean; readonly from: Activation; readonly to: Activation },
): Args | undefined {
  if (names.size === 0) return next;
  if (from.active || !to.active) return { names, isOwn, next };
  const marked = new Map([...names].map(([name, value]) => [name, guarded(value, from, to)]));
  return { names: marked, isOwn, next };
}

function callMethod(frame: Frame, method: Method, values: CallValues): unknown {
  const { positional, named, isMarked } = unmarked(values);
  const result = method.call({ positional, named, context: frame.context });
  return isMarked ? taint(result) : result;
}

function callFunction(frame: Frame, value: Callable, values: CallValues): unknown {
  frame.run.budget.step();
  const { positional, named, isMarked } = unmarked(values);
  const result = value.call({ frame, positional, named });
  return isMarked ? taint(result) : result;
}

/** What goes out of the engine: plain values, and whether any of them came from the request. */
function unmarked(values: CallValues): {
  readonly positional: readonly unknown[];
  readonly named: Readonly<Record<string, unknown>>;
  readonly isMarked: boolean;
} {
  let isMarked = false;
  const bare = (value: unknown): unknown => {
    if (value instanceof Tainted) isMarked = true;
    const inside = untaint(value);
    return inside instanceof Html ? inside.text : inside;
  };
  const named = emptyRecord();
  const positional = values.positional.map(bare);
  for (const [name, value] of values.named) named[name] = bare(value);
  return { positional, named, isMarked };
}
