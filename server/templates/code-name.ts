/** Compiles names, paths and literals to code that finds their value. */
import { ABSENT } from '../../acquisition/index.js';
import { isOwnPath, positionOf } from './ast.js';
import type { Literal, PathExpression } from './ast.js';
import { ownValue } from './attributes.js';
import type { Evaluation, Frame, Locals } from './frame.js';
import type { Scope } from './language.js';
import { valueOfData, valueOfName } from './lookup.js';
import { memberOf } from './members.js';

/** Compiles a literal to its value. */
export function codeOfLiteral(literal: Literal): Evaluation {
  const value =
    literal.type === 'UndefinedLiteral'
      ? undefined
      : literal.type === 'NullLiteral'
        ? null
        : literal.value;
  return () => value;
}

/** Compiles a path to what it finds, not called; `ABSENT` where there is nothing. */
export function codeOfPath(path: PathExpression, scope: Scope | undefined): Evaluation {
  const at = positionOf(path);
  const [head, ...rest] = path.parts;
  if (head === undefined) return codeOfObject(path.depth);
  const find = codeOfHead(path, head, scope);
  if (rest.length === 0) {
    return (frame) => {
      frame.run.at = at;
      return find(frame);
    };
  }
  return (frame) => {
    frame.run.at = at;
    let value = find(frame);
    for (const name of rest) {
      if (value === ABSENT) return ABSENT;
      value = memberOf(frame, value, name);
    }
    return value;
  };
}

function codeOfHead(path: PathExpression, head: string, scope: Scope | undefined): Evaluation {
  if (path.data) return (frame) => valueOfData(frame, head, path.depth);
  if (isOwnPath(path)) return (frame) => ownOrMember(frame, head);
  if (path.depth > 0) {
    return (frame) => {
      const outer = frameOut(frame, path.depth);
      return outer === undefined ? ABSENT : valueOfName(outer, head);
    };
  }
  const local = localOf(scope, head);
  return local === undefined ? (frame) => valueOfName(frame, head) : codeOfLocal(local);
}

/** `this`, `..`, `../..`. */
function codeOfObject(depth: number): Evaluation {
  if (depth === 0) return ({ self }) => self;
  return (frame) => {
    const outer = frameOut(frame, depth);
    return outer === undefined ? ABSENT : outer.self;
  };
}

/** `./name`: the present object alone, and at the top of a partial what it was given. */
function ownOrMember(frame: Frame, name: string): unknown {
  const { args } = frame.env;
  if (frame.isBase && args?.isOwn === true && args.names.has(name)) return args.names.get(name);
  const own = ownValue(frame.run, frame.self, name);
  return own === ABSENT ? memberOf(frame, frame.self, name) : own;
}

function frameOut(frame: Frame, levels: number): Frame | undefined {
  let at: Frame | undefined = frame;
  for (let level = 0; level < levels; level += 1) at = at?.up;
  return at;
}

/** Where a block parameter or a `let` name is kept. */
interface LocalPlace {
  readonly hops: number;
  readonly index: number;
}

function localOf(scope: Scope | undefined, name: string): LocalPlace | undefined {
  let hops = 0;
  for (let at = scope; at !== undefined; at = at.up) {
    const index = at.names.lastIndexOf(name);
    if (index !== -1) return { hops, index };
    hops += 1;
  }
  return undefined;
}

/** Tells whether a name is a block parameter or a `let` here. */
export function isLocal(scope: Scope | undefined, name: string): boolean {
  return localOf(scope, name) !== undefined;
}

function codeOfLocal({ hops, index }: LocalPlace): Evaluation {
  return (frame) => {
    frame.run.budget.step();
    let locals: Locals | undefined = frame.locals;
    for (let hop = 0; hop < hops; hop += 1) locals = locals?.up;
    return locals?.values[index];
  };
}

/** Compiles what gives the `let` names in sight, for templates that are called; none: `undefined`. */
export function codeOfLets(
  scope: Scope | undefined,
): ((frame: Frame) => ReadonlyMap<string, unknown>) | undefined {
  const names = new Map<string, Evaluation>();
  const hidden = new Set<string>();
  for (let at = scope; at !== undefined; at = at.up) {
    for (const name of at.names) {
      if (hidden.has(name)) continue;
      hidden.add(name);
      const place = at.isLet ? localOf(scope, name) : undefined;
      if (place !== undefined) names.set(name, codeOfLocal(place));
    }
  }
  if (names.size === 0) return undefined;
  return (frame) => {
    const values = new Map<string, unknown>();
    for (const [name, value] of names) values.set(name, value(frame));
    return values;
  };
}
