/**
 * Check-in: what a version would bring to main, worked out on a snapshot without writing anything.
 *
 * What main did not touch is taken over; what both changed is merged; what cannot be merged is a
 * conflict, with the states of all sides. Carried out, it is one transaction of main that also ends
 * the entries of the version, so that undoing it restores both.
 */
import { CheckInDraft } from './check-in-draft.js';
import { treeDelete } from '../trees/btree-change.js';
import { isInner } from '../trees/btree.js';
import type { MergeClasses } from '../commit/merge.js';
import { PATCH_NODE_CLASS } from '../trees/node-record.js';
import type { Oid } from '../oid.js';
import { PresentTree } from '../trees/present-tree.js';
import type { Reader } from '../storage.js';
import type { OverlayWrite } from '../writes.js';
import { chooseObjects, EVERYTHING, type VersionChoice } from './version-choice.js';
import { Turns, VersionEntries } from './version-entries.js';
import type {
  CheckInOptions,
  CheckInPlan,
  DiscardPlan,
  VersionPlanOptions,
} from './version-plan.js';

/** What planning needs to know. */
export interface VersionPlanSource {
  /** A snapshot of main; it must stay open until the plan is there. */
  readonly reader: Reader;
  readonly version: Oid;
  readonly classes: MergeClasses;
}

/** Works out a check-in; see `Connection.planCheckIn`. */
export async function planCheckIn(
  { reader, version, classes }: VersionPlanSource,
  options: CheckInOptions,
): Promise<CheckInPlan> {
  const entries = await VersionEntries.read(reader, version, options);
  const choice = choiceOf(entries, classes, options);
  const draft = new CheckInDraft({ entries, choice, classes, resolve: options.resolve });
  await draft.decide(new Turns(options, entries.size));
  const overlay: OverlayWrite[] = [];
  for (const oid of [...entries.objects.keys(), ...entries.lists.keys()]) {
    if (choice.has(oid)) overlay.push(...entries.endOf(oid));
  }
  for (const map of entries.patches.keys()) overlay.push(...endOfKeys(entries, map, choice));
  return {
    kind: 'check-in',
    version,
    tid: reader.lastTid,
    possible: draft.conflicts.length === 0,
    objects: draft.objects(),
    maps: draft.maps(),
    lists: draft.lists,
    conflicts: draft.conflicts,
    overlay,
  };
}

/** Works out what a discard would let go of; see `Connection.planDiscard`. */
export async function planDiscard(
  { reader, version, classes }: VersionPlanSource,
  options: VersionPlanOptions,
): Promise<DiscardPlan> {
  const entries = await VersionEntries.read(reader, version, options);
  const choice = choiceOf(entries, classes, options);
  const oids: Oid[] = [];
  const overlay: OverlayWrite[] = [];
  const turns = new Turns(options, entries.size);
  for (const oid of [...entries.objects.keys(), ...entries.lists.keys()]) {
    if (choice.has(oid)) {
      oids.push(oid);
      overlay.push(...entries.endOf(oid));
    }
    await turns.next();
  }
  for (const map of entries.patches.keys()) {
    const writes = endOfKeys(entries, map, choice);
    if (writes.length > 0) oids.push(map);
    overlay.push(...writes);
    await turns.next();
  }
  turns.end();
  return { kind: 'discard', version, tid: reader.lastTid, oids, overlay };
}

export function choiceOf(
  entries: VersionEntries,
  { rules }: MergeClasses,
  { objects }: VersionPlanOptions,
): VersionChoice {
  return objects === undefined ? EVERYTHING : chooseObjects(entries, objects, rules);
}

/** Gives what takes the chosen keys out of a patch, or ends it. */
function endOfKeys(entries: VersionEntries, map: Oid, choice: VersionChoice): OverlayWrite[] {
  const keys = [...entries.patchOf(map)].map(([key]) => key);
  const chosen = keys.filter((key) => choice.hasKey(map, key));
  if (chosen.length === 0) return [];
  if (chosen.length === keys.length) return entries.endOf(map);
  const { reader, version } = entries;
  const held = entries.patches.get(map);
  const tree = new PresentTree(map, {
    load: (oid) => reader.overlay(version, oid)?.record,
    allocate: () => {
      throw new TypeError('Taking keys out of a tree makes no new nodes');
    },
    nodeClass: PATCH_NODE_CLASS,
  });
  for (const key of chosen) treeDelete(tree, map, key);
  const root = tree.read(map);
  if (!isInner(root) && root.keys.length === 0) return entries.endOf(map);
  return [...tree.records()].flatMap(([oid, record]): OverlayWrite[] => {
    if (record === undefined) return entries.endOfNode(oid);
    const current = oid === map ? held : reader.overlay(version, oid);
    const { tid: baseTid, basedOn } = current ?? {};
    if (baseTid === undefined || basedOn === undefined) return [];
    return [{ version, oid, baseTid, record, live: false, basedOn }];
  });
}
