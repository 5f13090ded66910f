/** Things to acquire from: plain objects in a tree, and paths through it written as text. */
import { ABSENT, acquire, type Acquirable, Context } from '../../acquisition/index.js';

export interface ThingOptions {
  readonly acquires?: 'implicit' | 'explicit';
  readonly acquiredNames?: readonly string[];
  readonly values?: Readonly<Record<string, unknown>>;
}

/** An object with values of its own; those that are things lie in it. */
export class Thing implements Acquirable {
  readonly name: string;
  readonly container: Thing | undefined;
  readonly acquires: 'implicit' | 'explicit';
  readonly acquiredNames: ReadonlySet<string>;
  readonly own = new Map<string, unknown>();

  constructor(name: string, options: ThingOptions & { readonly in?: Thing } = {}) {
    this.name = name;
    this.container = options.in;
    this.acquires = options.acquires ?? 'implicit';
    this.acquiredNames = new Set(options.acquiredNames);
    for (const [key, value] of Object.entries(options.values ?? {})) this.own.set(key, value);
    options.in?.own.set(name, this);
  }

  /** Puts a new thing into this one. */
  add(name: string, options: ThingOptions = {}): Thing {
    return new Thing(name, { ...options, in: this });
  }

  lookup(name: string): unknown {
    return this.own.has(name) ? this.own.get(name) : ABSENT;
  }

  delete(name: string): void {
    if (!this.own.delete(name)) throw new Error(`${this.name} has no ${name} of its own`);
  }
}

/** The tree T1 of the conformance examples. */
export function exampleTree(): Thing {
  const root = new Thing('root', { values: { skin: 'blue' } });
  root.add('zoo', { values: { keeper: 'Ann' } }).add('penguins');
  root.add('farm', { values: { skin: 'brown', keeper: 'Bob' } }).add('cow');
  root.add('news');
  return root;
}

/** What an expression gives that finds nothing. */
export const MISSING = 'AttributeError';

/** Follows `root.farm.news`: each name is acquired through what was reached so far. */
export function walk(root: Thing, expression: string): Context {
  const [, ...names] = expression.split('.');
  let context = Context.of(root);
  for (const name of names) {
    const found = acquire(context, name);
    if (!(found?.value instanceof Thing)) throw new Error(`${expression}: no ${name}`);
    context = found.context;
  }
  return context;
}

/** Gives the value of `root.farm.news.skin`, or `MISSING`. */
export function read(root: Thing, expression: string): unknown {
  const dot = expression.lastIndexOf('.');
  const found = acquire(walk(root, expression.slice(0, dot)), expression.slice(dot + 1));
  return found === undefined ? MISSING : found.value;
}

/** Names objects as in `news, farm, root`. */
export function names(objects: readonly Acquirable[]): string {
  return objects.map((object) => (object instanceof Thing ? object.name : '?')).join(', ');
}
