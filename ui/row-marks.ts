/**
 * What lists say of objects wherever the reader is not simply on main: in a version, what is different
 * there and whether main has changed it since; in the past, what differs now and what is gone since.
 *
 * Each object is a look-up or two, however much a version holds and however long ago the moment is.
 */
import {
  changesByFolder,
  type ChangesByFolder,
  type Connection,
  type Container,
  Content,
  Folder,
  PresentMain,
  type RemovedObject,
  removedFrom,
  type Seeing,
  siteRoot,
  VersionRows,
} from '../server/index.js';

export interface Mark {
  /** `''`: it is here as it is on main, or was then as it is now. */
  readonly state: '' | 'added' | 'changed' | 'removed' | 'differs' | 'gone';
  /** Main has changed it, too, since the version did. */
  readonly elsewhere: boolean;
}

const UNMARKED: Mark = { state: '', elsewhere: false };

export class RowMarks implements Disposable {
  readonly #request: Seeing;
  readonly #rows: VersionRows | undefined;
  readonly #main: PresentMain;
  /** The present of where the reader looks at the past. */
  readonly #now: Connection | undefined;
  readonly #changes: ChangesByFolder | undefined;

  /** Looks around where the reader is. To be disposed of. */
  static async open(request: Seeing): Promise<RowMarks> {
    if (!isInVersion(request)) return new RowMarks(request, undefined);
    using main = new PresentMain(request);
    return new RowMarks(request, await changesByFolder(request.site, { main, inside: request }));
  }

  private constructor(request: Seeing, changes: ChangesByFolder | undefined) {
    const { connection, site, version } = request;
    this.#request = request;
    this.#changes = changes;
    this.#main = new PresentMain(request);
    this.#rows = isInVersion(request) ? new VersionRows(request) : undefined;
    if (connection.at !== undefined) {
      this.#now =
        version === undefined
          ? this.#main.connection
          : site.database.connect({ version: version.oid });
    }
  }

  get isInVersion(): boolean {
    return this.#rows !== undefined;
  }

  of(object: Content): Mark {
    if (this.#rows !== undefined) {
      const { kind, elsewhere } = this.#rows.of(object);
      return { state: kind ?? '', elsewhere };
    }
    if (this.#now === undefined || object.oid === undefined) return UNMARKED;
    const now = this.#now.find(object.oid);
    if (!(now instanceof Content) || !now.isWithin(siteRoot(this.#now))) {
      return { state: 'gone', elsewhere: false };
    }
    return isSame(object, now) ? UNMARKED : { state: 'differs', elsewhere: false };
  }

  /** Tells whether something below a folder is different in the version. */
  hasChangesBelow({ oid }: Content): boolean {
    return oid !== undefined && this.#changes?.folders.has(oid) === true;
  }

  /** Gives what the version changed and main took out of a folder, as far as they may view it. */
  goneOnMainFrom({ oid }: Container): readonly Content[] {
    const gone = oid === undefined ? undefined : this.#changes?.goneOnMain.get(oid);
    return (gone ?? []).flatMap((one) => {
      const object = this.#request.connection.find(one);
      return object instanceof Content ? [object] : [];
    });
  }

  /** Gives what the version the reader is in took out of a folder, as far as they may view it. */
  removedFrom(folder: Container): readonly RemovedObject[] {
    if (this.#rows === undefined) return [];
    return removedFrom(this.#request, this.#main.connection, folder).filter(({ object }) =>
      this.#main.policy.may('View', object),
    );
  }

  [Symbol.dispose](): void {
    this.#rows?.[Symbol.dispose]();
    if (this.#now !== this.#main.connection) this.#now?.close();
    this.#main[Symbol.dispose]();
  }
}

/** In a version as it is now. */
function isInVersion({ connection, version }: Seeing): boolean {
  return version !== undefined && connection.at === undefined;
}

/** No transaction came between: not to the object, nor, of a folder, to the list of what it holds. */
function isSame(then: Content, now: Content): boolean {
  if (then.tid !== now.tid) return false;
  if (!(then instanceof Folder) || !(now instanceof Folder)) return true;
  return then.children.tid === now.children.tid && then.children.size === now.children.size;
}
