/**
 * A version and main side by side, both as of one moment: where an object stands in each, what it is
 * there, and what both changed.
 */
import {
  type Connection,
  type Oid,
  Ref,
  type State,
  TID_ZERO,
  type VersionConflict,
} from '../../odb/index.js';
import { Unauthorized } from '../errors.js';
import type { Policy } from '../security/policy.js';
import { isKnown, principalKey } from '../security/principal.js';
import { Content, contentAt, type Place } from './content.js';
import { contentTypes } from './content-type.js';
import { isExecutable } from './executable.js';
import { holderOfMap, pathAt, siteRoot } from './places.js';
import { propertiesJson } from './properties.js';
import { policyAt } from './version-inside.js';
import type { SiteServices, Work } from './work.js';

/** One side: a connection, and who may see what there. */
interface Side {
  readonly connection: Connection;
  readonly policy: Policy;
}

/** What an object is on one side, as JSON shows it. */
export type SideState = Readonly<Record<string, unknown>>;

/** Something that the version and main both changed. */
export interface SideConflict {
  readonly oid: Oid;
  readonly path: string;
  /** Of a list of children, the id that is in conflict. */
  readonly key: string | undefined;
  /** What differs: `title`, `fields.source`, `properties.NAME`, … */
  readonly fields: readonly string[];
  /** What each side has; `null`: it is not there. */
  readonly base: SideState | null;
  readonly main: SideState | null;
  readonly version: SideState | null;
}

export class VersionSides implements Disposable {
  readonly main: Side;
  readonly version: Side;
  readonly #work: Work;
  readonly #other: Connection;

  /** @param work in main, or in the version */
  constructor(work: Work, version: Oid) {
    const { connection, policy, site } = work;
    const isInside = connection.version !== undefined;
    const at = connection.tid;
    this.#work = work;
    this.#other = site.database.connect(isInside ? { at } : { at, version });
    const main = isInside ? this.#other : connection;
    const other = { connection: this.#other, policy: policyAt(this.#other, main, policy.caller) };
    this.main = isInside ? other : work;
    this.version = isInside ? work : other;
  }

  [Symbol.dispose](): void {
    this.#other.close();
  }

  /** Gives an object where it stands on the site, on one side; `undefined` when it does not. */
  find(side: 'main' | 'version', oid: Oid): Content | undefined {
    const { connection } = this[side];
    const found = connection.find(oid);
    return found instanceof Content && found.isWithin(siteRoot(connection)) ? found : undefined;
  }

  /** Finds the object at a path in the version, else the one in main. */
  at(path: string): Content | undefined {
    if (!path.startsWith('/')) return undefined;
    const [inside, outside] = [this.version, this.main].map(({ connection }) =>
      contentAt(siteRoot(connection), path),
    );
    return inside ?? outside;
  }

  /** Where an object is: in the version, or, removed there, in main. */
  pathOf(oid: Oid): string | undefined {
    return (this.find('version', oid) ?? this.find('main', oid))?.path;
  }

  /**
   * Where something stood that the version has below what main has removed, before that went;
   * `undefined` for what never stood there.
   */
  formerPath(oid: Oid): string | undefined {
    const { connection } = this.version;
    using reader = this.#work.site.storage.snapshot();
    const held =
      connection.version === undefined ? undefined : reader.overlay(connection.version, oid);
    if (held === undefined) return undefined;
    const since = held.basedOn === TID_ZERO ? held.tid : held.basedOn;
    const ids: string[] = [];
    for (let at: unknown = connection.find(oid); at instanceof Content; at = at.container) {
      if (at.place === undefined) {
        const above = at.oid && pathAt(this.main.connection, at.oid, since);
        return above === undefined ? undefined : [above, ...ids].join('/');
      }
      ids.unshift(at.id);
    }
    return undefined;
  }

  /** Gives what the version has of its own, by path. Reads all of it. */
  async changed({ storage }: Pick<SiteServices, 'storage'>): Promise<ReadonlyMap<string, Oid>> {
    const found = new Map<string, Oid>();
    using reader = storage.snapshot();
    const { version } = this.version.connection;
    if (version === undefined) return found;
    for await (const { oid } of reader.overlayEntries(version)) {
      const path = this.pathOf(oid) ?? this.formerPath(oid);
      if (path !== undefined) found.set(path, oid);
    }
    return found;
  }

  maySee(permission: string, oid: Oid): boolean {
    const inside = this.find('version', oid);
    if (inside !== undefined) return this.version.policy.may(permission, inside);
    const outside = this.find('main', oid);
    if (outside !== undefined) return this.main.policy.may(permission, outside);
    return this.formerPath(oid) !== undefined && this.#maySeeLost(oid);
  }

  /** What stands nowhere any more is for whoever changed it last, and for managers of the site. */
  #maySeeLost(oid: Oid): boolean {
    const { connection, policy } = this.main;
    if (policy.may('View management screens', siteRoot(connection))) return true;
    const { version } = this.version.connection;
    using reader = this.#work.site.storage.snapshot();
    const held = version === undefined ? undefined : reader.overlay(version, oid);
    const user = held === undefined ? undefined : reader.transaction(held.tid)?.user;
    return user === principalKey(this.#work.user);
  }

  /** Gives what an object is on one side to whoever may see it there; `null` when it is not there. */
  stateOf(side: 'main' | 'version', oid: Oid): SideState | null {
    const object = this.find(side, oid);
    if (object === undefined) return null;
    return stateJson(object, object.path, this[side].policy.may('View management screens', object));
  }

  /** Reads a stored state as the object it was; `undefined` where it stands nowhere. */
  decoded(
    oid: Oid,
    state: Readonly<State> | undefined,
    side: 'main' | 'version',
  ): SideState | undefined {
    const type = this.#typeOf(oid);
    if (state === undefined || type === undefined) return undefined;
    const { place, children: _children, ...own } = state as State & { readonly place?: Place };
    const container: unknown = place?.container;
    const isHeld = container instanceof Ref || container instanceof Content;
    const holder = isHeld && container.oid ? this.find(side, container.oid) : undefined;
    const isRoot = oid === siteRoot(this.main.connection).oid;
    if (place === undefined && !isRoot) return undefined;
    const above = holder === undefined || holder.path === '/' ? '' : holder.path;
    const path = place === undefined ? '/' : `${above}/${place.id}`;
    const open = this.maySee('View management screens', oid);
    const json = stateJson(new type.class(own), path, open);
    return place === undefined ? json : { ...json, order: place.order };
  }

  /**
   * Tells what is in conflict, by path, to whoever may see all of it.
   * @throws Unauthorized otherwise
   */
  conflictsIn(conflicts: readonly VersionConflict[]): SideConflict[] {
    return conflicts
      .flatMap((conflict) =>
        conflict.keys.length > 0
          ? conflict.keys.map((key) => this.#keyConflict(conflict, key))
          : [this.#conflict(conflict)],
      )
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  #conflict(conflict: VersionConflict): SideConflict {
    const { oid, fields } = conflict;
    this.#requireSeen(oid);
    const [base, main, version] = (['base', 'main', 'version'] as const).map((side) =>
      this.decoded(oid, conflict[side], side === 'version' ? 'version' : 'main'),
    );
    const type = this.#typeOf(oid);
    const names = fields.map((name) =>
      type?.fields.some((field) => field.name === name) === true ? `fields.${name}` : name,
    );
    const path = this.pathOf(oid) ?? this.formerPath(oid) ?? '/';
    return {
      ...{ oid, path, key: undefined, fields: names },
      ...{ base: base ?? null, main: main ?? null, version: version ?? null },
    };
  }

  /** Gives the paths that are in conflict, whoever may see them. */
  pathsIn(conflicts: readonly VersionConflict[]): ReadonlySet<string> {
    const paths = conflicts.flatMap((conflict) =>
      conflict.keys.length > 0
        ? conflict.keys.map((key) => this.keyPath(conflict, key))
        : [this.pathOf(conflict.oid) ?? this.formerPath(conflict.oid) ?? '/'],
    );
    return new Set(paths);
  }

  /** Where an entry of a list of children is. */
  keyPath(conflict: VersionConflict, key: string): string {
    const among = objectsAt(conflict, key).filter((ref) => ref !== undefined);
    const holder =
      holderOfMap(this.version.connection, conflict.oid, among) ??
      holderOfMap(this.main.connection, conflict.oid, among);
    return holder === undefined ? '/' : `${holder.path === '/' ? '' : holder.path}/${key}`;
  }

  #keyConflict(conflict: VersionConflict, key: string): SideConflict {
    const { oid } = conflict;
    const [was, theirs, mine] = objectsAt(conflict, key);
    for (const ref of [was, theirs, mine]) if (ref !== undefined) this.#requireSeen(ref);
    const path = this.keyPath(conflict, key);
    return {
      ...{ oid, path, key, fields: [] },
      base: was === undefined ? null : (this.stateOf('main', was) ?? this.stateOf('version', was)),
      main: theirs === undefined ? null : this.stateOf('main', theirs),
      version: mine === undefined ? null : this.stateOf('version', mine),
    };
  }

  #requireSeen(oid: Oid): void {
    if (this.pathOf(oid) === undefined || this.maySee('View', oid)) return;
    const message = 'This is about something that you may not view';
    const decision = { allowed: false, because: [message] };
    throw new Unauthorized(`${message}.`, { known: isKnown(this.#work.user), decision });
  }

  #typeOf(oid: Oid): ReturnType<typeof contentTypes.get> {
    const object = this.find('version', oid) ?? this.find('main', oid);
    return object === undefined ? undefined : contentTypes.of(object);
  }
}

/** The objects that an entry leads to, on each side. */
function objectsAt(
  { base, main, version }: VersionConflict,
  key: string,
): readonly (Oid | undefined)[] {
  return [base?.[key], main?.[key], version?.[key]].map((value) =>
    value instanceof Ref ? value.oid : undefined,
  );
}

function stateJson(object: Content, path: string, open: boolean): SideState {
  const type = contentTypes.of(object);
  const isShown = open || type.protectedFields !== true;
  return {
    path,
    type: object.type,
    title: object.title,
    owner: object.owner ?? null,
    fields: isShown ? type.read(object) : {},
    properties: propertiesJson(object.properties),
    ...(object.place === undefined ? {} : { order: object.place.order }),
    ...(open ? settingsOf(object) : {}),
  };
}

/** What says who may do what there. */
function settingsOf(object: Content): SideState {
  const { permissions, localRoles, roles } = object;
  const proxyRoles = isExecutable(object) ? { proxyRoles: object.proxyRoles } : {};
  return { permissions, localRoles, roles, ...proxyRoles };
}
