/**
 * What comes of a map that a version changed, given what main did since: key by key.
 */
import { treeGet } from '../trees/btree.js';
import { lastRevision } from '../commit/last-revision.js';
import type { Oid } from '../oid.js';
import type { Reader } from '../storage.js';
import type { StoredRevision } from '../stored.js';
import type { Tid } from '../tid.js';
import { StoredTree } from '../trees/stored-tree.js';
import type { PatchValue } from '../writes.js';
import { sameValue, setOwn, type State } from '../value.js';
import { done, type Merged } from './version-merge.js';
import type { Resolution, VersionConflict } from './version-plan.js';

/** What a key of a map has on each side, and is to have. */
export interface MergedKey {
  readonly key: string;
  readonly base: unknown;
  readonly main: unknown;
  readonly version: unknown;
  readonly after: unknown;
}

/** A map that a version changed. */
export interface MapSides {
  readonly map: Oid;
  readonly className: string;
  /** The moment of main that the patch rests on. */
  readonly basedOn: Tid;
  /** The keys that take part, in order. */
  readonly patch: Iterable<readonly [string, PatchValue]>;
}

export interface MergedMap {
  readonly keys: readonly MergedKey[];
  /** Main ended the map, and it is to be there again: as it last was, with the keys. */
  readonly comesBack: boolean;
}

/**
 * Merges a map key by key: every key that the version changed.
 *
 * One that main ended comes back when it was resolved so, now or by an update; it is not resolved
 * by key.
 */
export function mergeMap(
  { map, className, basedOn, patch }: MapSides,
  { reader, resolution }: { readonly reader: Reader; readonly resolution: Resolution | undefined },
): Merged<MergedMap> {
  const look = (oid: Oid, at?: Tid): StoredRevision | undefined => reader.revision(oid, at);
  const tree = new StoredTree((oid) => lastRevision(look, oid)?.record);
  const now = reader.revision(map);
  const exists = now?.record !== undefined;
  if (!exists && resolution === 'main') return done({ keys: [], comesBack: false });
  const isKnown = !exists && now !== undefined && basedOn >= now.tid;
  const wanted = isKnown ? 'version' : resolution;
  const isKept = lastRevision(look, map)?.record !== undefined;
  const comesBack = !exists && isKept && wanted === 'version';
  const keys: MergedKey[] = [];
  const refused: MergedKey[] = [];
  for (const [key, { base, value }] of patch) {
    const main = exists || comesBack ? treeGet(tree, map, key) : undefined;
    const one = { key, base, main, version: value };
    if (!exists && !comesBack) refused.push({ ...one, after: undefined });
    else if (sameValue(main, base) || sameValue(main, value)) keys.push({ ...one, after: value });
    else {
      const chosen = resolvedKey(one, wanted);
      if (chosen === undefined) refused.push({ ...one, after: undefined });
      else keys.push({ ...one, after: chosen.value });
    }
  }
  if (refused.length === 0) return done({ keys, comesBack });
  return { merged: false, conflict: keysInConflict(map, className, refused, { exists }) };
}

/** Gives a conflict about keys of a map. @param options.exists main has the map */
export function keysInConflict(
  map: Oid,
  className: string,
  refused: readonly MergedKey[],
  { exists }: { readonly exists: boolean },
): VersionConflict {
  const sideOf = (side: 'base' | 'main' | 'version'): State => {
    const entries: State = {};
    for (const one of refused) if (one[side] !== undefined) setOwn(entries, one.key, one[side]);
    return entries;
  };
  return {
    oid: map,
    className,
    fields: [],
    keys: refused.map(({ key }) => key),
    reason: exists ? 'changed' : 'removed',
    base: sideOf('base'),
    main: exists ? sideOf('main') : undefined,
    version: sideOf('version'),
  };
}

/** Gives what a key is to be where both sides changed it; `undefined`: that was not said. */
export function resolvedKey(
  { key, main, version }: Pick<MergedKey, 'key' | 'main' | 'version'>,
  resolution: Resolution | undefined,
): { readonly value: unknown } | undefined {
  const one =
    typeof resolution === 'object' && 'keys' in resolution ? resolution.keys.get(key) : resolution;
  if (one === 'version') return { value: version };
  if (one === 'main') return { value: main };
  return typeof one === 'object' && 'value' in one ? one : undefined;
}
