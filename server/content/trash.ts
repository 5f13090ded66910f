/**
 * The trash: what was deleted, by whom, when and where, and bringing it back.
 *
 * What is deleted stays whole, with all below it, its history and its settings, for as many days as
 * the server was told; no pack removes it before. It comes back as the same object, but for what was
 * changed in a version, which only an undo of its deletion brings back. That asks to add
 * each type of what it holds where it goes, and, where that is not the place it was taken from, what
 * moving it from there would ask: to delete it there. A user goes back to its own folder only.
 */
import { OdbError, type Oid, type Storage, type Tid, type TrashEntry } from '../../odb/index.js';
import { trashDaysOf } from '../database/trash-days.js';
import { Invalid, NotFound, Taken } from '../errors.js';
import { type Container, Content, isContainer } from './content.js';
import { contentTypes } from './content-type.js';
import { requireAdd, requirePlace, touched } from './edit.js';
import { siteRoot } from './places.js';
import { type Held, type Trashed, TrashView, withinTrash } from './trash-view.js';
import type { Work } from './work.js';

/** How many entries a list passes that its filter leaves out. */
export const TRASH_PASSED_MAX = 50_000;
/** Of how many that the filter lets through a list asks who may see them. */
export const TRASH_JUDGED_MAX = 5000;

const PAGE_ENTRIES = 200;
/** Entries of one transaction that are looked through for a single one. */
const DELETED_AT_ONCE_MAX = 100_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Types that are of the site itself, whatever version somebody works in. */
export const OF_MAIN: ReadonlySet<string> = new Set(['User', 'UserFolder', 'Version']);

/** Names an entry: what was deleted, and by which transaction. */
export interface TrashName {
  readonly oid: Oid;
  readonly tid: Tid;
}

export interface TrashFilter {
  /** Only what was in this folder or below it; the root is everywhere. */
  readonly within: Container;
  /** Only what was at this path or below it. */
  readonly path?: string;
  /** Words that its title or its path have. */
  readonly text?: string;
  /** Principal key of who deleted it. */
  readonly user?: string;
  readonly start: number;
  readonly limit: number;
}

/** An entry as lists show it. */
export interface TrashItem extends Held, TrashName {
  readonly title: string;
  readonly type: string;
  /** Where it was. */
  readonly path: string;
  /** Where its container is now; `undefined` when that is gone too. */
  readonly home: string | undefined;
  /** Something else has its id there. */
  readonly isTaken: boolean;
  /** Principal key; `undefined` where the transaction names nobody. */
  readonly user: string | undefined;
  readonly timeMs: number;
  /** Until then no pack removes it. */
  readonly keptUntilMs: number;
}

export interface TrashPage {
  readonly items: readonly TrashItem[];
  /** There are others after these. */
  readonly more: boolean;
  /** Who deleted what was looked at: principal keys. */
  readonly people: readonly string[];
  /** There were more entries than a list looks through. */
  readonly isCut: boolean;
}

/**
 * Lists what the user may see of the trash, newest first. Passes `TRASH_PASSED_MAX` entries, a few
 * reads each, and judges `TRASH_JUDGED_MAX`, for which it reads the site as it was.
 */
export async function listTrash(work: Work, filter: TrashFilter): Promise<TrashPage> {
  using view = new TrashView(work);
  const items: TrashItem[] = [];
  const people = new Set<string>();
  const page = (rest: Pick<TrashPage, 'more' | 'isCut'>): TrashPage => ({
    items,
    people: [...people],
    ...rest,
  });
  let passed = 0;
  let judged = 0;
  let found = 0;
  for await (const entry of entriesOf(work.site.storage)) {
    if (passed === TRASH_PASSED_MAX || judged === TRASH_JUDGED_MAX) {
      return page({ more: false, isCut: true });
    }
    passed += 1;
    if (!isWanted(work, entry, filter)) continue;
    judged += 1;
    const trashed = view.look(entry);
    if (trashed === undefined || !wasWithin(trashed, filter.within)) continue;
    if (entry.user !== undefined) people.add(entry.user);
    found += 1;
    if (found <= filter.start) continue;
    if (items.length === filter.limit) return page({ more: true, isCut: false });
    items.push(itemOf(work, view, trashed));
  }
  return page({ more: false, isCut: false });
}

/** Gives one entry; `undefined` when it is no longer in the trash, or not for the user to see. */
export async function findInTrash(work: Work, name: TrashName): Promise<TrashItem | undefined> {
  const entry = await entryOf(work.site.storage, name);
  if (entry === undefined) return undefined;
  using view = new TrashView(work);
  const trashed = view.look(entry);
  return trashed === undefined ? undefined : itemOf(work, view, trashed);
}

/**
 * Brings an object back with all it holds.
 *
 * @param where by default the container it was taken from, and its id there
 * @throws NotFound when it is no longer in the trash, or not for the user to see
 * @throws Taken `SRV_NO_HOME` when its container is gone and no other is named, and when the id is
 *   taken
 * @throws Taken `SRV_VERSION_CHANGES` when changes made in a version went with it, and undoing its
 *   deletion brings them back
 * @throws Unauthorized when the user may not add it there, or not take it elsewhere
 * @throws Invalid when the container refuses it
 */
export async function restoreFromTrash(
  work: Work,
  name: TrashName,
  where: { readonly to?: Container; readonly id?: string } = {},
): Promise<Content> {
  const entry = await entryOf(work.site.storage, name);
  using view = new TrashView(work);
  const trashed = entry === undefined ? undefined : view.look(entry);
  if (entry === undefined || trashed === undefined) {
    throw new NotFound('That is not in the trash any more');
  }
  const { object, home, id: idThen, order } = trashed;
  const to = where.to ?? home;
  const id = where.id ?? idThen;
  if (to === undefined) {
    const message = `The folder that ${entry.path} was in is gone too. Say where it is to go.`;
    throw new Taken(message, { code: 'SRV_NO_HOME' });
  }
  requireTypes(work, object, to);
  requireChangesKept(work, trashed);
  if (to !== home) view.requireThere('Delete objects', trashed);
  if (object.type === 'User' && (to !== home || id !== idThen)) {
    const message = 'A user keeps name and folder: they are written into all that the user owns';
    throw new Invalid([{ field: to === home ? 'id' : 'to', message }]);
  }
  requirePlace(to, contentTypes.of(object), id);
  to.insert(object, id, to === home ? order : undefined);
  work.policy.forget();
  touched(work, object);
  const isMoved = object.path !== entry.path;
  if (isMoved) work.paths.add(entry.path);
  const was = isMoved ? `, where it was ${entry.path}` : '';
  work.did(`Restored ${object.path} from the trash${was}`);
  return object;
}

/** Asks to add what comes back, and all it holds; and that it is to be had in this version. */
function requireTypes(work: Work, object: Content, to: Container): void {
  const asked = new Set<string>();
  for (const each of withinTrash(object)) {
    const type = contentTypes.get(each.type);
    if (work.connection.version !== undefined && OF_MAIN.has(each.type)) {
      const what = (type?.title ?? each.type).toLowerCase();
      throw new Taken(`A ${what} is restored outside of versions: leave this version first.`, {
        code: 'SRV_IN_VERSION',
      });
    }
    if (type === undefined || asked.has(type.addPermission)) continue;
    asked.add(type.addPermission);
    requireAdd(work, type, to);
  }
}

/**
 * A deleted version lets go of its changes. They come back with an undo alone, so as long as that is
 * possible, it is the way; afterwards the version comes back without them.
 */
function requireChangesKept(work: Work, { entry, object }: Trashed): void {
  const { overlays = [] } = work.connection.transactionRecord(entry.tid) ?? {};
  const versions = new Set(overlays.map(({ version }) => version));
  if (versions.size === 0) return;
  for (const each of withinTrash(object)) {
    if (each.oid === undefined || !versions.has(each.oid) || !mayBeUndone(work, entry.tid))
      continue;
    throw new Taken(
      `Only Undo of its deletion brings back the changes of the version ${each.title || each.id}. ` +
        'Undo that transaction instead.',
      { code: 'SRV_VERSION_CHANGES' },
    );
  }
}

function mayBeUndone({ connection }: Work, tid: Tid): boolean {
  try {
    return connection.planUndo([tid]).possible;
  } catch (error) {
    if (error instanceof OdbError) return false;
    throw error;
  }
}

function itemOf(work: Work, view: TrashView, trashed: Trashed): TrashItem {
  const { entry, object, home, id } = trashed;
  return {
    oid: entry.oid,
    tid: entry.tid,
    title: object.title,
    type: object.type,
    path: entry.path,
    home: home?.path,
    isTaken: home?.has(id) ?? false,
    user: entry.user,
    timeMs: entry.timeMs,
    keptUntilMs: entry.timeMs + trashDaysOf(work.site.storage) * DAY_MS,
    ...view.held(trashed),
  };
}

/** Gives the entries of the trash, newest first. */
async function* entriesOf(storage: Storage): AsyncGenerator<TrashEntry> {
  const given = new Set<string>();
  let before: Tid | undefined;
  let limit = PAGE_ENTRIES;
  for (;;) {
    const page = await storage.trash({ limit, ...(before === undefined ? {} : { before }) });
    for (const entry of page) {
      const key = `${entry.oid} ${entry.tid}`;
      if (given.has(key)) continue;
      given.add(key);
      yield entry;
    }
    const oldest = page.at(-1);
    if (oldest === undefined || page.length < limit) return;
    // The page may have ended amid a transaction, whose others are read with the next.
    const next = (oldest.tid + 1) as Tid;
    if (next === before) limit *= 2;
    before = next;
  }
}

async function entryOf(storage: Storage, { oid, tid }: TrashName): Promise<TrashEntry | undefined> {
  const before = (tid + 1) as Tid;
  for (const limit of [PAGE_ENTRIES, DELETED_AT_ONCE_MAX]) {
    const page = await storage.trash({ before, limit });
    const found = page.find((entry) => entry.oid === oid && entry.tid === tid);
    if (found !== undefined || page.length < limit || page.at(-1)?.tid !== tid) return found;
  }
  return undefined;
}

function isBelow(path: string, top: string): boolean {
  return top === '/' || path === top || path.startsWith(`${top}/`);
}

/** A folder that was moved since takes along what was deleted from it. */
function wasWithin({ entry, home }: Trashed, folder: Container): boolean {
  return home?.isWithin(folder) ?? isBelow(entry.path, folder.path);
}

/** Tells what can be told of an entry without asking who may see it. */
function isWanted(
  work: Work,
  entry: TrashEntry,
  { path = '/', user, text = '' }: TrashFilter,
): boolean {
  if (!isBelow(entry.path, path) || (user !== undefined && user !== entry.user)) return false;
  if (text === '') return true;
  const object = work.connection.find(entry.oid);
  const title = object instanceof Content ? object.title : '';
  const held = `${entry.path}\n${title}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => held.includes(word));
}

/**
 * Finds the folder that a path names, for whoever may see it.
 * @throws Invalid naming the field `to`
 */
export function folderNamed(work: Work, path: string): Container {
  let at: Content | undefined = siteRoot(work.connection);
  for (const id of path.split('/').filter((segment) => segment !== '')) {
    at = isContainer(at) ? at.child(id) : undefined;
    if (at === undefined) break;
  }
  if (isContainer(at) && work.policy.may('View', at)) return at;
  throw new Invalid([{ field: 'to', message: `There is no folder ${path}` }]);
}
