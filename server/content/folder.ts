/**
 * Folders: objects that hold others.
 *
 * The children are a map of their own, so adding one does not touch the folder's record. A child's
 * `place` and the map always say the same; nothing outside this file writes either of them. What is
 * here checks no permission and no rule of a type: `edit.ts` and its neighbours do.
 */
import { acquire, type Context } from '../../acquisition/index.js';
import { PersistentMap } from '../../odb/index.js';
import { Response } from '../publisher/response.js';
import { USER_FOLDER_ID } from '../security/principal.js';
import { type Container, Content, type ItemsOptions, type SortKey } from './content.js';
import { contentTypes, type ContentType } from './content-type.js';
import { folderListing } from './folder-listing.js';
import { showPage } from './page.js';
import type { PageRequest } from './work.js';

/** The object that answers for a folder's own URL. */
export const DEFAULT_PAGE_ID = 'index_html';

export class Folder extends Content implements Container {
  static {
    this.define('canopy.Folder', { children: undefined });
  }

  declare children: PersistentMap<Content>;

  constructor(init?: object) {
    super({ children: new PersistentMap<Content>(), ...init });
  }

  get type(): string {
    return 'Folder';
  }

  override get isFolder(): true {
    return true;
  }

  get size(): number {
    return 0;
  }

  /** What no loaded code knows, or an undo left nothing of, counts as not there. */
  child(id: string): Content | undefined {
    const child: unknown = this.children.get(id);
    return child instanceof Content ? child : undefined;
  }

  has(id: string): boolean {
    return this.children.has(id);
  }

  /** Gives the children, sorted. Loads each of them: O(n log n) with n loads. */
  items(options: ItemsOptions = {}): readonly Content[] {
    return [...this.children.values()].filter(isContent).sort(compareContent(options));
  }

  /**
   * Puts a child in. It stands last unless `order` says otherwise.
   * @throws TypeError when the id is taken, or the child is in a container already
   */
  insert(child: Content, id: string, order: number = lastOrder()): void {
    if (this.children.has(id)) throw new TypeError(`${this.path} has a child ${id} already`);
    if (child.place !== undefined) throw new TypeError(`${child.path} is in a container already`);
    this.children.set(id, child);
    child.place = { container: this, id, order };
    // Whoever derives something from it looks at what is part of the transaction.
    this.connection?.add(child);
  }

  /**
   * Takes a child out; it may be put in elsewhere in the same transaction, else it is removed.
   * @throws TypeError when there is none of that id
   */
  remove(id: string): Content {
    const child = this.children.get(id);
    if (child === undefined) throw new TypeError(`${this.path} has no child ${id}`);
    this.children.delete(id);
    child.place = undefined;
    return child;
  }

  /** Gives a child another id, where it stands. */
  rename(id: string, newId: string): void {
    const order = this.children.get(id)?.order;
    this.insert(this.remove(id), newId, order);
  }

  /**
   * Moves a child before another, or to the end.
   *
   * The order between two neighbours is the middle of theirs; where their numbers have no middle
   * left, all children are numbered anew. Answers the children whose place changed. O(n).
   */
  arrange(id: string, before: string | undefined): readonly Content[] {
    const moving = this.children.get(id);
    if (moving === undefined) throw new TypeError(`${this.path} has no child ${id}`);
    const others = this.items().filter((item) => item !== moving);
    const at =
      before === undefined ? others.length : others.findIndex((item) => item.id === before);
    if (at === -1) throw new TypeError(`${this.path} has no child ${before}`);
    const previous = others[at - 1];
    const next = others[at];
    const order = between(previous?.order, next?.order);
    if (order !== undefined) return reorder([moving], () => order);
    others.splice(at, 0, moving);
    const start = lastOrder(others.length);
    return reorder(others, (index) => start + index);
  }

  /**
   * Puts the map in step with a child's place, which an undo gave back or took away.
   * @param child `undefined` for one that is not there any more
   */
  follow(id: string, child: Content | undefined): void {
    if (child === undefined) this.children.delete(id);
    else if (child.place?.container === this && child.id === id) this.children.set(id, child);
    else if (this.children.get(id) === child) this.children.delete(id);
  }

  protected override childNamed(id: string): Content | undefined {
    return this.child(id);
  }
}

function reorder(items: readonly Content[], orderAt: (index: number) => number): Content[] {
  for (const [index, item] of items.entries()) {
    if (item.place !== undefined) item.place = { ...item.place, order: orderAt(index) };
  }
  return [...items];
}

function between(low: number | undefined, high: number | undefined): number | undefined {
  if (high === undefined) return lastOrder();
  if (low === undefined) return high - 1;
  const middle = low + (high - low) / 2;
  return middle > low && middle < high ? middle : undefined;
}

let newest = 0;

/** Gives an order behind all that were given before: the present, in milliseconds, or just after. */
function lastOrder(count = 1): number {
  const order = Math.max(Date.now(), newest + 1);
  newest = order + count - 1;
  return order;
}

/** Tells how objects are sorted; those of one rank stand by id. */
export function compareContent({
  sort = 'order',
  descending = false,
}: ItemsOptions): (a: Content, b: Content) => number {
  const compare = comparisons[sort];
  const sign = descending ? -1 : 1;
  return (a, b) => sign * (compare(a, b) || byId(a, b));
}

const comparisons: Readonly<Record<SortKey, (a: Content, b: Content) => number>> = {
  id: byId,
  title: (a, b) => collate(a.title || a.id, b.title || b.id),
  type: (a, b) => collate(a.type, b.type),
  modified: (a, b) => a.modified.getTime() - b.modified.getTime(),
  size: (a, b) => a.size - b.size,
  order: (a, b) => a.order - b.order,
};

function isContent(value: unknown): value is Content {
  return value instanceof Content;
}

function byId(a: Content, b: Content): number {
  return a.id < b.id ? -1 : 1;
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

function collate(a: string, b: string): number {
  return collator.compare(a, b);
}

export const folderType: ContentType<Folder> = {
  name: 'Folder',
  title: 'Folder',
  icon: 'folder',
  description: 'Holds other objects. What it holds acquires from it.',
  class: Folder,
  addPermission: 'Add Folders',
  changePermission: 'Change Folders',
  executable: false,
  fields: [],
  read: () => ({}),
  apply: () => undefined,
  refuses: (_folder, child, id) => refuseInFolder(child, id),
  page: showFolder,
};

function refuseInFolder(child: ContentType, id: string): string | undefined {
  if (child.name === 'User') return 'Users are added to a user folder';
  if (child.name === 'UserFolder' && id !== USER_FOLDER_ID) {
    return `A user folder is always called ${USER_FOLDER_ID}`;
  }
  if (child.name !== 'UserFolder' && id === USER_FOLDER_ID) {
    return `Only a user folder is called ${USER_FOLDER_ID}`;
  }
  return undefined;
}

/** A folder shows its `index_html`, its own or acquired, else a plain list of what it holds. */
function showFolder(
  folder: Folder,
  request: PageRequest,
  context: Context,
): Response | Promise<Response> {
  const found = acquire(context, DEFAULT_PAGE_ID, { filter: (value) => hasPage(value) });
  if (found === undefined) return folderListing(folder, request);
  const page = found.value as Content;
  const isMethod = contentTypes.of(page).method === true;
  return showPage(page, request, isMethod ? context : found.context);
}

/** A folder called `index_html` would only lead on to the same one. */
function hasPage(value: unknown): boolean {
  return value instanceof Content && !value.isFolder && contentTypes.of(value).page !== undefined;
}
