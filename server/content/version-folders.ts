/**
 * What a version changed, by the folders that it is in: which of them hold something that is different
 * there, however deep, and what has left a folder because main removed it.
 *
 * What was found is kept until anything is saved, in the version or in main. Of a version that holds
 * very much nobody looks, and then nothing is found.
 */
import type { Oid } from '../../odb/index.js';
import { principalKey } from '../security/principal.js';
import { Content } from './content.js';
import { siteRoot } from './places.js';
import { COUNTED_ENTRIES_MAX, type Place } from './version-counts.js';
import type { SiteServices } from './work.js';

/** For how many a thread keeps what it found. */
const KEPT_MAX = 64;

export interface ChangesByFolder {
  /**
   * The folders below which the version added, changed or removed anything; the root among them, and
   * none of those of which that is true of themselves alone.
   */
  readonly folders: ReadonlySet<Oid>;
  /** What the version changed and main removed from a folder, by the folder. */
  readonly goneOnMain: ReadonlyMap<Oid, readonly Oid[]>;
}

interface Places {
  readonly main: Place;
  readonly inside: Place;
}

const NOTHING: ChangesByFolder = { folders: new Set(), goneOnMain: new Map() };
const kept = new WeakMap<SiteServices, Map<string, ChangesByFolder>>();

/**
 * Finds what a version changed, as far as one may view it.
 *
 * A look-up, while nothing was saved since the last time; else it loads each object that the version
 * holds, and its containers. Nothing is found above `COUNTED_ENTRIES_MAX` entries.
 */
export async function changesByFolder(
  site: SiteServices,
  { main, inside }: Places,
): Promise<ChangesByFolder> {
  const { version, tid } = inside.connection;
  if (version === undefined) return NOTHING;
  using reader = site.storage.snapshot();
  if (reader.overlaySize(version) > COUNTED_ENTRIES_MAX) return NOTHING;
  const who = principalKey(main.policy.caller.principal);
  const key = [version, main.connection.tid, tid, who].join(' ');
  const known = kept.get(site) ?? new Map<string, ChangesByFolder>();
  kept.set(site, known);
  const held = known.get(key);
  if (held !== undefined) return held;
  const oids: Oid[] = [];
  for await (const { oid } of reader.overlayEntries(version)) oids.push(oid);
  const found = find(oids, { main, inside });
  known.set(key, found);
  for (const oldest of known.keys()) {
    if (known.size <= KEPT_MAX) break;
    known.delete(oldest);
  }
  return found;
}

function find(oids: readonly Oid[], { main, inside }: Places): ChangesByFolder {
  const folders = new Set<Oid>();
  const goneOnMain = new Map<Oid, Oid[]>();
  for (const oid of oids) {
    const here = standing(inside, oid);
    const [object, { policy }] = here === undefined ? [standing(main, oid), main] : [here, inside];
    if (object === undefined || !policy.may('View', object)) continue;
    addContainers(folders, object);
    const { container, id } = object;
    if (here === undefined || container?.oid === undefined || container.child(id) === here)
      continue;
    goneOnMain.set(container.oid, [...(goneOnMain.get(container.oid) ?? []), oid]);
  }
  return { folders, goneOnMain };
}

/** Gives an object where it says that it stands on the site. */
function standing({ connection }: Place, oid: Oid): Content | undefined {
  const found = connection.find(oid);
  return found instanceof Content && found.isWithin(siteRoot(connection)) ? found : undefined;
}

function addContainers(folders: Set<Oid>, { container }: Content): void {
  for (let at = container; at !== undefined; at = at.container) {
    if (at.oid === undefined || folders.has(at.oid)) return;
    folders.add(at.oid);
  }
}
