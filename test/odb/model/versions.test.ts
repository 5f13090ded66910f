/**
 * Random histories of two versions and main, against a plain model.
 *
 * Edits of a map and of objects in main and in both versions, imports, states of older and of unknown
 * classes, check-ins whole and in part, updates, discards, undo and packs: after each step every
 * connection, old or new, shows what the model shows.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Database,
  exportSubtree,
  importSubtree,
  LevelStorage,
  MemoryStorage,
  mergeRules,
  PersistentMap,
  TID_ZERO,
  type BrokenObject,
  type Connection,
  type KeyResolution,
  type Oid,
  type Persistent,
  type Resolution,
  type State,
  type Storage,
  type Tid,
} from '../../../odb/index.js';
import { randomRuns } from '../../support/random.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { fetched, Page } from '../databases.js';
import { Person, PERSON, PERSON_ONCE } from '../support/person.js';
import { request, write } from '../support/requests.js';
import {
  checkedIn,
  clean,
  edited,
  editOf,
  newRevision,
  NOTHING,
  shown,
  storedPage,
  takenBack,
  updated,
  type Edit,
  type Model,
  type Overlay,
  type PageState,
  type Side,
  type Where,
  type World,
} from './version-world.js';
import { V1, V2 } from '../support/versions.js';

const RUNS = 40;

const PAGES = ['p0', 'p1', 'p2'];
/** Stored by an older module now and then: a state to be migrated, one of a class nobody knows. */
const RAW = ['person', 'broken'] as const;
const BROKEN = 'test.model.Gone';
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
      page: fc.constantFrom(...PAGES, 'person'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('check-in' as const), version, side }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('part' as const),
      version,
      side,
      page: fc.constantFrom(...PAGES, ...RAW, 'map'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('update' as const), version, side }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('discard' as const), version }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restore' as const), version }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('import' as const),
      where,
      from: where,
      page: fc.constantFrom(...PAGES),
      key,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('raw' as const),
      where,
      name: fc.constantFrom(...RAW),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pack' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('undo' as const), ago: fc.nat({ max: 2 }) }),
  },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** Titles that are stored raw come but once, so that no state is another's in older bytes. */
let titles = 0;

/** Gives the state that makes a page of a title, as a module stores it that is older, or is gone. */
function rawState(
  name: Raw['name'],
  title: string,
  hits: number,
): { readonly className: string; readonly state: State } {
  if (name === 'broken') return { className: BROKEN, state: { title } };
  if (hits % 2 === 0) {
    return { className: PERSON, state: { fullName: title, visits: hits, $version: 1 } };
  }
  const [first, last] = title.split(' ');
  return { className: PERSON_ONCE, state: { first, last, visits: hits } };
}

/** Writes a state over the one there is, in main or in a version, past all connections. */
async function putIn(
  storage: Storage,
  {
    version,
    oid,
    className,
    state,
  }: {
    readonly version: Oid | undefined;
    readonly oid: Oid;
    readonly className: string;
    readonly state: State;
  },
): Promise<Tid> {
  using reader = storage.snapshot();
  const held = version === undefined ? undefined : reader.overlay(version, oid);
  const base = held?.live === false ? held.tid : (reader.revision(oid)?.tid ?? TID_ZERO);
  const more = version === undefined ? {} : { version };
  const written = write(oid, state, { base, className });
  const { tid } = await storage.commit(request([written], { baseTid: reader.lastTid, ...more }));
  return tid;
}

type Import = Extract<Command, { readonly kind: 'import' }>;
type Raw = Extract<Command, { readonly kind: 'raw' }>;
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
  /** Discards after which nothing was done to the version. */
  readonly #discarded = new Map<Where, { readonly tid: Tid; readonly overlay: Overlay }>();
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
      for (const place of ['one', 'two'] as const) {
        if (this.#model[place] !== before[place]) this.#discarded.delete(place);
      }
      const isDiscard = one.kind === 'discard' && tid !== undefined;
      if (isDiscard) this.#discarded.set(one.version, { tid, overlay: before[one.version] });
    }
    this.#compare();
  }

  async #do(one: Exclude<Command, { readonly kind: 'undo' }>): Promise<Tid | undefined> {
    const { main } = this.#connections;
    switch (one.kind) {
      case 'edit':
        return this.#edit(one);
      case 'import':
        return this.#import(one);
      case 'raw':
        return this.#store(one);
      case 'restore':
        return this.#restore(one.version);
      case 'pack':
        await this.#database.pack({ before: this.#database.storage.lastTid, trashDays: 0 });
        // What was before is forgotten, so nothing until now is taken back.
        this.#done.length = 0;
        this.#discarded.clear();
        return undefined;
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

  /** Exports a page from one place, and imports it in another: its title becomes an entry. */
  async #import({ where: place, from, page, key: name }: Import): Promise<Tid | undefined> {
    const source = this.#connections[from];
    const chunks: Uint8Array[] = [];
    for await (const chunk of exportSubtree(source, fetched<Page>(source, page))) {
      chunks.push(chunk);
    }
    const connection = this.#connections[place];
    const imported = (await importSubtree(connection, chunks)) as Page;
    assert.equal(imported.title, shown(this.#model, from).pages[page]?.title);
    return this.#edit(editOf(place, { entries: { [name]: imported.title } }));
  }

  /** Stores a state as another module would, past the connections. */
  async #store({ where: place, name }: Raw): Promise<Tid> {
    titles += 1;
    const title = `raw ${titles}`;
    this.#model = edited(this.#model, editOf(place, { titles: { [`${name}.title`]: title } }));
    const connection = this.#connections[place];
    const { oid } = fetched<Persistent>(connection, name);
    assert.ok(oid !== undefined);
    const { hits } = storedPage(this.#model, place, name);
    const version = place === 'main' ? undefined : oidOf(place);
    return putIn(this.#database.storage, { version, oid, ...rawState(name, title, hits) });
  }

  /** Takes back a discard, whatever main did since. */
  async #restore(place: 'one' | 'two'): Promise<Tid | undefined> {
    const discarded = this.#discarded.get(place);
    if (discarded === undefined) return undefined;
    this.#discarded.delete(place);
    const { main } = this.#connections;
    const plan = main.planUndo([discarded.tid]);
    assert.equal(plan.possible, true, 'a discard can be taken back');
    main.applyUndo(plan);
    this.#model = { ...this.#model, [place]: discarded.overlay };
    return main.commit({ undoes: [discarded.tid] });
  }

  async #edit(edit: Edit): Promise<Tid | undefined> {
    this.#model = edited(this.#model, edit);
    const { where: place, entries, titles: set, page, hits } = edit;
    const connection = this.#connections[place];
    const map = fetched<PersistentMap<string>>(connection, 'map');
    for (const [name, each] of Object.entries(entries)) {
      if (each === undefined) map.delete(name);
      else map.set(name, each);
    }
    for (const [name, each] of Object.entries(set)) {
      const [pageName = '', field = ''] = name.split('.');
      const object = fetched<Page>(connection, pageName);
      if (field === 'title') object.title = each;
      else if (object.settings.author !== each) {
        object.settings = { ...object.settings, author: each };
      }
    }
    if (hits > 0 && page === 'person') fetched<Person>(connection, page).visits += hits;
    else if (hits > 0) fetched<Page>(connection, page).hits += hits;
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
      this.#discarded.clear();
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
  if ('where' in one) return one.where === 'main' ? undefined : oidOf(one.where);
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
  const { name, visits } = fetched<Person>(connection, 'person');
  pages.person = { title: name, author: undefined, hits: visits };
  const broken = fetched<BrokenObject>(connection, 'broken');
  pages.broken = { title: String(broken.state.title), author: undefined, hits: 0 };
  return { entries: clean(fetched<PersistentMap<string>>(connection, 'map')), pages };
}

async function begin(storage: Storage): Promise<Database> {
  const database = await Database.open({ storage, cacheObjects: 30 });
  await database.transact(({ root }) => {
    root.set('map', new PersistentMap(PAGES.map((name) => [name, 'there'])));
    for (const name of PAGES) root.set(name, new Page({ title: 'a' }));
  });
  const { storage: opened } = database;
  const broken = opened.allocate(1);
  await putIn(opened, { version: undefined, oid: broken, ...rawState('broken', 'a', 0) });
  await database.transact((connection) => {
    connection.root.set('person', new Person({ name: 'a' }));
    connection.root.set('broken', connection.get(broken));
  });
  return database;
}

for (const [name, share] of [
  ['memory', 1],
  ['LevelDB', 1 / 6],
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
        randomRuns(RUNS, share),
      );
    },
  );
}
