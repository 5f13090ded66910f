/**
 * Update: what main did since a version changed the same, brought into the version.
 *
 * Afterwards the version shows what main would have after a check-in, and a check-in finds nothing
 * left to merge. Works on the draft of a check-in: what it would give main, the version gets.
 */
import { choiceOf, type VersionPlanSource } from './check-in.js';
import { CheckInDraft } from './check-in-draft.js';
import type { DraftedObject } from './check-in-places.js';
import { listNodesAt } from '../trees/list-nodes.js';
import type { Oid } from '../oid.js';
import { PresentList } from '../trees/present-list.js';
import { isTreeRecord } from '../objects/tree-class.js';
import { classNameOf, encodeValue } from '../records/record.js';
import type { Reader } from '../storage.js';
import type { OverlayRevision } from '../stored.js';
import type { EntryChange, OverlayWrite } from '../writes.js';
import { TID_ZERO, type Tid } from '../tid.js';
import { sameBytes, sameValue } from '../value.js';
import { Turns, VersionEntries } from './version-entries.js';
import { listSides } from './version-merge-list.js';
import type { MergedKey } from './version-merge-map.js';
import {
  PlannedObject,
  type CheckInOptions,
  type PlannedList,
  type PlannedMap,
  type Resolution,
  type UpdatePlan,
} from './version-plan.js';

export interface UpdateSource extends VersionPlanSource {
  /** Gives an oid nobody has. */
  readonly allocate: () => Oid;
}

/** Works out an update; see `Connection.planUpdate`. */
export async function planUpdate(
  source: UpdateSource,
  options: CheckInOptions,
): Promise<UpdatePlan> {
  const { reader, version, classes } = source;
  const entries = await VersionEntries.read(reader, version, options);
  const choice = choiceOf(entries, classes, options);
  const { resolve } = options;
  const draft = new CheckInDraft({ entries, choice, classes, resolve });
  await draft.decide(new Turns(options, entries.size));
  const update = new Update(source, entries);
  for (const [oid, drafted] of draft.drafted) {
    update.addObject(oid, drafted, { isAccepted: draft.accepted.has(oid) });
  }
  for (const container of draft.acceptedRemovals) update.addRemoval(container);
  for (const [map, keys] of draft.keys) update.addMap(map, keys, resolve?.get(map));
  for (const [map, entries] of draft.deletions) update.addDeletions(map, entries);
  for (const list of draft.lists) update.addList(list);
  for (const oid of [...entries.objects.keys(), ...entries.patches.keys()]) {
    if (choice.has(oid) && draft.isDerived(oid)) update.addDerived(oid);
  }
  const { conflicts } = draft;
  return {
    kind: 'update',
    version,
    tid: reader.lastTid,
    possible: conflicts.length === 0,
    conflicts,
    ...update.result,
  };
}

interface KeyNote {
  readonly live: boolean;
  readonly main: Uint8Array | undefined;
}

class Update {
  readonly #source: UpdateSource;
  readonly #entries: VersionEntries;
  readonly #objects: PlannedObject[] = [];
  readonly #maps: PlannedMap[] = [];
  readonly #lists: PlannedList[] = [];
  readonly #overlay: OverlayWrite[] = [];
  readonly #objectNotes = new Map<Oid, { readonly live: boolean; readonly basedOn: Tid }>();
  readonly #keyNotes = new Map<Oid, Map<string, KeyNote>>();

  constructor(source: UpdateSource, entries: VersionEntries) {
    this.#source = source;
    this.#entries = entries;
  }

  get result(): Pick<UpdatePlan, 'objects' | 'maps' | 'lists' | 'overlay' | 'notes'> {
    return {
      objects: this.#objects,
      maps: this.#maps,
      lists: this.#lists,
      overlay: this.#overlay,
      notes: { objects: this.#objectNotes, keys: this.#keyNotes },
    };
  }

  /** @param options.isAccepted it is to be as it is, whatever main did below it until now */
  addObject(
    oid: Oid,
    { base, main, version, after, currentTid }: DraftedObject,
    { isAccepted }: { readonly isAccepted: boolean },
  ): void {
    const held = this.#entries.objects.get(oid);
    if (held === undefined) {
      if (isSame(after, version)) return;
      // Only main had it, and what the version has does not leave it where it is.
      this.#objects.push(new PlannedObject(oid, currentTid, { base, main, version, after }));
      return;
    }
    const isNew = currentTid === TID_ZERO;
    const isCurrent = isNew || (currentTid <= held.basedOn && !isAccepted);
    if (isCurrent && isSame(after, version)) return;
    const basedOn = isNew ? TID_ZERO : this.#source.reader.lastTid;
    // A node of a tree is no object of its own to be marked as changed.
    const isNode = version !== undefined && isTreeRecord(version) && isSame(after, version);
    if (version === undefined || after === undefined || isNode) {
      this.#write(oid, held, after, basedOn);
    } else {
      this.#objects.push(new PlannedObject(oid, held.tid, { base, main, version, after }));
      this.#objectNotes.set(oid, { live: isSame(after, main), basedOn });
    }
  }

  /**
   * What main removed is from now on removed in the version as well, since something new below it
   * rests on no moment of main that could tell that the removal was known.
   */
  addRemoval(container: Oid): void {
    const { reader, version } = this.#source;
    const record = reader.revision(container)?.record;
    if (record === undefined || this.#entries.objects.has(container)) return;
    const baseTid = reader.overlay(version, container)?.tid ?? TID_ZERO;
    const basedOn = reader.lastTid;
    this.#overlay.push({ version, oid: container, baseTid, record, live: false, basedOn });
  }

  addMap(map: Oid, keys: ReadonlyMap<string, MergedKey>, resolution: Resolution | undefined): void {
    const main = this.#source.reader.revision(map)?.record;
    if (main === undefined) {
      if (resolution === 'main') this.#overlay.push(...this.#entries.endOf(map));
      else this.#keepEnded(map);
      return;
    }
    const entries: EntryChange[] = [];
    const notes = new Map<string, KeyNote>();
    for (const { key, base, main: theirs, version, after } of keys.values()) {
      if (sameValue(theirs, base) && sameValue(after, version)) continue;
      if (!sameValue(after, version)) {
        entries.push({ key, base: encoded(version), value: encoded(after) });
      }
      notes.set(key, { live: sameValue(after, theirs), main: encoded(theirs) });
    }
    if (notes.size === 0) return;
    this.#maps.push({ map, className: classNameOf(main), entries });
    this.#keyNotes.set(map, notes);
  }

  /** A map that main ended, and that stays here, is known to have ended from now on. */
  #keepEnded(map: Oid): void {
    const { reader, version } = this.#source;
    const held = this.#entries.patches.get(map);
    const endedAt = reader.revision(map)?.tid ?? TID_ZERO;
    if (held === undefined || held.basedOn >= endedAt) return;
    const { tid: baseTid, record } = held;
    const basedOn = reader.lastTid;
    this.#overlay.push({ version, oid: map, baseTid, record, live: false, basedOn });
  }

  /** A map that began in the version, and goes on, loses entries. */
  addDeletions(map: Oid, entries: readonly EntryChange[]): void {
    const held = this.#entries.objects.get(map)?.record;
    const isEnded = this.#overlay.some(({ oid }) => oid === map);
    if (held === undefined || isEnded) return;
    this.#maps.push({ map, className: classNameOf(held), entries });
  }

  /** A list that main changed becomes main's, with the version's changes made to it. */
  addList({ list, className, edits }: PlannedList): void {
    const held = this.#entries.lists.get(list);
    if (held === undefined) return;
    if (!this.#isListChanged(list, held)) return;
    const { reader, version, allocate } = this.#source;
    const tree = new PresentList(list, { view: listSides(reader, list, held).main, allocate });
    tree.edit(edits);
    const records = new Map<Oid, Uint8Array | undefined>(tree.records(className));
    const root = reader.revision(list)?.record;
    if (records.size > 0 && !records.has(list)) records.set(list, root);
    for (const [oid, record] of records) {
      const baseTid = reader.overlay(version, oid)?.tid ?? TID_ZERO;
      const basedOn = reader.revision(oid) === undefined ? TID_ZERO : reader.lastTid;
      this.#overlay.push({ version, oid, baseTid, record, live: false, basedOn });
    }
    for (const [oid, revision] of held) {
      if (!records.has(oid)) this.#overlay.push(this.#entries.endWrite(oid, revision));
    }
    this.#lists.push({ list, className, edits });
  }

  /** What is derived stays as the version has it: nothing in it is in conflict. */
  addDerived(oid: Oid): void {
    const { reader } = this.#source;
    const current = reader.revision(oid);
    const held = this.#entries.objects.get(oid);
    if (held !== undefined && current !== undefined && current.tid !== held.basedOn) {
      this.#write(oid, held, held.record, current.tid);
    }
  }

  /** Writes an entry as it is to be, without an object. */
  #write(oid: Oid, held: OverlayRevision, after: Uint8Array | undefined, mainTid: Tid): void {
    const { reader, version } = this.#source;
    if (isSame(after, reader.revision(oid)?.record)) {
      this.#overlay.push(this.#entries.endWrite(oid, held));
      return;
    }
    const { tid: baseTid } = held;
    this.#overlay.push({ version, oid, baseTid, record: after, live: false, basedOn: mainTid });
  }

  #isListChanged(list: Oid, held: ReadonlyMap<Oid, OverlayRevision>): boolean {
    const { reader } = this.#source;
    const moment = held.get(list)?.basedOn ?? TID_ZERO;
    if (moment === TID_ZERO) return true;
    for (const { oid, revision } of listNodesAt(lookIn(reader), list, moment)) {
      if (reader.revision(oid)?.tid !== revision?.tid) return true;
    }
    return false;
  }
}

function lookIn(reader: Reader): Parameters<typeof listNodesAt>[0] {
  return (oid, at) => reader.revision(oid, at);
}

function encoded(value: unknown): Uint8Array | undefined {
  return value === undefined ? undefined : encodeValue(value);
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameBytes(a, b);
}
