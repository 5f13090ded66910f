/**
 * How many objects were added, changed and removed in a version, as far as somebody may view them.
 *
 * What was counted is kept until anything is saved, in the version or in main: a count is never old.
 * Above a bound nobody counts object by object; what a version holds is then told by one number.
 */
import type { Connection, Oid } from '../../odb/index.js';
import { principalKey } from '../security/principal.js';
import type { Policy } from '../security/policy.js';
import { Content } from './content.js';
import { siteRoot } from './places.js';
import type { Version } from './version.js';
import { policyAt } from './version-inside.js';
import type { SiteServices } from './work.js';

/** How many entries of a version are counted one by one. */
export const COUNTED_ENTRIES_MAX = 1000;
/** How many counts a thread keeps. */
const COUNTS_KEPT_MAX = 64;

export interface VersionCounts {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** What it holds in all, lists of children included, where that is too much to be counted by kind. */
  readonly entries: number | undefined;
}

/** Where something is looked at, and who may see what there. */
export interface Place {
  readonly connection: Connection;
  readonly policy: Policy;
}

export interface CountedPlaces {
  readonly main: Place;
  /** The version; without it, it is opened for this. */
  readonly inside?: Place | undefined;
}

const kept = new WeakMap<SiteServices, Map<string, VersionCounts>>();

/**
 * Counts what is different in a version. A look-up, while nothing was saved since the last time; else
 * it loads each object that the version holds, here and in main.
 */
export async function countChanges(
  site: SiteServices,
  { oid }: Version,
  { main, inside }: CountedPlaces,
): Promise<VersionCounts> {
  if (oid === undefined) return { added: 0, changed: 0, removed: 0, entries: undefined };
  using reader = site.storage.snapshot();
  const entries = reader.overlaySize(oid);
  if (entries > COUNTED_ENTRIES_MAX) return { added: 0, changed: 0, removed: 0, entries };
  const moments = [main.connection.tid, inside?.connection.tid ?? main.connection.tid];
  const key = [oid, ...moments, principalKey(main.policy.caller.principal)].join(' ');
  const counts = kept.get(site) ?? new Map<string, VersionCounts>();
  kept.set(site, counts);
  const known = counts.get(key);
  if (known !== undefined) return known;
  const oids: Oid[] = [];
  for await (const entry of reader.overlayEntries(oid)) oids.push(entry.oid);
  const found =
    inside === undefined ? countThere(site, oids, { main, oid }) : count(oids, main, inside);
  counts.set(key, found);
  for (const oldest of counts.keys()) {
    if (counts.size <= COUNTS_KEPT_MAX) break;
    counts.delete(oldest);
  }
  return found;
}

/** Counts on a connection of its own, as of the moment that main is looked at. */
function countThere(
  site: SiteServices,
  oids: readonly Oid[],
  { main, oid }: { readonly main: Place; readonly oid: Oid },
): VersionCounts {
  using connection = site.database.connect({ version: oid, at: main.connection.tid });
  const policy = policyAt(connection, main.connection, main.policy.caller);
  return count(oids, main, { connection, policy });
}

function count(oids: readonly Oid[], main: Place, inside: Place): VersionCounts {
  let [added, changed, removed] = [0, 0, 0];
  for (const oid of oids) {
    const here = standing(inside.connection, oid);
    const there = standing(main.connection, oid);
    if (here === undefined && there === undefined) continue;
    const isShown =
      here !== undefined
        ? inside.policy.may('View', here)
        : there !== undefined && main.policy.may('View', there);
    if (!isShown) continue;
    if (here === undefined) removed += 1;
    else if (there === undefined) added += 1;
    else changed += 1;
  }
  return { added, changed, removed, entries: undefined };
}

/** Gives an object where it stands on the site. */
function standing(connection: Connection, oid: Oid): Content | undefined {
  const found = connection.find(oid);
  return found instanceof Content && found.isWithin(siteRoot(connection)) ? found : undefined;
}
