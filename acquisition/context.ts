/**
 * An object, and how it was reached.
 *
 * A context never changes, and objects never hold one. Two orders come from it. The *chain* is the
 * path as it was taken. The *order of lookup* puts containment before context: the object, what
 * contains it, and only then the rest of the path. On the path /farm/news, where news lies in the
 * root, the chain is news, farm, root, and names are looked for in news, root, farm.
 *
 * An object found further out (acquired) keeps the layers it was found through, and they are asked
 * from the one nearest to where it lies: on /zoo/penguins/farm, names are looked for in farm, root,
 * zoo, penguins. This is the order of Zope's nested wrappers, without the wrappers.
 */
import { containersOf, joinChains, requireDepth } from './chain.js';
import type { AcquisitionRules } from './names.js';

/** What `lookup` answers when an object has nothing of that name. */
export const ABSENT: unique symbol = Symbol('absent');

/** What acquisition needs to know of an object. */
export interface Acquirable extends AcquisitionRules {
  /** The object that holds this one; the root, and an object that is nowhere yet, has none. */
  readonly container?: Acquirable | undefined;

  /** Gives its own value for `name`, which may be `undefined` or `null`, or `ABSENT`. */
  lookup(name: string): unknown;
}

/** Tells whether a value can be stepped to. */
export function isAcquirable(value: unknown): value is Acquirable {
  return (
    typeof value === 'object' &&
    value !== null &&
    'lookup' in value &&
    typeof value.lookup === 'function'
  );
}

const NO_LAYERS: readonly Context[] = Object.freeze([]);

export class Context implements AcquisitionRules {
  readonly object: Acquirable;

  /** `explicit` when nothing is acquired through this context without asking. */
  readonly acquires: 'implicit' | 'explicit';

  /** The context of the container, as it was reached; none at the root. */
  readonly #home: Context | undefined;

  /** What lies between `#home` and the end of the path, outermost step of the path first. */
  readonly #layers: readonly Context[];

  readonly #depth: number;
  #order: readonly Acquirable[] | undefined;

  private constructor(
    object: Acquirable,
    home: Context | undefined,
    layers: readonly Context[],
    acquires = object.acquires ?? 'implicit',
  ) {
    this.object = object;
    this.acquires = acquires;
    this.#home = home;
    this.#layers = layers;
    const parent = layers[0] ?? home;
    this.#depth = parent === undefined ? 1 : parent.#depth + 1;
    requireDepth(this.#depth);
  }

  /**
   * Gives the context of an object reached through what contains it, from the root inward.
   *
   * @throws AcquisitionError `ACQ_CYCLE`, `ACQ_TOO_DEEP` as `containersOf`
   */
  static of(object: Acquirable): Context {
    const containers = containersOf(object);
    let context: Context | undefined;
    for (let index = containers.length - 1; index > 0; index -= 1) {
      const container = containers[index];
      if (container !== undefined) context = new Context(container, context, NO_LAYERS);
    }
    return new Context(object, context, NO_LAYERS);
  }

  /**
   * Gives the context of `object` reached through this one.
   *
   * The object may lie in this context's object, or anywhere further out on the order of lookup,
   * or somewhere else altogether, and then acquires from its own containers first. One that lies
   * nowhere acquires as if it lay here. One small object a step.
   *
   * @throws AcquisitionError `ACQ_TOO_DEEP` when the path grows past `DEPTH_MAX`
   */
  step(object: Acquirable): Context {
    const { container } = object;
    if (container === this.object) return new Context(object, this, NO_LAYERS);
    if (container === undefined) {
      const isRoot = this.order().includes(object);
      return isRoot ? new Context(object, undefined, [this]) : new Context(object, this, NO_LAYERS);
    }
    if (!this.order().includes(container))
      return new Context(object, Context.of(container), [this]);

    const layers: Context[] = [this];
    let home = this.#layerOf(container);
    while (home.object !== container) {
      layers.push(home);
      home = home.#layerOf(container);
    }
    return new Context(object, home, layers);
  }

  /** The context this one was reached through; none at the beginning of the path. */
  get parent(): Context | undefined {
    return this.#layers[0] ?? this.#home;
  }

  /** The same object reached through its container, without the rest of the path. */
  get inner(): Context {
    return this.#layers.length === 0 ? this : new Context(this.object, this.#home, NO_LAYERS);
  }

  /** What the object acquires in any case. */
  get acquiredNames(): ReadonlySet<string> | undefined {
    return this.object.acquiredNames;
  }

  /** The object alone. */
  get base(): Acquirable {
    return this.object;
  }

  /** The same place, where nothing is acquired unless code asks for it outright. */
  get explicit(): Context {
    return new Context(this.object, this.#home, this.#layers, 'explicit');
  }

  /** Lists the path as it was taken, from the object back to where it began. */
  chain(): readonly Acquirable[] {
    return objectsFrom(this, (context) => context.parent);
  }

  /** Lists the object and its containers, outward; an object that lies nowhere lies where it was reached. */
  containment(): readonly Acquirable[] {
    return objectsFrom(this, (context) => context.#home);
  }

  /**
   * Lists the objects in which names are looked for, each once, this context's own first.
   *
   * Computed at the first call and kept: O(length of the path), then free.
   */
  order(): readonly Acquirable[] {
    this.#order ??= this.#computeOrder();
    return this.#order;
  }

  /**
   * Tells whether the path, or with `inner` (the default) containment alone, leads through `other`.
   * An object is in its own context.
   */
  isIn(other: Acquirable, { inner = true }: { readonly inner?: boolean } = {}): boolean {
    return (inner ? this.containment() : this.chain()).includes(other);
  }

  /** Tells whether both are contexts of one object, however they reached it. */
  equals(other: Context): boolean {
    return this.object === other.object;
  }

  /**
   * Gives the context in which a lookup through this one asks `holder`.
   *
   * @param holder an object of `order()`
   */
  at(holder: Acquirable): Context {
    return this.object === holder ? this : this.#layerOf(holder).at(holder);
  }

  /** Finds the layer, from the innermost outward, whose order of lookup has `object`. */
  #layerOf(object: Acquirable): Context {
    if (this.#home?.order().includes(object) === true) return this.#home;
    const layer = this.#layers.findLast((candidate) => candidate.order().includes(object));
    if (layer === undefined) throw new TypeError('The object is not on the order of lookup');
    return layer;
  }

  #computeOrder(): readonly Acquirable[] {
    const home = this.#home?.order() ?? [];
    if (this.#layers.length === 0) {
      return home.includes(this.object)
        ? joinChains([[this.object], home])
        : [this.object, ...home];
    }
    const layers = this.#layers.map((layer) => layer.order());
    return joinChains([[this.object], home, ...layers.reverse()]);
  }
}

function objectsFrom(
  context: Context,
  outward: (context: Context) => Context | undefined,
): readonly Acquirable[] {
  const objects: Acquirable[] = [];
  for (let at: Context | undefined = context; at !== undefined; at = outward(at)) {
    objects.push(at.object);
  }
  return objects;
}
