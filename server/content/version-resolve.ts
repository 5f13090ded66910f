/**
 * Settling one conflict between a version and main.
 *
 * What was decided is written into the version, which from then on rests on main as it is now, as far
 * as that object goes: a check-in finds nothing left to decide of it. So conflicts are settled one by
 * one, by several people if they like, and each can be undone in the version. What somebody writes
 * anew asks for what an edit of it would ask; to take what main has, where work in the version is lost by
 * it, what taking that back by hand would ask; to keep what the version has, to be in it.
 */
import {
  type Connection,
  type KeyResolution,
  type Oid,
  Ref,
  type Resolution,
  type State,
  type UpdatePlan,
  type VersionConflict,
} from '../../odb/index.js';
import { type FieldError, Invalid, Taken } from '../errors.js';
import { requireAddAt, requireLosing } from './by-hand.js';
import { Content, isContainer } from './content.js';
import { contentTypes } from './content-type.js';
import { requirePlace } from './edit.js';
import { moveObject } from './move.js';
import { folderNamed } from './trash.js';
import { authorsIn, giveAuthors } from './version-authors.js';
import { isSameConflict, type OpenConflict, VersionConflicts } from './version-conflicts.js';
import { withPart } from './version-parts.js';
import { giveParts, type PartChoice } from './version-part-values.js';
import { planned } from './version-plans.js';
import { JOIN_PERMISSION, type Version } from './version.js';
import type { Work } from './work.js';

/** How often is planned again, when settling something brings up more about the same object. */
const PLANS_MAX = 10;

export type ConflictAnswer =
  /** All of it is as one side has it; what that side did not change is merged. */
  | { readonly kind: 'side'; readonly side: 'main' | 'version' }
  /** By the name of each part that is in conflict. */
  | { readonly kind: 'parts'; readonly parts: ReadonlyMap<string, PartChoice> }
  /** What the version has goes to another folder, or gets another id. */
  | { readonly kind: 'move'; readonly to: string; readonly id: string };

/** Which conflict is meant, and as what it was seen. */
export type ConflictName = Pick<OpenConflict, 'oid' | 'key' | 'seen'>;

/**
 * Settles a conflict. `work` is in the version.
 *
 * @returns its path; `undefined` when it is in conflict no more
 * @throws Unauthorized when the user may not be in the version, or not write what was written
 * @throws Invalid naming `parts.NAME`, `to` or `id` where the answer is none
 * @throws Taken when either side was changed since it was seen, or something else has to be settled
 *   before it; and as `updateVersion`
 */
export async function resolveConflict(
  work: Work,
  version: Version,
  name: ConflictName,
  answer: ConflictAnswer,
): Promise<string | undefined> {
  const { connection, policy } = work;
  policy.require(JOIN_PERMISSION, version);
  const { oid } = version;
  if (oid === undefined || connection.version !== oid) {
    throw new Taken(`What is in conflict in ${version.path} is settled by a request of its own`);
  }
  using conflicts = await VersionConflicts.find(work, oid);
  const one = conflicts.items.find((each) => isSameConflict(each, name));
  if (one === undefined) return undefined;
  if (one.seen !== name.seen) {
    throw new Taken(
      `${one.path} was changed again meanwhile. What you chose is kept below where it still fits: look at it once more, and save again.`,
    );
  }
  if (answer.kind === 'move') moveAway(work, one, answer);
  else await settle(work, conflicts, { version, one, answer });
  if (!work.connection.hasChanges) {
    throw new Taken(`${one.path} cannot be settled so by itself. Choose otherwise.`);
  }
  work.paths.add(one.path);
  return one.path;
}

async function settle(
  work: Work,
  conflicts: VersionConflicts,
  settling: {
    readonly version: Version;
    readonly one: OpenConflict;
    readonly answer: Exclude<ConflictAnswer, { kind: 'move' }>;
  },
): Promise<void> {
  const { version, one, answer } = settling;
  const { connection, policy } = work;
  const planning = { connection, conflicts, one, objects: await objectsOf(work, one) };
  const side = answer.kind === 'side' ? answer.side : placeSide(answer.parts);
  const whole = await planWith(planning, { side, state: undefined });
  const state = answer.kind === 'side' ? undefined : stateFor(one, whole, answer.parts);
  const plan = state === undefined ? whole : await planWith(planning, { side, state });
  const isMainTaken =
    side === 'main' || (answer.kind === 'parts' && [...answer.parts.values()].includes('main'));
  const taken = new Set(isMainTaken ? [one.oid] : []);
  requireLosing(work, version, { objects: plan.objects, taken });
  const authors = authorsIn(plan.objects);
  connection.applyUpdate(plan);
  policy.forget();
  giveAuthors(work, authors);
  work.did(`Settled what was in conflict at ${one.path}`);
  if (answer.kind === 'parts') giveParts(work, one, answer.parts);
}

/** Where it is in conflict where it stands, what goes with that is on the same side. */
function placeSide(parts: ReadonlyMap<string, PartChoice>): 'main' | 'version' {
  return parts.get('place') === 'main' ? 'main' : 'version';
}

interface Planning {
  readonly connection: Connection;
  readonly conflicts: VersionConflicts;
  readonly one: OpenConflict;
  /** What the plan is about. */
  readonly objects: readonly Oid[];
}

/** With what the version removed goes what it had put in there before. */
async function objectsOf({ site, connection }: Work, one: OpenConflict): Promise<readonly Oid[]> {
  const { version } = connection;
  if (one.kind !== 'changed-below' || version === undefined) return one.objects;
  const removed = connection.find(one.oid);
  if (!(removed instanceof Content)) return one.objects;
  const found = new Set(one.objects);
  using reader = site.storage.snapshot();
  for await (const { oid } of reader.overlayEntries(version)) {
    const object = connection.find(oid);
    if (object instanceof Content && object.isWithin(removed)) found.add(oid);
  }
  return [...found];
}

/** Plans until nothing about the object is left to be decided. */
async function planWith(
  { connection, conflicts, one, objects }: Planning,
  decided: { readonly side: 'main' | 'version'; readonly state: State | undefined },
): Promise<UpdatePlan> {
  const { side, state } = decided;
  const resolve = new Map<Oid, Resolution>();
  if (one.key === undefined) resolve.set(one.oid, state === undefined ? side : { state });
  else resolve.set(one.oid, keysWith(undefined, [one.key], side));
  for (let round = 1; ; round += 1) {
    const plan = await planned(() => connection.planUpdate({ objects, resolve }));
    const [other] = plan.conflicts.flatMap((each) => pathsOf(conflicts, each, one));
    if (plan.conflicts.length === 0) return plan;
    if (other !== undefined || round === PLANS_MAX) {
      const where = other ?? one.path;
      throw new Taken(
        `This cannot be settled so by itself: it leads to another conflict, at ${where}. Settle that one first, or choose otherwise.`,
      );
    }
    for (const each of plan.conflicts) {
      if (each.keys.length === 0) {
        if (!resolve.has(each.oid)) resolve.set(each.oid, side);
      }
      for (const key of each.keys) {
        const keySide = freeSide(each, key) ?? side;
        resolve.set(each.oid, keysWith(resolve.get(each.oid), [key], keySide));
      }
    }
  }
}

/** Where a conflict is that is not about the object itself, or the place it goes to. */
function pathsOf(
  { sides }: VersionConflicts,
  conflict: VersionConflict,
  one: OpenConflict,
): readonly string[] {
  if (conflict.keys.length === 0) {
    if (conflict.oid === one.oid) return [];
    const path = sides.pathOf(conflict.oid) ?? sides.formerPath(conflict.oid) ?? '/';
    return path === one.path ? [] : [path];
  }
  const leadsThere = (key: string): boolean =>
    [conflict.main?.[key], conflict.version?.[key]].some(
      (value) => value instanceof Ref && value.oid === one.oid,
    );
  return conflict.keys
    .filter((key) => !leadsThere(key) && freeSide(conflict, key) === undefined)
    .map((key) => sides.keyPath(conflict, key))
    .filter((path) => path !== one.path);
}

/** Where one side has left a place, what the other has put there since takes nothing from it. */
function freeSide({ main, version }: VersionConflict, key: string): 'main' | 'version' | undefined {
  const [theirs, mine] = [main?.[key], version?.[key]];
  if (theirs !== undefined && mine === undefined) return 'main';
  return theirs === undefined && mine !== undefined ? 'version' : undefined;
}

function keysWith(
  held: Resolution | undefined,
  keys: readonly string[],
  side: 'main' | 'version',
): Resolution {
  const known = typeof held === 'object' && 'keys' in held ? held.keys : [];
  const more = keys.map((key): [string, KeyResolution] => [key, side]);
  return { keys: new Map<string, KeyResolution>([...known, ...more]) };
}

/** Puts together what the object is to be stored as: merged, with the parts that main's are taken of. */
function stateFor(
  { oid, main, version, parts }: OpenConflict,
  plan: UpdatePlan,
  choices: ReadonlyMap<string, PartChoice>,
): State {
  const errors: FieldError[] = parts
    .filter(({ name }) => !choices.has(name))
    .map(({ name }) => ({ field: `parts.${name}`, message: 'Choose what it is to be' }));
  if (errors.length > 0) throw new Invalid(errors);
  const planned = plan.objects.find((each) => each.oid === oid)?.after ?? version.state ?? {};
  return parts.reduce<State>((state, { name }) => {
    const from = choices.get(name) === 'main' ? main.state : version.state;
    return withPart(state, name, from ?? {});
  }, planned);
}

/** Puts what the version has elsewhere, so that nothing is in its way. */
function moveAway(
  work: Work,
  one: OpenConflict,
  { to, id }: { readonly to: string; readonly id: string },
): void {
  const mine = one.key === undefined ? work.connection.find(one.oid) : one.version.object;
  const object = mine?.oid === undefined ? undefined : work.connection.find(mine.oid);
  if (!(object instanceof Content) || object.container === undefined) {
    throw new Invalid([{ field: 'id', message: 'Nothing of the version is there' }]);
  }
  if (one.kind === 'id-taken') {
    if (moveObject(work, object, { to: object.container, id })) return;
    throw new Invalid([{ field: 'id', message: 'Give it another id' }]);
  }
  // Its folder is on the site no more, so nothing there could let anybody delete it.
  const target = folderNamed(work, to);
  const type = contentTypes.of(object);
  requireAddAt(work, type, target);
  requirePlace(target, type, id);
  if (isContainer(object) && target.isWithin(object)) {
    throw new Invalid([{ field: 'to', message: 'It cannot be put into itself' }]);
  }
  // Main may have taken it out of that folder before.
  if (object.container.child(object.id) === object) object.container.remove(object.id);
  else object.place = undefined;
  target.insert(object, id);
  work.policy.forget();
  work.paths.add(object.path);
  work.did(`Moved ${one.path} to ${object.path}`);
}
