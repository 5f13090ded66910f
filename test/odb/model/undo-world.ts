/**
 * A plain model of everything a history may change, and what taking transactions back makes of it.
 *
 * Objects, maps and lists have names in place of oids; a reference is `{ ref: name }`. Nothing here
 * shares code with what it is compared with.
 */
export interface Reference {
  readonly ref: string;
  /** Tells items of a list apart. */
  readonly n?: number;
}
export type Value = number | string | Reference;
export interface Spot {
  readonly container: string;
  readonly id: string;
  readonly order: number;
}

/** A page or a folder. Absent fields are as their defaults. */
export interface Thing {
  readonly title: string;
  /** The lines of its text that may change; others stand between them. */
  readonly lines: readonly number[];
  readonly settings: Readonly<Record<string, number>>;
  readonly tags: readonly string[];
  readonly hits: number;
  readonly author: string | undefined;
  readonly place: Spot | undefined;
  /** The map of its children, for a folder. */
  readonly children: string | undefined;
}

export interface World {
  readonly things: Readonly<Record<string, Thing>>;
  readonly maps: Readonly<Record<string, Readonly<Record<string, Value>>>>;
  readonly lists: Readonly<Record<string, readonly Value[]>>;
}

/** A transaction: the world before and after, and the things it wrote. */
export interface Moment {
  readonly tid: number;
  readonly before: World;
  readonly after: World;
  readonly wrote: ReadonlySet<string>;
  /** Those it took out of their containers, or ended. */
  readonly removed: ReadonlySet<string>;
}

class Refused extends Error {}

/**
 * An undo has put items of a list into another order: which of them moved is a matter of taste, so
 * the model has no opinion on what becomes of them.
 */
export class Reordered extends Error {}

/** The world after some transactions are taken back; `undefined`: that is not possible. */
export function undone(
  world: World,
  chosen: readonly Moment[],
  history: readonly Moment[],
): World | undefined {
  try {
    const newestFirst = chosen.toSorted((a, b) => b.tid - a.tid);
    const after = newestFirst.reduce(takenBack, world);
    requireSound(world, after, newestFirst, history);
    return after;
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

function takenBack(now: World, { before, after }: Moment): World {
  return {
    things: mergeNamed(now.things, before.things, after.things, mergeThing),
    maps: mergeNamed(now.maps, before.maps, after.maps, mergeMap, goneMap),
    lists: mergeNamed(now.lists, before.lists, after.lists, mergeList),
  };
}

type Named<T> = Readonly<Record<string, T>>;

/** Takes back what exists, and what became of it. */
function mergeNamed<T>(
  now: Named<T>,
  before: Named<T>,
  after: Named<T>,
  merge: (base: T, theirs: T, mine: T) => T,
  gone: (base: T, mine: T) => void = refuse,
): Named<T> {
  const result: Record<string, T> = { ...now };
  for (const name of Object.keys({ ...before, ...after })) {
    const [from, there, to] = [after[name], now[name], before[name]];
    if (same(from, to)) continue;
    if (from !== undefined && there !== undefined && to !== undefined) {
      result[name] = merge(from, there, to);
    } else if (same(there, from)) {
      if (to === undefined) delete result[name];
      else result[name] = to;
    } else if (from !== undefined && to !== undefined) gone(from, to);
    else if (!same(there, to)) refuse();
  }
  return result;
}

function mergeMap(base: Named<Value>, theirs: Named<Value>, mine: Named<Value>): Named<Value> {
  const result: Record<string, Value> = { ...theirs };
  for (const key of Object.keys({ ...base, ...mine })) {
    const value = one(base[key], theirs[key], mine[key]);
    if (value === undefined) delete result[key];
    else result[key] = value;
  }
  return result;
}

/** Of a map that is not there, entries that were added are gone already. */
function goneMap(base: Named<Value>, mine: Named<Value>): void {
  for (const key of Object.keys(mine)) if (!same(base[key], mine[key])) refuse();
}

function mergeThing(base: Thing, theirs: Thing, mine: Thing): Thing {
  if (same(base, theirs)) return mine;
  for (const [end, other] of [
    [mine, theirs],
    [theirs, mine],
  ] as const) {
    const ends = base.place !== undefined && end.place === undefined;
    if (ends && other.place !== undefined && !same(base, other)) refuse();
  }
  return {
    title: one(base.title, theirs.title, mine.title),
    lines: base.lines.map((line, i) => one(line, theirs.lines[i] ?? 0, mine.lines[i] ?? 0)),
    settings: mergeMap(base.settings, theirs.settings, mine.settings) as Named<number>,
    tags: mergeTags(base.tags, theirs.tags, mine.tags),
    hits: theirs.hits + mine.hits - base.hits,
    author: one(base.author, theirs.author, mine.author),
    place: mergeSpot(base.place, theirs.place, mine.place),
    children: one(base.children, theirs.children, mine.children),
  };
}

function mergeTags(
  base: readonly string[],
  theirs: readonly string[],
  mine: readonly string[],
): readonly string[] {
  if (same(base, theirs) || same(theirs, mine)) return mine;
  return [
    ...theirs.filter((tag) => !base.includes(tag) || mine.includes(tag)),
    ...mine.filter((tag) => !base.includes(tag) && !theirs.includes(tag)),
  ];
}

function mergeSpot(
  base: Spot | undefined,
  theirs: Spot | undefined,
  mine: Spot | undefined,
): Spot | undefined {
  if (same(base, mine)) return theirs;
  if (same(base, theirs) || same(theirs, mine)) return mine;
  if (theirs === undefined || mine === undefined) return refuse();
  const at = ({ container, id }: Spot): string => `${container}/${id}`;
  if (base !== undefined && at(base) === at(theirs)) return mine;
  if (at(theirs) === at(mine)) return mine;
  if (base !== undefined && at(base) === at(mine)) return theirs;
  return refuse();
}

/** What a commit makes of two changes of a list; `undefined`: they are in conflict. */
export function committed(
  base: readonly Value[],
  theirs: readonly Value[],
  mine: readonly Value[],
): readonly Value[] | undefined {
  try {
    return mergeList(base, theirs, mine, true);
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

/** What stands for an item: items of a list are all different. */
function nameOf(value: Value): string {
  return typeof value === 'object' ? `ref ${value.ref} ${value.n}` : String(value);
}

/**
 * Takes a list back gap by gap: which items of the base are gone, and what came between those that
 * are left.
 */
function mergeList(
  base: readonly Value[],
  theirs: readonly Value[],
  mine: readonly Value[],
  isCommit = false,
): readonly Value[] {
  if (same(base, theirs) || (!isCommit && same(theirs, mine))) return mine;
  const [there, here] = [changesOf(base, theirs), changesOf(base, mine)];
  const kept = isCommit
    ? here
    : here.filter((change) => !there.some((other) => same(change, other)));
  for (const change of kept) {
    for (const other of there) {
      const meets = change.from < other.to && other.from < change.to;
      const bothTakeOut = change.items.length === 0 && other.items.length === 0;
      if (meets && !bothTakeOut) refuse();
      const touches = change.from <= other.to && other.from <= change.to;
      const common = change.items.some((item) => other.items.some((each) => same(each, item)));
      if (!isCommit && touches && common) refuse();
    }
  }
  const merged: Value[] = [];
  for (let at = 0; at <= base.length; at += 1) {
    // What was put into one place: theirs, then mine; what takes the place of an item, in it.
    const starting = [...there, ...kept].filter(({ from }) => from === at);
    const added = starting.filter(({ from, to }) => from === to);
    const instead = starting.filter(({ from, to }) => from !== to);
    for (const { items } of [...added, ...instead]) merged.push(...items);
    const item = base[at];
    const isGone = [...there, ...kept].some(({ from, to }) => from <= at && at < to);
    if (item !== undefined && !isGone) merged.push(item);
  }
  return merged;
}

interface Change {
  readonly from: number;
  readonly to: number;
  readonly items: readonly Value[];
}

/** What gave way to what, between the items that are left. */
function changesOf(base: readonly Value[], side: readonly Value[]): Change[] {
  const changes: Change[] = [];
  const left = new Set(side.map(nameOf));
  const all = [...base, undefined];
  let from = 0;
  let start = 0;
  for (const [at, item] of all.entries()) {
    if (item !== undefined && !left.has(nameOf(item))) continue;
    const end =
      item === undefined ? side.length : side.findIndex((each) => nameOf(each) === nameOf(item));
    if (end < start) throw new Reordered();
    const items = side.slice(start, end);
    if (at - from === items.length) {
      for (const [i, each] of items.entries()) {
        changes.push({ from: from + i, to: from + i + 1, items: [each] });
      }
    } else changes.push({ from, to: at, items });
    from = at + 1;
    start = end + 1;
  }
  return changes;
}

/** Makes sure of what objects promise each other. */
function requireSound(
  now: World,
  after: World,
  chosen: readonly Moment[],
  history: readonly Moment[],
): void {
  for (const ref of referencesIn(after)) {
    if (!exists(after, ref)) refuse();
  }
  const oldest = chosen.at(-1)?.tid ?? 0;
  const others = history.filter(
    ({ tid }) => tid > oldest && !chosen.some((moment) => moment.tid === tid),
  );
  const touched = new Set(chosen.flatMap(({ before, after: made }) => differing(before, made)));
  const ended = new Set<string>();
  for (const name of touched) {
    const place = after.things[name]?.place;
    if (same(now.things[name]?.place, place)) continue;
    if (place === undefined) ended.add(name);
    else {
      const kept = history.filter((moment) => !chosen.includes(moment));
      requireWayUp(now, after, name, kept);
    }
  }
  for (const { wrote } of others) {
    for (const name of wrote) {
      if (!ended.has(name) && containers(after, name).some((each) => ended.has(each))) refuse();
    }
  }
}

/**
 * What comes back comes below something that is there, and not below itself; it may change its
 * place below what was removed together with it.
 */
function requireWayUp(now: World, after: World, name: string, kept: readonly Moment[]): void {
  const above = containers(now, name);
  for (const container of containers(after, name)) {
    if (container === name) refuse();
    if (after.things[container]?.place !== undefined) continue;
    const last = kept.findLast(({ wrote }) => wrote.has(container));
    const beginsAgain = now.things[container] === undefined && exists(after, container);
    const comesBelow = !beginsAgain && !above.includes(container);
    if (comesBelow && last?.removed.has(container) === true) refuse();
  }
}

/** The containers of a thing, from the closest; one that is met again is the last. */
function containers(world: World, name: string): string[] {
  const found: string[] = [];
  let at = world.things[name]?.place?.container;
  while (at !== undefined) {
    const isAgain = found.includes(at);
    found.push(at);
    if (isAgain) break;
    at = world.things[at]?.place?.container;
  }
  return found;
}

function exists(world: World, name: string): boolean {
  return name in world.things || name in world.maps || name in world.lists;
}

function* referencesIn({ things, maps, lists }: World): Generator<string> {
  for (const { author, place, children } of Object.values(things)) {
    for (const ref of [author, place?.container, children]) if (ref !== undefined) yield ref;
  }
  const values = [
    ...Object.values(maps).flatMap((map) => Object.values(map)),
    ...Object.values(lists).flat(),
  ];
  for (const value of values) if (typeof value === 'object') yield value.ref;
}

/** The names of things that two worlds do not have alike. */
export function differing(a: World, b: World): string[] {
  return Object.keys({ ...a.things, ...b.things }).filter(
    (name) => !same(a.things[name], b.things[name]),
  );
}

/** What comes of one value; equal changes are one. */
function one<T>(base: T, theirs: T, mine: T): T {
  if (same(base, mine)) return theirs;
  if (same(base, theirs) || same(theirs, mine)) return mine;
  return refuse();
}

function refuse(): never {
  throw new Refused();
}

/** Tells whether plain values are the same, whatever the order of their keys. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [some, others] = [Object.entries(a), Object.entries(b)].map((entries) =>
    entries.filter(([, value]) => value !== undefined),
  );
  if (some === undefined || some.length !== others?.length) return false;
  return some.every(([key, value]) => same(value, (b as Record<string, unknown>)[key]));
}
