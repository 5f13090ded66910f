/**
 * The tree at the side: the site as far as it is opened.
 *
 * Open are the containers of the object on the page, the object itself, and what the address names
 * with `open=PATH`; `shut=PATH` closes one of the former. Only what the reader may view is there,
 * and only where the reader may open the admin does it lead there. A branch shows so many children
 * and says how many more there are, so that a folder of thousands costs no more than one of fifty.
 *
 * In a version, a sign behind a name says what is different there, below it too; what was removed
 * stands where it was. The past has no signs: there, its listings say what differs. It is the tree of
 * where the browser is, also beside what is done elsewhere: a version's own screens are main's.
 */
import {
  browserPlace,
  Content,
  contentTypes,
  Folder,
  policyAt,
  PresentMain,
  type PublishRequest,
  type Seeing,
  siteRoot,
} from '../server/index.js';
import { RowMarks } from './row-marks.js';

/** How many children a branch of the tree shows. */
export const BRANCH_CHILDREN_MAX = 50;
/** How many branches an address may open. */
const OPEN_MAX = 50;

/**
 * What a version did: to the object, to what it holds, to the object as main did, too, or to one that
 * main removed.
 */
type Sign = '' | 'added' | 'changed' | 'removed' | 'below' | 'elsewhere' | 'gone';

/** What a place in the tree shows, whatever it holds. */
interface Place {
  readonly name: string;
  readonly sign: Sign;
  /** Main has it here, and the version does not. */
  readonly isRemoved: boolean;
  /** Address of its first screen; `''` where the reader may not open it. */
  readonly href: string;
  readonly icon: string;
  readonly current: boolean;
}

/** An object that can hold nothing. */
export interface Leaf extends Place {
  readonly key: string;
}

/** A folder. */
export interface Branch extends Place {
  /** Address that opens or closes it; `''` while it is empty. */
  readonly twistHref: string;
  readonly open: boolean;
  readonly branches: readonly Branch[];
  readonly leaves: readonly Leaf[];
  /** How many children are not shown. */
  readonly more: number;
}

export interface TreeOptions {
  readonly root: Folder;
  readonly rootName: string;
  readonly current: Content;
  /** The page is about the site, and not about that object. */
  readonly isOfSite?: boolean;
  /** Address of this page without `open` and `shut`, ending in `?` or `&`. */
  readonly address: string;
}

/** Gives the tree with the object on the page marked. */
export async function siteTree(
  request: PublishRequest,
  options: TreeOptions,
): Promise<readonly Branch[]> {
  using main = new PresentMain(request);
  const seen = placeShown(request, main);
  try {
    using marks = await RowMarks.open(seen);
    const builder = new TreeBuilder({ ...seen, query: request.query }, options, marks);
    const root = seen === request ? options.root : siteRoot(seen.connection);
    return [builder.branch(root, { name: options.rootName, url: '/' })];
  } finally {
    if (seen.connection !== request.connection && seen.connection !== main.connection) {
      seen.connection.close();
    }
  }
}

/** Gives where the browser is, in the present; a request that shows the past shows the tree of then. */
function placeShown(request: PublishRequest, main: PresentMain): Seeing {
  const { connection, policy, site } = request;
  const { version, at } = browserPlace(request, main);
  if (at !== undefined || connection.at !== undefined || version?.oid === connection.version) {
    return request;
  }
  if (version?.oid === undefined) return { site, connection: main.connection, policy: main.policy };
  const there = site.database.connect({ version: version.oid });
  const judge = policyAt(there, main.connection, policy.caller);
  return { site, connection: there, policy: judge, version: { object: version, oid: version.oid } };
}

/** Where an object is in the tree. */
interface At {
  readonly name: string;
  /** Ends in a slash, whatever the object: its screens are below it. */
  readonly url: string;
}

/** Makes branches and leaves. */
class TreeBuilder {
  readonly #policy: Seeing['policy'];
  readonly #options: TreeOptions;
  /** The object on the page, as it is in the place that is shown. */
  readonly #current: Content | undefined;
  readonly #marks: RowMarks;
  /** Containers of the object on the page, and itself. */
  readonly #line = new Set<Content>();
  readonly #open: readonly string[];
  readonly #shut: readonly string[];
  readonly #carried: string;

  constructor(
    { connection, policy, query }: Seeing & Pick<PublishRequest, 'query'>,
    options: TreeOptions,
    marks: RowMarks,
  ) {
    this.#policy = policy;
    this.#options = options;
    this.#marks = marks;
    const { current } = options;
    const found = current.oid === undefined ? current : connection.find(current.oid);
    this.#current = found instanceof Content ? found : undefined;
    for (let at = this.#current; at !== undefined; at = at.container) this.#line.add(at);
    this.#open = query.all('open').slice(0, OPEN_MAX);
    this.#shut = query.all('shut').slice(0, OPEN_MAX);
    this.#carried = treeQuery(this.#open, this.#shut);
  }

  branch(folder: Folder, at: At): Branch {
    const { path } = folder;
    const open = this.#isOpen(folder, path);
    const branches: Branch[] = [];
    const leaves: Leaf[] = [];
    for (const child of open ? this.#children(folder) : []) {
      const { id } = child;
      const below = { name: id, url: `${at.url}${encodeURIComponent(id)}/` };
      if (child instanceof Folder) branches.push(this.branch(child, below));
      else leaves.push({ key: below.url, ...this.#place(child, below) });
    }
    const { size } = folder.children;
    const gone = open || size === 0 ? this.#goneFrom(folder, at) : [];
    if (open && gone.length > 0) {
      leaves.push(...gone);
      leaves.sort((a, b) => (a.name < b.name ? -1 : 1));
    }
    const place = this.#place(folder, at);
    return {
      twistHref: size === 0 && gone.length === 0 ? '' : this.#twist(folder, path, open),
      open,
      branches,
      leaves,
      more: open ? Math.max(0, size - BRANCH_CHILDREN_MAX) : 0,
      ...place,
      icon: open && place.icon === 'folder' ? 'folder-open' : place.icon,
    };
  }

  #place(object: Content, { name, url }: At): Place {
    const may = this.#policy.may('View management screens', object);
    const href = may ? `${url}@manage` : '';
    return {
      name,
      href: href === '' || this.#carried === '' ? href : `${href}?${this.#carried}`,
      icon: object.container === undefined ? 'home' : contentTypes.of(object).icon,
      current: object === this.#current && this.#options.isOfSite !== true,
      sign: this.#signOf(object),
      isRemoved: false,
    };
  }

  /** What stood in a folder until the version removed it, or main did; as many as there are children. */
  #goneFrom(folder: Folder, { url }: At): readonly Leaf[] {
    const leafOf = (object: Content, sign: Sign): Leaf => {
      const { id, oid } = object;
      const { icon } = contentTypes.of(object);
      const key = `${url}${encodeURIComponent(id)}/ ${oid}`;
      return { key, name: id, href: '', icon, current: false, sign, isRemoved: sign !== 'gone' };
    };
    const removed = this.#marks
      .removedFrom(folder)
      .map(({ object }) => leafOf(object, this.#signOf(object)));
    const gone = this.#marks.goneOnMainFrom(folder).map((object) => leafOf(object, 'gone'));
    return [...removed, ...gone].slice(0, BRANCH_CHILDREN_MAX);
  }

  #signOf(object: Content): Sign {
    if (!this.#marks.isInVersion) return '';
    const { state, elsewhere } = this.#marks.of(object);
    if (elsewhere) return 'elsewhere';
    if (state === 'added' || state === 'changed' || state === 'removed') return state;
    // Of the root it goes without saying: the band tells how much is different on the site.
    const isBelow = object.container !== undefined && this.#marks.hasChangesBelow(object);
    return isBelow ? 'below' : '';
  }

  #isOpen(folder: Folder, path: string): boolean {
    if (this.#shut.includes(path)) return false;
    return this.#line.has(folder) || this.#open.includes(path);
  }

  #twist(folder: Folder, path: string, open: boolean): string {
    const opened = this.#open.filter((each) => each !== path);
    const shut = this.#shut.filter((each) => each !== path);
    if (open && this.#line.has(folder)) shut.push(path);
    if (!open && !this.#line.has(folder)) opened.push(path);
    return `${this.#options.address}${treeQuery(opened, shut)}`;
  }

  /** The first children by id; whatever leads to the page is among them. */
  #children(folder: Folder): Content[] {
    const children = [...folder.children.values({ limit: BRANCH_CHILDREN_MAX })];
    for (const each of this.#line) {
      if (each.container === folder && !children.includes(each)) children.push(each);
    }
    return children.filter((child) => this.#policy.may('View', child));
  }
}

function treeQuery(open: readonly string[], shut: readonly string[]): string {
  return [
    ...open.map((path) => `open=${encodeURIComponent(path)}`),
    ...shut.map((path) => `shut=${encodeURIComponent(path)}`),
  ].join('&');
}
