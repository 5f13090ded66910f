/**
 * Random histories of two versions and main, against a plain model.
 *
 * Edits of a map and of objects in main and in both versions, check-ins whole and in part, updates,
 * discards and undo: after each step every connection, old or new, shows what the model shows.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Database,
  LevelStorage,
  MemoryStorage,
  mergeRules,
  PersistentMap,
  type Connection,
  type KeyResolution,
  type Oid,
  type Resolution,
  type Storage,
  type Tid,
} from '../../../odb/index.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { fetched, Page } from '../databases.js';
import { V1, V2 } from '../support/versions.js';

const RUNS = Number(process.env.CANOPY_MODEL_RUNS ?? 40);
const SEED = process.env.CANOPY_MODEL_SEED;

type Where = 'main' | 'one' | 'two';
type Side = 'version' | 'main';
/** Attributes of a page. */
interface PageState {
  readonly title: string;
  readonly author: string | undefined;
  readonly hits: number;
}

/** What a connection shows. */
interface World {
  readonly entries: Readonly<Record<string, string>>;
  readonly pages: Readonly<Record<string, PageState>>;
}

/** A page in main: a write makes another revision, whatever it says. */
interface MainPage {
  readonly state: PageState;
  readonly revision: number;
}

/** A page that a version changed, and what it was made from. */
interface HeldPage {
  readonly mine: PageState;
  readonly base: MainPage;
}

interface HeldKey {
  readonly base: string | undefined;
  readonly value: string | undefined;
}

interface Overlay {
  readonly keys: ReadonlyMap<string, HeldKey>;
  readonly pages: ReadonlyMap<string, HeldPage>;
}

const NOTHING: Overlay = { keys: new Map(), pages: new Map() };

const PAGES = ['p0', 'p1', 'p2'];
const value = fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined });
const key = fc.nat({ max: 60 }).map((n) => `k${String(n).padStart(2, '0')}`);
const title = fc
  .tuple(fc.constantFrom(...PAGES), fc.constantFrom('title', 'author'))
  .map(([page, field]) => `${page}.${field}`);
const where = fc.constantFrom<Where>('main', 'one', 'two');
const version = fc.constantFrom<'one' | 'two'>('one', 'two');
const side = fc.constantFrom<Side>('version', 'main');
const command = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('edit' as const),
      where,
      entries: fc.dictionary(key, value, { maxKeys: 20, noNullPrototype: true }),
      titles: fc.dictionary(title, fc.constantFrom('a', 'b', 'c'), {
        maxKeys: 2,
        noNullPrototype: true,
      }),
      hits: fc.nat({ max: 3 }),
      page: fc.constantFrom(...PAGES),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('check-in' as const), version, side }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('part' as const),
      version,
      side,
      page: fc.constantFrom(...PAGES, 'map'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('update' as const), version, side }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('discard' as const), version }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('undo' as const), ago: fc.nat({ max: 2 }) }),
  },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** The plain model: main, and what each version holds over it. Nothing in it changes in place. */
interface Model {
  readonly entries: ReadonlyMap<string, string>;
  readonly pages: ReadonlyMap<string, MainPage>;
  readonly one: Overlay;
  readonly two: Overlay;
}

let revisions = 0;

function newRevision(state: PageState): MainPage {
  revisions += 1;
  return { state, revision: revisions };
}

function isSamePage(a: PageState, b: PageState): boolean {
  return a.title === b.title && a.author === b.author && a.hits === b.hits;
}

function shown(model: Model, place: Where): World {
  const entries = new Map<string, string | undefined>(model.entries);
  const overlay = place === 'main' ? NOTHING : model[place];
  for (const [name, held] of overlay.keys) entries.set(name, held.value);
  const pages: Record<string, PageState> = {};
  for (const [name, { state }] of model.pages) {
    const held = overlay.pages.get(name);
    pages[name] =
      held === undefined
        ? state
        : { ...held.mine, hits: state.hits + held.mine.hits - held.base.state.hits };
  }
  return { entries: clean(entries), pages };
}

function clean(entries: Iterable<readonly [string, string | undefined]>): Record<string, string> {
  const kept = [...entries].flatMap(([name, each]) => (each === undefined ? [] : [[name, each]]));
  return Object.fromEntries(kept.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)));
}

type Edit = Extract<Command, { readonly kind: 'edit' }>;

/** Gives a page with what an edit does to it. */
function editedPage(name: string, state: PageState, edit: Edit): PageState {
  const { titles } = edit;
  return {
    title: titles[`${name}.title`] ?? state.title,
    author: titles[`${name}.author`] ?? state.author,
    hits: state.hits + (edit.page === name ? edit.hits : 0),
  };
}

function edited(model: Model, edit: Edit): Model {
  return edit.where === 'main' ? editedMain(model, edit) : editedVersion(model, edit, edit.where);
}

function editedMain(model: Model, edit: Edit): Model {
  const entries = new Map(model.entries);
  for (const [name, each] of Object.entries(edit.entries)) {
    if (each === undefined) entries.delete(name);
    else entries.set(name, each);
  }
  const pages = new Map(model.pages);
  for (const [name, { state }] of model.pages) {
    const after = editedPage(name, state, edit);
    if (!isSamePage(after, state)) pages.set(name, newRevision(after));
  }
  return { ...model, entries, pages };
}

function editedVersion(model: Model, edit: Edit, place: 'one' | 'two'): Model {
  const keys = new Map(model[place].keys);
  const now = shown(model, place);
  for (const [name, each] of Object.entries(edit.entries)) {
    const main = model.entries.get(name);
    if (now.entries[name] === each) continue;
    const held = keys.get(name);
    const base = held === undefined ? main : held.base;
    if (each !== base && each !== main) keys.set(name, { base, value: each });
    else keys.delete(name);
  }
  const pages = new Map(model[place].pages);
  for (const [name, main] of model.pages) {
    const { mine, base } = pages.get(name) ?? { mine: main.state, base: main };
    const after = editedPage(name, mine, edit);
    if (!isSamePage(after, mine)) hold(pages, name, { mine: after, base }, main);
  }
  return { ...model, [place]: { keys, pages } };
}

/** What is as main has it, and was made from that, is held no more. */
function hold(pages: Map<string, HeldPage>, name: string, held: HeldPage, main: MainPage): void {
  const isMains = isSamePage(held.mine, main.state) && held.base.revision === main.revision;
  if (isMains) pages.delete(name);
  else pages.set(name, held);
}

/** Merges what main and a version have of one field. */
function merged<T>(base: T, main: T, mine: T, winner: Side): T {
  if (mine === base) return main;
  if (main === base || main === mine) return mine;
  return winner === 'version' ? mine : main;
}

function mergedPage(
  { mine, base: { state: base } }: HeldPage,
  main: PageState,
  winner: Side,
): PageState {
  return {
    title: merged(base.title, main.title, mine.title, winner),
    author: merged(base.author, main.author, mine.author, winner),
    hits: main.hits + mine.hits - base.hits,
  };
}

/** @param only a page or the map; `undefined`: everything */
function checkedIn(model: Model, place: 'one' | 'two', winner: Side, only?: string): Model {
  const entries = new Map(model.entries);
  const pages = new Map(model.pages);
  const left = { keys: new Map(model[place].keys), pages: new Map(model[place].pages) };
  for (const [name, { base, value: mine }] of model[place].keys) {
    if (only !== undefined && only !== 'map') continue;
    const after = merged(base, entries.get(name), mine, winner);
    if (after === undefined) entries.delete(name);
    else entries.set(name, after);
    left.keys.delete(name);
  }
  for (const [name, held] of model[place].pages) {
    const main = pages.get(name);
    if (main === undefined || (only !== undefined && only !== name)) continue;
    const after = mergedPage(held, main.state, winner);
    if (!isSamePage(after, main.state)) pages.set(name, newRevision(after));
    left.pages.delete(name);
  }
  return { ...model, entries, pages, [place]: left };
}

function updated(model: Model, place: 'one' | 'two', winner: Side): Model {
  const keys = new Map(model[place].keys);
  for (const [name, { base, value: mine }] of model[place].keys) {
    const main = model.entries.get(name);
    if (main === base) continue;
    const after = merged(base, main, mine, winner);
    if (after === main) keys.delete(name);
    else keys.set(name, { base: main, value: after });
  }
  const pages = new Map(model[place].pages);
  for (const [name, held] of model[place].pages) {
    const main = model.pages.get(name);
    if (main === undefined || main.revision === held.base.revision) continue;
    hold(pages, name, { mine: mergedPage(held, main.state, winner), base: main }, main);
  }
  return { ...model, [place]: { keys, pages } };
}

/** Goes back to what was; main's pages that were others in between are new revisions. */
function takenBack(model: Model, before: Model): Model {
  const pages = new Map(before.pages);
  for (const [name, { state, revision }] of before.pages) {
    if (model.pages.get(name)?.revision !== revision) pages.set(name, newRevision(state));
  }
  return { ...before, pages };
}

/** A transaction that can be taken back, as long as nothing was done since. */
interface Done {
  readonly tid: Tid;
  readonly version: Oid | undefined;
  readonly before: Model;
}

const PLACES: readonly Where[] = ['main', 'one', 'two'];

class History {
  readonly #database: Database;
  readonly #connections: Readonly<Record<Where, Connection>>;
  readonly #done: Done[] = [];
  #model: Model;

  constructor(database: Database) {
    this.#database = database;
    this.#connections = {
      main: database.connect(),
      one: database.connect({ version: V1 }),
      two: database.connect({ version: V2 }),
    };
    const { entries, pages } = worldOf(this.#connections.main);
    this.#model = {
      entries: new Map(Object.entries(entries)),
      pages: new Map(Object.entries(pages).map(([name, state]) => [name, newRevision(state)])),
      one: NOTHING,
      two: NOTHING,
    };
  }

  async run(one: Command): Promise<void> {
    if (one.kind === 'undo') await this.#undo(one.ago);
    else {
      const before = this.#model;
      const tid = await this.#do(one);
      if (tid !== undefined) this.#done.push({ tid, version: versionOf(one), before });
    }
    this.#compare();
  }

  async #do(one: Exclude<Command, { readonly kind: 'undo' }>): Promise<Tid | undefined> {
    const { main } = this.#connections;
    switch (one.kind) {
      case 'edit':
        this.#model = edited(this.#model, one);
        return this.#edit(one);
      case 'check-in':
      case 'part': {
        const only = one.kind === 'part' ? one.page : undefined;
        this.#model = checkedIn(this.#model, one.version, one.side, only);
        const oid = oidOf(one.version);
        const chosen = only === undefined ? undefined : fetched(main, only).oid;
        const objects = chosen === undefined ? {} : { objects: [chosen] };
        const { conflicts } = await main.planCheckIn(oid, objects);
        const resolve = resolved(conflicts, one.side);
        const plan = await main.planCheckIn(oid, { ...objects, resolve });
        assert.equal(plan.possible, true);
        main.applyCheckIn(plan);
        return main.hasChanges ? main.commit() : undefined;
      }
      case 'update': {
        this.#model = updated(this.#model, one.version, one.side);
        const connection = this.#connections[one.version];
        const { conflicts } = await connection.planUpdate();
        const plan = await connection.planUpdate({ resolve: resolved(conflicts, one.side) });
        assert.equal(plan.possible, true);
        connection.applyUpdate(plan);
        return connection.hasChanges ? connection.commit() : undefined;
      }
      case 'discard':
        this.#model = { ...this.#model, [one.version]: NOTHING };
        main.applyDiscard(await main.planDiscard(oidOf(one.version)));
        return main.hasChanges ? main.commit() : undefined;
    }
  }

  async #edit({ where: place, entries, titles, page, hits }: Edit): Promise<Tid | undefined> {
    const connection = this.#connections[place];
    const map = fetched<PersistentMap<string>>(connection, 'map');
    for (const [name, each] of Object.entries(entries)) {
      if (each === undefined) map.delete(name);
      else map.set(name, each);
    }
    for (const [name, each] of Object.entries(titles)) {
      const [pageName = '', field = ''] = name.split('.');
      const object = fetched<Page>(connection, pageName);
      if (field === 'title') object.title = each;
      else if (object.settings.author !== each) {
        object.settings = { ...object.settings, author: each };
      }
    }
    if (hits > 0) fetched<Page>(connection, page).hits += hits;
    return connection.hasChanges ? connection.commit() : undefined;
  }

  /** Takes back the last transactions, newest first, one by one: each leaves what was before it. */
  async #undo(ago: number): Promise<void> {
    for (let n = 0; n <= ago; n += 1) {
      const done = this.#done.pop();
      if (done === undefined) return;
      const connection = this.#connections[placeOf(done.version)];
      connection.begin();
      const plan = connection.planUndo([done.tid]);
      assert.equal(plan.possible, true, 'the last transaction can be taken back');
      connection.applyUndo(plan);
      if (connection.hasChanges) await connection.commit({ undoes: [done.tid] });
      this.#model = takenBack(this.#model, done.before);
      this.#compare();
    }
  }

  #compare(): void {
    for (const place of PLACES) {
      const expected = shown(this.#model, place);
      const connection = this.#connections[place];
      connection.begin();
      assert.deepEqual(worldOf(connection), expected, place);
      using fresh = connectTo(this.#database, place);
      assert.deepEqual(worldOf(fresh), expected, `${place}, seen anew`);
    }
  }
}

function connectTo(database: Database, place: Where): Connection {
  return database.connect(place === 'main' ? {} : { version: oidOf(place) });
}

function oidOf(place: Where): Oid {
  return place === 'two' ? V2 : V1;
}

function placeOf(oid: Oid | undefined): Where {
  if (oid === undefined) return 'main';
  return oid === V1 ? 'one' : 'two';
}

/** Where the transaction of a command is made. */
function versionOf(one: Exclude<Command, { readonly kind: 'undo' }>): Oid | undefined {
  if (one.kind === 'edit') return one.where === 'main' ? undefined : oidOf(one.where);
  return one.kind === 'update' ? oidOf(one.version) : undefined;
}

function resolved(
  conflicts: readonly { readonly oid: Oid; readonly keys: readonly string[] }[],
  one: Side,
): Map<Oid, Resolution> {
  return new Map(
    conflicts.map(({ oid, keys }): [Oid, Resolution] => [
      oid,
      keys.length === 0 ? one : { keys: new Map<string, KeyResolution>(keys.map((k) => [k, one])) },
    ]),
  );
}

function worldOf(connection: Connection): World {
  const pages: Record<string, PageState> = {};
  for (const name of PAGES) {
    const { title: text, settings, hits } = fetched<Page>(connection, name);
    const author = typeof settings.author === 'string' ? settings.author : undefined;
    pages[name] = { title: text, author, hits };
  }
  return { entries: clean(fetched<PersistentMap<string>>(connection, 'map')), pages };
}

async function begin(storage: Storage): Promise<Database> {
  const database = await Database.open({ storage, cacheObjects: 30 });
  await database.transact(({ root }) => {
    root.set('map', new PersistentMap(PAGES.map((name) => [name, 'there'])));
    for (const name of PAGES) root.set(name, new Page({ title: 'a' }));
  });
  return database;
}

for (const [name, runs] of [
  ['memory', RUNS],
  ['LevelDB', Math.ceil(RUNS / 6)],
] as const) {
  test(
    `${name}: random histories of versions keep their promises`,
    { timeout: 600_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(command, { minLength: 5, maxLength: 30 }),
          fc.integer({ min: 4, max: 8 }),
          async (commands, nodeEntries) => {
            await using directory = await temporaryDirectory();
            const options = { rules: mergeRules(), nodeEntries };
            const storage =
              name === 'memory'
                ? new MemoryStorage(options)
                : await LevelStorage.open({ directory: directory.path, thread: false, ...options });
            await using database = await begin(storage);
            const history = new History(database);
            for (const one of commands) await history.run(one);
          },
        ),
        {
          numRuns: runs,
          includeErrorInReport: true,
          ...(SEED === undefined ? {} : { seed: Number(SEED) }),
        },
      );
    },
  );
}
