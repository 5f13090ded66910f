/**
 * Content: every object a site is made of.
 *
 * An object knows where it is by its `place` alone (container, id, order); the container's map of
 * children follows from it, and `folder.ts` keeps the two in step. The site's root is the only
 * object in use without a place. Path, URL, `modified` and `size` are computed, never stored, so
 * they make no merge fail.
 *
 * Looking up a name tries the built-in attributes, the fields of the type, the properties, and the
 * children, in this order. Every object has every built-in attribute, so none is ever acquired.
 */
import { ABSENT, type Acquirable, type PermissionSetting } from '../../acquisition/index.js';
import { Persistent, place, record, set } from '../../odb/index.js';
import { BUILT_IN_NAMES } from './ids.js';
import { type Property, propertyValue } from './properties.js';

/** Tells what an import put here from what was edited since. */
export interface ImportMark {
  /** The file it came from, below the directory that was imported. */
  readonly file: string;
  /** Digest of what the file said. */
  readonly given: string;
  /** Digest of the object as the import left it. */
  readonly left: string;
}

/** Where an object is. */
export interface Place {
  readonly container: Container;
  readonly id: string;
  readonly order: number;
}

/** An object that holds others. */
export interface Container extends Content {
  readonly isFolder: true;
  child(id: string): Content | undefined;
  has(id: string): boolean;
  items(options?: ItemsOptions): readonly Content[];
  insert(child: Content, id: string, order?: number): void;
  remove(id: string): Content;
}

export type SortKey = 'id' | 'title' | 'type' | 'modified' | 'size' | 'order';

export interface ItemsOptions {
  /** `order` by default: as they were put in, or arranged since. */
  readonly sort?: SortKey;
  readonly descending?: boolean;
}

export abstract class Content extends Persistent implements Acquirable {
  static {
    this.define('canopy.Content', {
      place: place(),
      title: '',
      properties: record(),
      permissions: record(),
      localRoles: record(),
      roles: set(),
      owner: undefined,
      createdMs: 0,
      imported: undefined,
    });
  }

  declare place: Place | undefined;
  declare title: string;
  /** By name. */
  declare properties: Readonly<Record<string, Property>>;
  /** Settings made here, by permission; a permission without one acquires its roles. */
  declare permissions: Readonly<Record<string, PermissionSetting>>;
  /** Roles given here, by principal key. */
  declare localRoles: Readonly<Record<string, readonly string[]>>;
  /** Roles defined here, for this object and what is below it. */
  declare roles: readonly string[];
  /** Principal key of who owns it; `undefined` where nobody does. */
  declare owner: string | undefined;
  declare createdMs: number;
  /** What the last import put here; `undefined` for what was made on the site. */
  declare imported: ImportMark | undefined;

  /** Name of its content type. */
  abstract get type(): string;

  /** Bytes of what it holds itself; 0 for what only holds others. */
  abstract get size(): number;

  get isFolder(): boolean {
    return false;
  }

  /** The id in its container; `''` for the root. */
  get id(): string {
    return this.place?.id ?? '';
  }

  get container(): Container | undefined {
    return this.place?.container;
  }

  /** Where it stands among the container's children; the smallest comes first. */
  get order(): number {
    return this.place?.order ?? 0;
  }

  /** The ids from the root, as they are: `/news/Grüße`. */
  get path(): string {
    let path = '';
    for (let at = this.place; at !== undefined; at = at.container.place) path = `/${at.id}${path}`;
    return path === '' ? '/' : path;
  }

  /** The path percent-encoded; a folder's ends in `/`. */
  get url(): string {
    let url = this.isFolder ? '/' : '';
    for (let at = this.place; at !== undefined; at = at.container.place) {
      url = `/${encodeId(at.id)}${url}`;
    }
    return url === '' ? '/' : url;
  }

  get created(): Date {
    return new Date(this.createdMs);
  }

  /** When its newest revision was stored; when it was made, for one not stored yet. */
  get modified(): Date {
    return new Date(this.modifiedMs === 0 ? this.createdMs : this.modifiedMs);
  }

  get parent(): Container | undefined {
    return this.container;
  }

  permissionSetting(name: string): PermissionSetting | undefined {
    return own(this.permissions, name);
  }

  /** Gives the value of a property; `undefined` when there is none of that name. */
  property(name: string): unknown {
    const property = own(this.properties, name);
    return property === undefined ? undefined : propertyValue(property);
  }

  lookup(name: string): unknown {
    if (BUILT_IN_NAMES.has(name)) return this[name as keyof this];
    if (name.startsWith('_')) return ABSENT;
    const field = this.field(name);
    if (field !== ABSENT) return field;
    const property = own(this.properties, name);
    if (property !== undefined) return propertyValue(property);
    return this.childNamed(name) ?? ABSENT;
  }

  /** Gives a field of the type for templates, or `ABSENT`. */
  protected field(_name: string): unknown {
    return ABSENT;
  }

  protected childNamed(_id: string): Content | undefined {
    return undefined;
  }

  /** True for `other` itself and for whatever it contains, at any depth. */
  isWithin(other: Content): boolean {
    return this === other || (this.container?.isWithin(other) ?? false);
  }
}

/** Most ids need no encoding, and to see that is cheaper than to encode them. */
function encodeId(id: string): string {
  return /^[\w.~-]*$/.test(id) ? id : encodeURIComponent(id);
}

export function isContainer(value: unknown): value is Container {
  return value instanceof Content && value.isFolder;
}

/** Gives the object at a path, by containment alone. */
export function contentAt(root: Container, path: string): Content | undefined {
  let at: Content | undefined = root;
  for (const id of path.split('/').filter((segment) => segment !== '')) {
    at = isContainer(at) ? at.child(id) : undefined;
    if (at === undefined) return undefined;
  }
  return at;
}

function own<V>(values: Readonly<Record<string, V>>, name: string): V | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
