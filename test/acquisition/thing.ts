/** Things to acquire from: plain objects in a tree, and paths through it written as text. */
import { ABSENT, acquire, type Acquirable, Context } from '../../acquisition/index.js';

/** An object with values of its own; those that are things lie in it. */
export class Thing implements Acquirable {
  readonly name: string;
  readonly container: Thing | undefined;
  readonly acquires: 'implicit' | 'explicit';
  readonly acquiredNames: ReadonlySet<string>;
  readonly own = new Map<string, unknown>();

  constructor(
    name: string,
    options: {
      in?: Thing;
      acquires?: 'implicit' | 'explicit';
      acquiredNames?: readonly string[];
      values?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    this.name = name;
    this.container = options.in;
    this.acquires = options.acquires ?? 'implicit';
    this.acquiredNames = new Set(options.acquiredNames);
    for (const [key, value] of Object.entries(options.values ?? {})) this.own.set(key, value);
    options.in?.own.set(name, this);
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
  const zoo = new Thing('zoo', { in: root, values: { keeper: 'Ann' } });
  new Thing('penguins', { in: zoo });
  const farm = new Thing('farm', { in: root, values: { skin: 'brown', keeper: 'Bob' } });
  new Thing('cow', { in: farm });
  new Thing('news', { in: root });
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
