/**
 * Undo against a plain model: any transactions of a random history, undos among them.
 *
 * Objects with a field of every rule, maps and sets that split and join, lists, and containers in
 * which things are made, moved, renamed, removed and put back. An undo is possible exactly when the
 * model says so, and leaves exactly what it says.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  Persistent,
  PersistentList,
  PersistentMap,
  PersistentSet,
  type Connection,
  type Database,
  type Oid,
  type Tid,
} from '../../../odb/index.js';
import { randomRuns } from '../../support/random.js';
import { databaseKinds, Folder, Page } from '../databases.js';
import {
  differing,
  Reordered,
  undone,
  type Moment,
  type Thing,
  type Value,
  type World,
} from './undo-world.js';

const HISTORIES = 500;
const LINES = 4;

/** Numbers choose among what there is when the command runs. */
interface Step {
  readonly kind:
    | 'create'
    | 'field'
    | 'move'
    | 'rename'
    | 'remove'
    | 'put back'
    | 'entries'
    | 'elements'
    | 'items'
    | 'tree';
  readonly which: number;
  readonly where: number;
  readonly value: number;
}

type Command =
  | { readonly kind: 'change'; readonly steps: readonly Step[] }
  | { readonly kind: 'undo'; readonly which: readonly number[] };

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(
    'create',
    'field',
    'field',
    'field',
    'move',
    'rename',
    'remove',
    'put back',
    'entries',
    'elements',
    'items',
    'items',
    'tree',
  ),
  which: fc.nat({ max: 30 }),
  where: fc.nat({ max: 30 }),
  value: fc.nat({ max: 150 }),
});
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      steps: fc.array(step, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('undo' as const),
      which: fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 3 }),
    }),
  },
);

/** The keys of a map, and how the model writes what it holds. */
type Stored = PersistentMap<unknown> | PersistentSet<string>;

class History {
  readonly #database: Database;
  readonly #connection: Connection;
  readonly #objects = new Map<string, Persistent>();
  readonly #oids = new Map<Oid, string>();
  readonly moments: Moment[] = [];
  world: World = { things: {}, maps: {}, lists: {} };
  possible = 0;
  #next = 0;

  constructor(database: Database) {
    this.#database = database;
    this.#connection = database.connect();
  }

  async begin(): Promise<void> {
    const { root } = this.#connection;
    this.#made('root', root);
    for (const name of ['top', 'inner']) this.#folder(name);
    const [top, inner] = [this.#thing('top'), this.#thing('inner')];
    root.set('top', top);
    place(inner, top, 'inner', 0);
    for (const [name, object] of [
      ['map', new PersistentMap()],
      ['set', new PersistentSet()],
      ['list', new PersistentList()],
    ] as const) {
      root.set(name, object);
      this.#made(name, object);
    }
    await this.#commit();
    // The first transaction stays: what it made is there in every other step.
    this.moments.length = 0;
  }

  async run(one: Command): Promise<void> {
    if (one.kind === 'change') {
      for (const each of one.steps) this.#change(each);
      await this.#commit();
    } else await this.#undo(one.which);
  }

  end(): void {
    this.#connection.close();
  }

  // --- Changing ----------------------------------------------------------------------------------

  #change({ kind, which, where, value }: Step): void {
    const thing = pick(this.#standing(), which);
    const folder = pick(this.#standing().filter(isFolder), where);
    if (folder === undefined) return;
    switch (kind) {
      case 'create': {
        const name = `thing${this.#next++}`;
        if (value % 3 === 0) this.#folder(name);
        else this.#made(name, new Page({ title: name, body: textOf([0, 0, 0, 0]) }));
        return place(this.#thing(name), folder, `id${value % 8}`, 0);
      }
      case 'field':
        if (thing !== undefined) this.#setField(thing, where, value);
        return;
      case 'move':
        if (thing !== undefined && !isBelow(folder, thing))
          place(thing, folder, idOf(thing), value % 3);
        return;
      case 'rename':
        if (thing?.place !== undefined) {
          place(thing, thing.place.container as Folder, `id${value % 8}`, 0);
        }
        return;
      case 'remove':
        if (thing?.place !== undefined) takeOut(thing);
        return;
      case 'put back': {
        const gone = pick(
          this.#things().filter((each) => !this.#stands(each)),
          which,
        );
        if (gone !== undefined && !isBelow(folder, gone)) place(gone, folder, `id${value % 8}`, 0);
        return;
      }
      case 'entries': {
        const map = pick(this.#all(PersistentMap), which) ?? this.#connection.root;
        return this.#changeEntries(map, where, value);
      }
      case 'elements': {
        const set = this.#object('set') as PersistentSet<string> | undefined;
        for (let n = where * 3; n < where * 3 + (value % 90); n += 1) {
          if (which % 2 === 0) set?.add(`e${n}`);
          else set?.delete(`e${n}`);
        }
        return;
      }
      case 'items': {
        const list = pick(this.#all(PersistentList), which);
        if (list !== undefined) this.#changeItems(list, where, value, thing);
        return;
      }
      case 'tree':
        return this.#changeTrees(which, value);
    }
  }

  #setField(thing: Page, where: number, value: number): void {
    switch (where % 7) {
      case 0:
        thing.title = `title ${value % 4}`;
        return;
      case 1: {
        const lines = linesOf(thing.body);
        thing.body = textOf(lines.with(value % LINES, value % 5));
        return;
      }
      case 2: {
        const key = `key${value % 3}`;
        const { [key]: _old, ...others } = thing.settings;
        thing.settings = value % 4 === 0 ? others : { ...others, [key]: value % 5 };
        return;
      }
      case 3: {
        const tag = `tag${value % 5}`;
        const { tags } = thing;
        thing.tags = tags.includes(tag) ? tags.filter((each) => each !== tag) : [...tags, tag];
        return;
      }
      case 4:
        thing.hits += value - 50;
        return;
      default:
        thing.author = value % 3 === 0 ? undefined : pick(this.#things(), value);
    }
  }

  /** Whole stretches of keys come and go, so that trees grow and shrink. */
  #changeEntries(map: PersistentMap<unknown>, where: number, value: number): void {
    const isRoot = map === this.#connection.root;
    const isChildren = this.#standing().some((each) => isFolder(each) && each.children === map);
    if (isChildren) return;
    const count = isRoot ? 1 : value;
    for (let n = where * 4; n < where * 4 + count; n += 1) {
      const key = `k${n}`;
      if (value % 3 === 0) map.delete(key);
      else if (value % 7 === 1) map.set(key, pick(this.#things(), value));
      else map.set(key, value % 5);
    }
  }

  #changeItems(
    list: PersistentList<unknown>,
    where: number,
    value: number,
    thing: Page | undefined,
  ): void {
    const from = Math.round((where / 30) * list.size);
    const count = value % 5 === 0 ? value : value % 4;
    const items: unknown[] = Array.from({ length: value % 3 === 0 ? value : value % 4 }, () => {
      this.#next += 1;
      return this.#next;
    });
    if (value % 5 === 1 && thing !== undefined) items.push({ page: thing, n: this.#next++ });
    list.splice(from, count, ...items);
  }

  /** Maps and lists come and go in the root. */
  #changeTrees(which: number, value: number): void {
    const { root } = this.#connection;
    const key = `tree${which % 2}`;
    if (value % 3 === 0) {
      root.delete(key);
      return;
    }
    const tree = value % 3 === 1 ? new PersistentMap() : new PersistentList();
    if (tree instanceof PersistentList)
      tree.push(...Array.from({ length: value }, () => this.#next++));
    else for (let n = 0; n < value; n += 1) tree.set(`k${n}`, n);
    this.#made(`tree${this.#next++}`, tree);
    root.set(key, tree);
  }

  async #commit(chosen: readonly Tid[] = []): Promise<void> {
    const known = this.#connection.tid;
    const tid = await this.#connection.commit(chosen.length === 0 ? {} : { undoes: chosen });
    for (const [name, { oid }] of this.#objects) if (oid !== undefined) this.#oids.set(oid, name);
    if (tid === known) return;
    const before = this.world;
    this.world = this.#seen(this.#connection);
    const record = this.#connection.transactionRecord(tid);
    const named = (oids: readonly Oid[] = []): Set<string> =>
      new Set(oids.flatMap((oid) => this.#oids.get(oid) ?? []));
    const [wrote, removed] = [named(record?.oids), named(record?.removed)];
    for (const name of differing(before, this.world)) assert.ok(wrote.has(name));
    this.moments.push({ tid, before, after: this.world, wrote, removed });
  }

  // --- Undoing -----------------------------------------------------------------------------------

  async #undo(which: readonly number[]): Promise<void> {
    const chosen = [...new Set(which.flatMap((ago) => this.moments.at(-1 - ago) ?? []))];
    if (chosen.length === 0) return;
    const expected = undone(this.world, chosen, this.moments);
    const tids = chosen.map(({ tid }) => tid as Tid);
    const plan = this.#connection.planUndo(tids);
    const why = JSON.stringify({ conflicts: plan.conflicts, dangling: plan.dangling });
    assert.equal(plan.possible, expected !== undefined, `possible as the model says: ${why}`);
    if (expected === undefined) {
      this.#checkTogether(tids, plan.conflicts, plan.together);
      return;
    }
    assert.deepEqual(
      plan.together,
      tids.toSorted((a, b) => b - a),
    );
    const changed = this.#connection.applyUndo(plan);
    assert.equal(new Set(changed).size, changed.length);
    await this.#commit(tids);
    assert.deepEqual(this.world, expected);
    using other = this.#database.connect();
    assert.deepEqual(this.#seen(other), expected);
    this.possible += 1;
  }

  /** What stands in the way is something else, and all together can be undone. */
  #checkTogether(
    tids: readonly Tid[],
    conflicts: readonly { readonly blockedBy: readonly Tid[] }[],
    together: readonly Tid[],
  ): void {
    for (const { blockedBy } of conflicts) {
      for (const tid of blockedBy) assert.ok(!tids.includes(tid));
    }
    assert.ok(
      tids.every((tid) => together.includes(tid)),
      'the set has what was wanted',
    );
    assert.ok(this.#connection.planUndo(together).possible, 'the set can be undone');
    const moments = this.moments.filter(({ tid }) => together.includes(tid as Tid));
    assert.equal(moments.length, together.length);
    assert.ok(undone(this.world, moments, this.moments) !== undefined, 'by the model too');
  }

  // --- Looking -----------------------------------------------------------------------------------

  #made(name: string, object: Persistent): void {
    this.#objects.set(name, object);
  }

  #folder(name: string): void {
    const children = new PersistentMap<Page>();
    this.#made(name, new Folder({ title: name, body: textOf([0, 0, 0, 0]), children }));
    this.#made(`${name}.children`, children);
  }

  /** The object of that name, if it exists. */
  #object(name: string): Persistent | undefined {
    const known = this.#objects.get(name);
    return known?.oid === undefined ? known : this.#connection.find(known.oid);
  }

  #thing(name: string): Folder {
    return this.#object(name) as Folder;
  }

  #all<T extends Persistent>(type: abstract new (...args: never[]) => T): T[] {
    return [...this.#objects.keys()]
      .map((name) => this.#object(name))
      .filter((object): object is T => object instanceof type);
  }

  #things(): Page[] {
    return this.#all(Page);
  }

  #standing(): Page[] {
    return this.#things().filter((thing) => this.#stands(thing));
  }

  #stands(thing: Page): boolean {
    const top = this.#thing('top');
    for (let at: Page | undefined = thing; at !== undefined; at = containerOf(at)) {
      if (at === top) return true;
    }
    return false;
  }

  #seen(connection: Connection): World {
    const things: Record<string, Thing> = {};
    const maps: Record<string, Record<string, Value>> = {};
    const lists: Record<string, Value[]> = {};
    for (const [oid, name] of this.#oids) {
      const object = connection.find(oid);
      if (object instanceof Page) things[name] = this.#thingOf(object);
      else if (object instanceof PersistentMap || object instanceof PersistentSet) {
        maps[name] = this.#entriesOf(object);
      } else if (object instanceof PersistentList) {
        lists[name] = [...object].map((item) => this.#valueOf(item));
      }
    }
    return { things, maps, lists };
  }

  #thingOf(page: Page): Thing {
    const { title, body, settings, tags, hits, author, place: at } = page;
    return {
      title,
      lines: linesOf(body),
      settings: settings as Record<string, number>,
      tags,
      hits,
      author: author === undefined ? undefined : this.#nameOf(author),
      place:
        at === undefined
          ? undefined
          : { container: this.#nameOf(at.container), id: at.id, order: at.order },
      children: page instanceof Folder ? this.#nameOf(page.children) : undefined,
    };
  }

  #entriesOf(map: Stored): Record<string, Value> {
    const entries: Record<string, Value> = {};
    if (map instanceof PersistentSet) for (const element of map) entries[element] = 1;
    else for (const [key, value] of map) entries[key] = this.#valueOf(value);
    return entries;
  }

  #valueOf(value: unknown): Value {
    if (typeof value === 'number' || typeof value === 'string') return value;
    if (value instanceof Persistent) return { ref: this.#nameOf(value) };
    const { page, n } = value as { readonly page: Persistent; readonly n: number };
    return { ref: this.#nameOf(page), n };
  }

  #nameOf({ oid }: Persistent): string {
    return (oid === undefined ? undefined : this.#oids.get(oid)) ?? 'nobody';
  }
}

function pick<T>(all: readonly T[], which: number): T | undefined {
  return all[which % Math.max(1, all.length)];
}

function isFolder(thing: Page): thing is Folder {
  return thing instanceof Folder;
}

function containerOf(thing: Page): Folder | undefined {
  return thing.place?.container as Folder | undefined;
}

function isBelow(thing: Page, top: Page): boolean {
  for (let at: Page | undefined = thing; at !== undefined; at = containerOf(at)) {
    if (at === top) return true;
  }
  return false;
}

function idOf(thing: Page): string {
  return thing.place?.id ?? 'id0';
}

/** Puts a thing into a folder under an id that is free, else leaves it. */
function place(thing: Page, folder: Folder, id: string, order: number): void {
  const there = folder.children.get(id);
  if (there !== undefined && there !== thing) return;
  takeOut(thing);
  thing.place = { container: folder, id, order };
  folder.children.set(id, thing);
}

function takeOut(thing: Page): void {
  if (thing.place === undefined) return;
  containerOf(thing)?.children.delete(thing.place.id);
  thing.place = undefined;
}

/** A text of which each line stands for itself. */
function textOf(lines: readonly number[]): string {
  return lines.map((line, i) => `line ${i}: ${line}\n-- ${i} --\n`).join('');
}

function linesOf(text: string): number[] {
  return [...text.matchAll(/^line \d+: (\d+)$/gm)].map(([, line]) => Number(line));
}

for (const kind of databaseKinds.slice(0, 2)) {
  const share = kind.name === 'memory' ? 1 : 1 / 6;
  test(`${kind.name}: undo is possible as the model says, and leaves its state`, async () => {
    let possible = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 4, maxLength: 30 }), async (commands) => {
        await using database = await kind.open();
        const history = new History(database);
        await history.begin();
        try {
          for (const one of commands) await history.run(one);
        } catch (error) {
          if (!(error instanceof Reordered)) throw error;
        }
        history.end();
        possible += history.possible;
      }),
      randomRuns(HISTORIES, share),
    );
    assert.ok(possible > 0, 'some undos were possible');
  });
}
