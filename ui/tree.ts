/**
 * The tree at the side: the site as far as it is opened.
 *
 * Open are the containers of the object on the page, the object itself, and what the address names
 * with `open=PATH`; `shut=PATH` closes one of the former. Only what the reader may view is there,
 * and only where the reader may open the admin does it lead there. A branch shows so many children
 * and says how many more there are, so that a folder of thousands costs no more than one of fifty.
 */
import { type Content, contentTypes, Folder, type PublishRequest } from '../server/index.js';

/** How many children a branch of the tree shows. */
export const BRANCH_CHILDREN_MAX = 50;
/** How many branches an address may open. */
const OPEN_MAX = 50;

export interface Branch {
  readonly name: string;
  /** Address of its first screen; `''` where the reader may not open it. */
  readonly href: string;
  readonly icon: string;
  /** Holds nothing, leads somewhere, and is not the page: most of a tree is. */
  readonly isLeaf: boolean;
  readonly current: boolean;
  /** Address that opens or closes it; `''` for what holds nothing. */
  readonly twistHref: string;
  readonly open: boolean;
  readonly branches: readonly Branch[];
  /** How many children are not shown. */
  readonly more: number;
}

export interface TreeOptions {
  readonly root: Content;
  readonly rootName: string;
  readonly current: Content;
  /** Address of this page without `open` and `shut`, ending in `?` or `&`. */
  readonly address: string;
}

/** Gives the tree with the object on the page marked. */
export function siteTree(request: PublishRequest, options: TreeOptions): readonly Branch[] {
  const builder = new TreeBuilder(request, options);
  return [builder.branch(options.root, { name: options.rootName, url: '/' })];
}

/** Makes branches. `url` ends in a slash, whatever the object: its screens are below it. */
class TreeBuilder {
  readonly #request: PublishRequest;
  readonly #options: TreeOptions;
  /** Containers of the object on the page, and itself. */
  readonly #line = new Set<Content>();
  readonly #open: readonly string[];
  readonly #shut: readonly string[];
  readonly #carried: string;

  constructor(request: PublishRequest, options: TreeOptions) {
    this.#request = request;
    this.#options = options;
    for (let at: Content | undefined = options.current; at !== undefined; at = at.container) {
      this.#line.add(at);
    }
    this.#open = request.query.all('open').slice(0, OPEN_MAX);
    this.#shut = request.query.all('shut').slice(0, OPEN_MAX);
    this.#carried = treeQuery(this.#open, this.#shut);
  }

  branch(object: Content, { name, url }: { readonly name: string; readonly url: string }): Branch {
    const { policy } = this.#request;
    const folder = object instanceof Folder ? object : undefined;
    const path = folder === undefined ? '' : folder.path;
    const open = folder !== undefined && this.#isOpen(folder, path);
    const children = open ? this.#children(folder) : [];
    const href = policy.may('View management screens', object) ? `${url}@manage` : '';
    const current = object === this.#options.current;
    const twistHref =
      folder === undefined || folder.children.size === 0 ? '' : this.#twist(folder, path, open);
    return {
      name,
      href: href === '' || this.#carried === '' ? href : `${href}?${this.#carried}`,
      icon: iconOf(object, open),
      isLeaf: twistHref === '' && href !== '' && !current,
      current,
      twistHref,
      open,
      branches: children.map((child) => {
        const { id } = child;
        return this.branch(child, { name: id, url: `${url}${encodeURIComponent(id)}/` });
      }),
      more: open ? Math.max(0, folder.children.size - BRANCH_CHILDREN_MAX) : 0,
    };
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

  /** The first children by id, folders before others; whatever leads to the page is among them. */
  #children(folder: Folder): Content[] {
    const { policy } = this.#request;
    const children = [...folder.children.values({ limit: BRANCH_CHILDREN_MAX })];
    for (const each of this.#line) {
      if (each.container === folder && !children.includes(each)) children.push(each);
    }
    return children
      .filter((child) => policy.may('View', child))
      .sort((left, right) => Number(right.isFolder) - Number(left.isFolder));
  }
}

function treeQuery(open: readonly string[], shut: readonly string[]): string {
  return [
    ...open.map((path) => `open=${encodeURIComponent(path)}`),
    ...shut.map((path) => `shut=${encodeURIComponent(path)}`),
  ].join('&');
}

function iconOf(object: Content, open: boolean): string {
  if (object.container === undefined) return 'home';
  const { icon } = contentTypes.of(object);
  return open && icon === 'folder' ? 'folder-open' : icon;
}
