/**
 * What is in conflict between a version and main, one object at a time: what stands against what, and
 * of what kind it is, so that a person can decide.
 *
 * A conflict is told to whoever may see all of it; of the others only how many there are. Both sides
 * are shown as of one moment.
 */
import {
  type Oid,
  Ref,
  sameValue,
  type State,
  type Tid,
  TID_ZERO,
  type VersionConflict,
} from '../../odb/index.js';
import { Content } from './content.js';
import { type ContentType, contentTypes } from './content-type.js';
import { siteRoot } from './places.js';
import { conflictsOf } from './version-findings.js';
import { type ConflictPart, isSetting, mergedParts, partsInConflict } from './version-parts.js';
import { VersionSides } from './version-sides.js';
import type { Work } from './work.js';

/**
 * `changed`: both changed the same parts. `gone-on-main`, `gone-in-version`: one side removed what the
 * other changed. `folder-gone`: main removed the folder it is in. `changed-below`: the version removed
 * it, and main changed something in it. `id-taken`: each side has something else in one place.
 * `whole`: nothing tells what could be merged, so it is as one side has it.
 */
export type ConflictKind =
  | 'changed'
  | 'gone-on-main'
  | 'gone-in-version'
  | 'folder-gone'
  | 'changed-below'
  | 'id-taken'
  | 'whole';

/** What one side has. */
export interface ConflictSide {
  /** As it is stored, with `Ref`s; `undefined` where nothing is, and where another object is. */
  readonly state: Readonly<State> | undefined;
  /** The object, where it stands on the site. */
  readonly object: Content | undefined;
  /** The transaction by which it came to be so; `TID_ZERO` where that is not known. */
  readonly tid: Tid;
}

export interface OpenConflict {
  /** An object, or the list of children of a folder. */
  readonly oid: Oid;
  /** Of a list of children, the id that is in conflict. */
  readonly key: string | undefined;
  /** What it is about; of an entry in a list, all that the sides have or had there. */
  readonly objects: readonly Oid[];
  /** Where it is in the version, else in main, else where it was before its folder went. */
  readonly path: string;
  readonly kind: ConflictKind;
  readonly type: ContentType | undefined;
  readonly title: string;
  readonly base: Readonly<State> | undefined;
  readonly main: ConflictSide;
  readonly version: ConflictSide;
  /** What both changed, of the kind `changed`. */
  readonly parts: readonly ConflictPart[];
  /** How many other parts only one side changed. */
  readonly merged: number;
  /** Tells both sides from any later state of them. */
  readonly seen: string;
}

export class VersionConflicts implements Disposable {
  readonly sides: VersionSides;
  /** By path. */
  readonly items: readonly OpenConflict[];
  /** How many there are that whoever asks may not see. */
  readonly hidden: number;
  readonly #work: Work;
  readonly #version: Oid;

  private constructor(
    { work, version, sides }: { work: Work; version: Oid; sides: VersionSides },
    found: readonly VersionConflict[],
  ) {
    this.sides = sides;
    this.#work = work;
    this.#version = version;
    const all = found.flatMap((conflict) =>
      conflict.keys.length === 0
        ? [this.#ofObject(conflict)]
        : conflict.keys.map((key) => this.#ofKey(conflict, key)),
    );
    this.items = all
      .filter((one) => one !== undefined)
      .sort((a, b) => (a.path === b.path ? a.oid - b.oid : a.path < b.path ? -1 : 1));
    this.hidden = all.length - this.items.length;
  }

  /**
   * Finds what is in conflict, as `conflictsOf` does.
   *
   * @param work in main, or in the version
   */
  static async find(work: Work, version: Oid): Promise<VersionConflicts> {
    const sides = new VersionSides(work, version);
    try {
      return new VersionConflicts({ work, version, sides }, await conflictsOf(work, version));
    } catch (error) {
      sides[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.sides[Symbol.dispose]();
  }

  /** The path of an object that a state refers to, as far as whoever asks may know it. */
  pathOf(oid: Oid): string | undefined {
    return this.sides.maySee('View', oid) ? this.sides.pathOf(oid) : undefined;
  }

  #ofObject(conflict: VersionConflict): OpenConflict | undefined {
    const { oid, base } = conflict;
    const type = this.#typeOf(oid);
    const { sides } = this;
    const isRoot = oid === siteRoot(sides.main.connection).oid;
    const stands = (state: Readonly<State> | undefined): boolean =>
      state !== undefined && (isRoot || state['place'] !== undefined);
    const isBelowNothing = stands(conflict.version) && sides.find('version', oid) === undefined;
    const kind = isBelowNothing
      ? 'folder-gone'
      : kindOf(conflict, { main: stands(conflict.main), version: stands(conflict.version) });
    const parts = kind === 'changed' ? partsInConflict(conflict) : [];
    const isOpen = sides.maySee('View management screens', oid);
    const isProtected = type?.protectedFields === true || parts.some(isSetting);
    if (!sides.maySee('View', oid) || (isProtected && !isOpen)) return undefined;
    const [main, version] = [this.#side('main', conflict), this.#side('version', conflict)];
    const title = (version.state ?? main.state ?? base ?? {})['title'];
    const isKnown = parts.length > 0 || kind !== 'changed';
    return {
      ...{ oid, key: undefined, objects: [oid], kind: isKnown ? kind : 'whole' },
      ...{ type, base, main, version, parts },
      path: sides.pathOf(oid) ?? sides.formerPath(oid) ?? '/',
      title: typeof title === 'string' ? title : '',
      merged: kind === 'changed' ? mergedParts(conflict) : 0,
      seen: `${main.tid}-${version.tid}`,
    };
  }

  #ofKey(conflict: VersionConflict, key: string): OpenConflict | undefined {
    const { oid } = conflict;
    const { sides } = this;
    const [main, version] = (['main', 'version'] as const).map((name): ConflictSide => {
      const ref = conflict[name]?.[key];
      const found = ref instanceof Ref ? sides.find(name, ref.oid) : undefined;
      return { state: undefined, object: found, tid: found?.tid ?? TID_ZERO };
    });
    if (main === undefined || version === undefined) return undefined;
    const objects = [main, version].flatMap(({ object }) => (object === undefined ? [] : [object]));
    const isSeen = objects.every((object) => object.oid && sides.maySee('View', object.oid));
    if (!isSeen) return undefined;
    const [one] = objects;
    const among = [conflict.base, conflict.main, conflict.version].map((side) => side?.[key]);
    const ids = [main, version].map(({ object, tid }) => `${object?.oid ?? 0}.${tid}`);
    return {
      ...{ oid, key, kind: 'id-taken', base: undefined, main, version, parts: [], merged: 0 },
      objects: among.flatMap((value) => (value instanceof Ref ? [value.oid] : [])),
      type: one === undefined ? undefined : contentTypes.of(one),
      path: sides.keyPath(conflict, key),
      title: version.object?.title ?? main.object?.title ?? '',
      seen: ids.join('-'),
    };
  }

  #side(name: 'main' | 'version', { oid, ...states }: VersionConflict): ConflictSide {
    using reader = this.#work.site.storage.snapshot();
    const revision = name === 'main' ? reader.revision(oid) : reader.overlay(this.#version, oid);
    const { sides } = this;
    return { state: states[name], object: sides.find(name, oid), tid: revision?.tid ?? TID_ZERO };
  }

  #typeOf(oid: Oid): ContentType | undefined {
    const { main, version } = this.sides;
    for (const { connection } of [version, main]) {
      const found = connection.find(oid);
      if (found instanceof Content) return contentTypes.of(found);
    }
    return undefined;
  }
}

function kindOf(
  { reason }: Pick<VersionConflict, 'reason'>,
  stands: { readonly main: boolean; readonly version: boolean },
): ConflictKind {
  if (reason === 'container-removed') return stands.version ? 'folder-gone' : 'changed-below';
  if (stands.main && stands.version) return reason === 'removed' ? 'whole' : 'changed';
  if (stands.main) return 'gone-in-version';
  return stands.version ? 'gone-on-main' : 'whole';
}

/** Tells whether two things that were seen are still the same. */
export function isSameConflict(
  one: Pick<OpenConflict, 'oid' | 'key'>,
  other: Pick<OpenConflict, 'oid' | 'key'>,
): boolean {
  return one.oid === other.oid && sameValue(one.key, other.key);
}
