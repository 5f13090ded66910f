/**
 * Taking changes out of a version again: what main has shows through once more.
 *
 * One transaction, which undoing brings them back. Main itself stays as it is.
 */
import type { Oid, State } from '../../odb/index.js';
import { Invalid } from '../errors.js';
import { quoted } from '../quote.js';
import { requireAddAt, requireByHand } from './by-hand.js';
import { requireAlone } from './check-in.js';
import { contentTypes } from './content-type.js';
import { listed, touched } from './edit.js';
import { TransactionWork } from './transaction-work.js';
import { JOIN_PERMISSION, PUBLISH_PERMISSION, type Version } from './version.js';
import { nameOf } from './version-review.js';
import { VersionSides } from './version-sides.js';
import type { Work } from './work.js';

/**
 * Takes some changes out of a version. What began in the version and cannot be without them goes,
 * too: all in a folder that was added there.
 *
 * Whoever may not discard the version needs what making the same changes in it by hand would ask.
 *
 * @param work in main
 * @param chosen paths of objects, or the objects themselves, which tells what was removed from what
 *   was put in its place
 * @returns the paths at which something was taken out, but for those the user may not view
 * @throws Unauthorized when the user may not
 * @throws Invalid for one that is not changed
 * @throws Taken amid other changes, and inside a version
 */
export async function revertInVersion(
  work: Work,
  version: Version,
  chosen: readonly (string | Oid)[],
): Promise<readonly string[]> {
  const { connection, policy, site } = work;
  policy.require(JOIN_PERMISSION, version);
  const oid = requireAlone(work, version);
  using sides = new VersionSides(work, oid);
  const changed = await sides.changed(site);
  const objects = chosen.map((one) => (typeof one === 'string' ? changed.get(one) : one));
  const errors = chosen.flatMap((asked, at) => {
    const one = objects[at];
    const isKnown = one !== undefined && sides.maySee('View', one);
    const where = typeof asked === 'string' ? `at ${quoted(asked)}` : 'of that object any more';
    const message = `Nothing is changed ${where}`;
    return isKnown && isHeld(work, oid, one) ? [] : [{ field: `objects.${at}`, message }];
  });
  if (errors.length > 0) throw new Invalid(errors);
  const only = { objects: objects.filter((one) => one !== undefined) };
  const plan = await connection.planDiscard(oid, only);
  if (!policy.may(PUBLISH_PERMISSION, version)) {
    const { objects: planned, conflicts } = await connection.planCheckIn(oid, only);
    for (const each of planned) requireBack(work, sides, each);
    for (const each of conflicts) if (each.keys.length === 0) requireBack(work, sides, each);
  }
  connection.applyDiscard(plan);
  touched(work, version);
  const taken = plan.oids.filter((one) => sides.maySee('View', one));
  const found = taken.map((one) => sides.pathOf(one)).filter((path) => path !== undefined);
  const shown = [...new Set(found)].sort();
  work.did(`Took ${listed(shown)} out of ${nameOf(version)}`);
  return shown;
}

/** Tells whether a version has something of its own of an object. One key read. */
function isHeld({ site }: Work, version: Oid, object: Oid): boolean {
  using reader = site.storage.snapshot();
  return reader.overlay(version, object)?.live === false;
}

/** Asks for what the same change in the version by hand would ask for. */
function requireBack(
  { nowMs, site }: Work,
  sides: VersionSides,
  {
    oid,
    main,
    version,
  }: { oid: Oid; main: Readonly<State> | undefined; version: Readonly<State> | undefined },
): void {
  const inside = new TransactionWork({ site, nowMs, ...sides.version });
  const object = sides.find('version', oid);
  if (object !== undefined) {
    requireByHand(inside, object, { before: version ?? {}, after: main ?? {} });
    return;
  }
  const outside = sides.find('main', oid);
  const container = outside?.container;
  if (outside === undefined || container?.oid === undefined) return;
  const holder = sides.find('version', container.oid);
  if (holder !== undefined) requireAddAt(inside, contentTypes.of(outside), holder);
}
