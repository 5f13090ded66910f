/**
 * What each person has seen of a version's changes: marks of their own, for nobody else.
 *
 * A mark names the revision that was seen, so whatever changes the object afterwards takes the mark
 * away; a check-in that is undone brings back both. Marks are kept beside the objects, in the storage's
 * metadata: no transactions, no history, not undone.
 */
import type { Oid, Tid } from '../../odb/index.js';
import { Invalid } from '../errors.js';
import { quoted } from '../quote.js';
import { type Principal, principalKey } from '../security/principal.js';
import { JOIN_PERMISSION, type Version } from './version.js';
import { marksPrefix } from './version-metadata.js';
import { VersionSides } from './version-sides.js';
import type { SiteServices, Work } from './work.js';

/** How many objects are marked at once. */
export const MARKED_MAX = 10_000;

export interface MarkRequest {
  /** Paths of objects that are changed in the version. */
  readonly objects: readonly string[];
  /** They were seen, or not. */
  readonly reviewed: boolean;
  /**
   * The newest transaction that whoever marks has seen of the version; what was changed since gets no
   * mark. Default: all there is.
   */
  readonly seen?: Tid;
}

/** Gives what somebody has seen: by oid, the revision that it was. Reads a key for each. */
export async function marksOf(
  { storage }: Pick<SiteServices, 'storage'>,
  version: Oid,
  user: Principal,
): Promise<ReadonlyMap<Oid, Tid>> {
  const prefix = marksPrefix(version, principalKey(user));
  const found = await storage.listMeta(prefix);
  return new Map(found.map(([key, tid]) => [Number(key.slice(prefix.length)) as Oid, tid as Tid]));
}

/**
 * Marks changes as seen by the user, or takes such marks away. It holds as soon as this resolves.
 *
 * @returns paths of those that were marked, or had their marks taken away
 * @throws Unauthorized when the user may not be in the version
 * @throws Invalid for a path of nothing that is changed there, or that the user may not view
 */
export async function markReviewed(
  work: Work,
  version: Version,
  { objects, reviewed, seen }: MarkRequest,
): Promise<readonly string[]> {
  const { policy, site, user } = work;
  policy.require(JOIN_PERMISSION, version);
  const { oid } = version;
  if (objects.length > MARKED_MAX) {
    const message = `At most ${MARKED_MAX} objects are marked at once`;
    throw new Invalid([{ field: 'objects', message }]);
  }
  if (oid === undefined) return [];
  using sides = new VersionSides(work, oid);
  using reader = site.storage.snapshot();
  const changed = await sides.changed(site);
  const prefix = marksPrefix(oid, principalKey(user));
  const errors = [];
  const marks: Record<string, Tid | undefined> = {};
  const marked: string[] = [];
  for (const [at, path] of objects.entries()) {
    const one = changed.get(path);
    const revision = one && reader.overlay(oid, one, work.connection.tid);
    if (one === undefined || revision === undefined || !sides.maySee('View', one)) {
      const message = `Nothing is changed at ${quoted(path)}`;
      errors.push({ field: `objects.${at}`, message });
    } else if (!reviewed || seen === undefined || revision.tid <= seen) {
      marks[prefix + one] = reviewed ? revision.tid : undefined;
      marked.push(path);
    }
  }
  if (errors.length > 0) throw new Invalid(errors);
  if (marked.length > 0) await site.storage.setMeta(marks);
  return marked;
}
