/**
 * Deciding a commit into a version: what becomes of the entries of its overlay.
 *
 * A version never waits for main: an entry remembers what main had when it was made, and what main
 * did since is merged at check-in. Two commits into one version are merged like two into main.
 */
import { EMPTY_LEAF } from '../trees/btree.js';
import { CommitDraft, tidOf } from './commit-draft.js';
import type { CommitChanges, DecideOptions, Present } from './decision.js';
import { isListPart } from '../trees/list-nodes.js';
import { lastRevision } from './last-revision.js';
import { encodeNode, PATCH_CLASS, PATCH_NODE_CLASS, SET_CLASS } from '../trees/node-record.js';
import type { Oid } from '../oid.js';
import { hasBase } from './overlay-bases.js';
import { PatchChange } from './patch-change.js';
import { placeIn } from './place.js';
import { isPatch } from '../trees/patch-record.js';
import { PresentTree } from '../trees/present-tree.js';
import { classNameOf, referencesIn } from '../records/record.js';
import type { OverlayRevision, StoredRevision } from '../stored.js';
import type { MapPatch, ObjectWrite, OverlayWrite } from '../writes.js';
import { TID_ZERO, type Tid } from '../tid.js';
import { isPlainObject, Ref, sameBytes } from '../value.js';
import { VersionPresent } from './version-present.js';

/** A patch nothing was put into yet. */
const EMPTY_PATCH = encodeNode(EMPTY_LEAF, { className: PATCH_CLASS });

/** What an entry is to be. */
interface Held {
  readonly record: Uint8Array | undefined;
  readonly basedOn: Tid;
}

export class VersionDraft extends CommitDraft {
  readonly #version: Oid;
  readonly #own: VersionPresent;
  /** The moment of main that the list in hand rests on. */
  #moment: Tid;
  /** What the request takes out of its container. */
  readonly #removed: ReadonlySet<Oid>;

  constructor(
    request: CommitChanges & { readonly version: Oid },
    present: Present,
    options: DecideOptions,
  ) {
    super(request, present, options);
    this.#version = request.version;
    this.#own = new VersionPresent(present, request.version);
    this.#moment = request.baseTid;
    this.#removed = new Set(request.removed);
    for (const write of request.writes) {
      if (write.live === true) this.writes.set(write.oid, { ...write, record: undefined });
    }
  }

  protected override shown(oid: Oid, at?: Tid): StoredRevision | undefined {
    return this.#own.revision(oid, at);
  }

  protected override decideObject(write: ObjectWrite): void {
    const { oid, baseTid, record } = write;
    const held = this.#own.held(oid);
    const list = this.listOf(write);
    if (write.live === true) this.#end(write, held);
    else if (list !== undefined) this.lists.add(list);
    else if (held?.tid === baseTid) {
      this.#keep(oid, { record, basedOn: this.#basedOn(write, held.basedOn) });
    } else if (held !== undefined) this.#mergeInto(write, held);
    else this.#begin(write);
  }

  /** Ends an entry: main shows through. */
  #end(write: ObjectWrite, held: OverlayRevision | undefined): void {
    this.merged.add(write.oid);
    if (held === undefined) return;
    if (held.tid === write.baseTid) this.#show(write.oid);
    else this.refuse(write, 'changed');
  }

  #mergeInto(write: ObjectWrite, held: OverlayRevision): void {
    const { oid, baseTid } = write;
    const seen = this.#seen(oid);
    const base = seen?.tid === baseTid ? seen : this.present.revision(oid, baseTid);
    const record = this.mergeWith(write, held.record, base);
    if (record === undefined) return;
    this.merged.add(oid);
    this.#keep(oid, { record, basedOn: this.#basedOn(write, held.basedOn) });
  }

  /**
   * What a version takes out of its container rests on the moment it saw, and not only on a revision:
   * with it goes what was below it then. Where main has written the object itself since, that
   * revision is still to be merged.
   */
  #basedOn({ oid, record, basedOn }: ObjectWrite, from: Tid): Tid {
    if (basedOn !== undefined) return basedOn;
    const { baseTid } = this.request;
    const isGone = record === undefined || this.#removed.has(oid);
    if (!isGone || from === TID_ZERO || from >= baseTid) return from;
    return tidOf(this.present.revision(oid, baseTid)) <= from ? baseTid : from;
  }

  /** Makes an entry where main showed through. */
  #begin(write: ObjectWrite): void {
    const { oid, baseTid, record } = write;
    const main = this.present.revision(oid);
    if (baseTid === TID_ZERO) {
      if (main === undefined) this.#keep(oid, { record, basedOn: TID_ZERO });
      else this.refuse(write, 'created');
      return;
    }
    const seen = this.#seen(oid);
    if (seen?.tid === baseTid) {
      // It went meanwhile: what main has now is what others made of it.
      const merged = this.mergeWith(write, main?.record, seen);
      if (merged === undefined) return;
      this.merged.add(oid);
      this.#keep(oid, { record: merged, basedOn: tidOf(main) });
      return;
    }
    const from = this.#own.baseInMain(write);
    const basedOn = this.#basedOn(write, from);
    const isFromMain = tidOf(this.present.revision(oid, from)) === from;
    if (isFromMain && hasBase(this.present, { oid, record, basedOn }))
      this.#keep(oid, { record, basedOn });
    else this.refuse(write, 'changed');
  }

  protected override listNode(list: Oid, oid: Oid, at?: Tid): StoredRevision | undefined {
    return this.#own.listNode(list, oid, at);
  }

  protected override decideList(list: Oid, requested: readonly ObjectWrite[]): void {
    const root = this.#own.held(list);
    const writes =
      root === undefined
        ? requested.map((write) => ({ ...write, baseTid: this.#own.baseInMain(write) }))
        : requested;
    this.#moment = root?.basedOn ?? this.request.baseTid;
    const shown = (oid: Oid): StoredRevision | undefined =>
      root === undefined
        ? (this.#own.held(oid) ?? this.present.revision(oid, this.#moment))
        : this.listNode(list, oid);
    if (writes.every(({ oid, baseTid }) => tidOf(shown(oid)) === baseTid)) {
      for (const { oid, record, basedOn } of writes) {
        this.#keep(oid, { record, basedOn: basedOn ?? this.#restsOn(oid) });
      }
    } else {
      // Where the version holds nothing any more, it is merged with what main has now.
      if (root === undefined) this.#moment = this.present.lastTid;
      super.decideList(list, writes);
    }
    if (root !== undefined) return;
    const main = this.present.revision(list, this.#moment);
    if (main?.record === undefined) return;
    const entry = { oid: list, record: main.record, basedOn: this.#moment };
    if (!hasBase(this.present, entry)) this.refuse({ oid: list, baseTid: this.#moment }, 'changed');
    // The root always has an entry, which tells what the list rests on.
    else if (!this.changes.has(list)) this.#keep(list, entry);
    this.merged.add(list);
  }

  protected override decideMap(patch: MapPatch): void {
    const { map } = patch;
    if (this.#isCopied(patch)) {
      if (patch.nodes.length > 0) this.maps.push({ map, nodes: patch.nodes });
      return;
    }
    const held = this.#own.held(map);
    const main = this.present.revision(map);
    const isPatched = held === undefined ? main?.record !== undefined : isPatch(held.record);
    const isWhole = held?.record === undefined ? main?.record === undefined : !isPatched;
    if (isWhole && patch.nodes.some((oid) => this.writes.get(oid)?.live === true)) {
      this.#endNodes(patch);
      return;
    }
    if (isWhole) {
      // What ended in main, or with an entry, may begin here anew.
      this.#moment = this.request.baseTid;
      if (held === undefined) this.#baseOnMain(patch.nodes);
      super.decideMap(patch);
      return;
    }
    for (const oid of [map, ...patch.nodes]) this.merged.add(oid);
    const write = this.writes.get(map);
    if (write?.live === true) this.#endMap(write, undefined);
    else if (write !== undefined && write.record === undefined) {
      this.#endMap(write, { record: undefined, basedOn: this.#mainTid(map) });
    } else {
      const shape = lastRevision(this.#look, map)?.record;
      if (isPatched && shape !== undefined) this.#decidePatch(patch, shape);
      else this.refuse(write ?? { oid: map, baseTid: this.request.baseTid }, 'removed');
    }
  }

  #baseOnMain(nodes: readonly Oid[]): void {
    for (const oid of nodes) {
      const write = this.writes.get(oid);
      if (write !== undefined)
        this.writes.set(oid, { ...write, baseTid: this.#own.baseInMain(write) });
    }
  }

  /** Main has come to have the same map: what the version has of it ends, node by node. */
  #endNodes({ map, nodes }: MapPatch): void {
    for (const oid of nodes) {
      const write = this.writes.get(oid);
      if (write === undefined) continue;
      if (oid !== map) this.nodes.add(oid);
      this.decideObject(write);
    }
    this.maps.push({ map, nodes });
  }

  /** A copy tells which entries are nodes of which map, and has the entries as they are. */
  #isCopied({ nodes, entries }: MapPatch): boolean {
    return entries.length === 0 && nodes.every((oid) => !this.writes.has(oid));
  }

  /** Puts an end to a map, or to what the version changed of it. */
  #endMap(write: ObjectWrite, held: Held | undefined): void {
    const map = write.oid;
    const nodes = this.#own.patchNodes(map);
    const { baseTid } = this.request;
    if ([map, ...nodes].some((oid) => tidOf(this.#own.held(oid)) > baseTid)) {
      this.refuse(write, held === undefined ? 'changed' : 'removed');
      return;
    }
    for (const oid of nodes) {
      if (oid === map) continue;
      this.nodes.add(oid);
      this.#show(oid);
    }
    if (held !== undefined) this.#keep(map, held);
    else if (this.#own.held(map) !== undefined) this.#show(map);
    this.maps.push({ map, nodes: [map, ...nodes.filter((oid) => oid !== map)] });
  }

  #decidePatch(patch: MapPatch, mainRoot: Uint8Array): void {
    const { map } = patch;
    const { baseTid } = this.request;
    const change = new PatchChange({
      map,
      tree: this.#patch(map),
      now: this.#mainTree(map),
      seen: baseTid < this.present.packedTid ? undefined : this.#mainTree(map, baseTid),
      isSet: classNameOf(mainRoot) === SET_CLASS,
      isPlaced: (oid, key) => this.#isPlaced(oid, map, key),
      order: this.options.order,
    });
    const refused = patch.entries.filter((entry) => !change.apply(entry)).map(({ key }) => key);
    if (refused.length > 0) {
      this.refuse(this.writes.get(map) ?? { oid: map, baseTid }, 'changed', refused);
      return;
    }
    const written = change.records();
    for (const [oid, record] of written) {
      if (oid !== map) this.nodes.add(oid);
      this.merged.add(oid);
      if (record === undefined) this.#show(oid);
      else {
        const basedOn =
          oid === map ? (this.#own.held(map)?.basedOn ?? this.#mainTid(map)) : TID_ZERO;
        this.#keep(oid, { record, basedOn });
      }
    }
    if (written.size > 0) this.maps.push({ map, nodes: [...written.keys()] });
  }

  /** Tells whether an object says that it is in a map under a key, in a container of that map. */
  #isPlaced(oid: Oid, map: Oid, key: string): boolean {
    const record = this.#stateAfter(oid);
    const place = record && placeIn(record, this.options.classes.rules);
    if (!isPlainObject(place) || place.id !== key || !(place.container instanceof Ref))
      return false;
    const container = this.#stateAfter(place.container.oid);
    return container !== undefined && referencesIn(container).includes(map);
  }

  #stateAfter(oid: Oid): Uint8Array | undefined {
    const change = this.changes.get(oid);
    return change === undefined ? this.shown(oid)?.record : change.record;
  }

  #patch(map: Oid): PresentTree {
    return new PresentTree(map, {
      load: (oid) => this.#own.held(oid)?.record ?? (oid === map ? EMPTY_PATCH : undefined),
      allocate: this.options.allocate,
      nodeClass: PATCH_NODE_CLASS,
    });
  }

  /** Main's map; one that it ended is as it last was. */
  #mainTree(map: Oid, at?: Tid): PresentTree {
    return new PresentTree(map, {
      load: (oid) => lastRevision(this.#look, oid, at)?.record,
      allocate: this.options.allocate,
    });
  }

  readonly #look = (oid: Oid, at?: Tid): StoredRevision | undefined =>
    this.present.revision(oid, at);

  /** The revision of main that the request saw, or what is left of it. */
  #mainTid(oid: Oid): Tid {
    return tidOf(this.present.revision(oid, this.request.baseTid));
  }

  protected override decideOverlay(write: OverlayWrite): void {
    super.decideOverlay(write);
    if (write.version !== this.#version) return;
    const { oid, live, record } = write;
    const after = live || isPatch(record) ? this.present.revision(oid)?.record : record;
    this.changes.set(oid, { oid, record: after, previous: this.shown(oid) });
    const map = this.maps.find(({ nodes }) => nodes.includes(oid));
    if (map !== undefined && oid !== map.map) this.nodes.add(oid);
  }

  protected override put(oid: Oid, record: Uint8Array | undefined): void {
    this.#keep(oid, { record, basedOn: this.#restsOn(oid) });
  }

  /** What ended in main begins in the version like something new. */
  #restsOn(oid: Oid): Tid {
    const began = this.present.revision(oid, this.#moment)?.record === undefined;
    return this.#own.held(oid)?.basedOn ?? (began ? TID_ZERO : this.#moment);
  }

  /** Stores an entry; one that says what main says is none. */
  #keep(oid: Oid, { record, basedOn }: Held): void {
    const main = this.present.revision(oid);
    if (this.#isShown(main, { record, basedOn })) {
      this.merged.add(oid);
      this.#show(oid);
      return;
    }
    const previous = this.#own.entry(oid);
    const after = isPatch(record) ? main?.record : record;
    this.changes.set(oid, { oid, record: after, previous: this.shown(oid) });
    this.putOverlay({ version: this.#version, oid, record, live: false, basedOn, previous });
  }

  #isShown(main: StoredRevision | undefined, { record, basedOn }: Held): boolean {
    if (record === undefined || main?.record === undefined) return record === main?.record;
    if (!sameBytes(record, main.record)) return false;
    const className = classNameOf(record);
    // The nodes of a list belong together, as of one moment.
    if (isListPart(record)) return false;
    // Counters raised alike on both sides are raised twice.
    return basedOn === main.tid || !this.#counts(className);
  }

  #counts(className: string): boolean {
    const { rules } = this.options.classes;
    if (!Object.hasOwn(rules, className)) return false;
    return Object.values(rules[className] ?? {}).some((rule) => {
      return rule === 'counter' || (typeof rule === 'object' && rule.rule === 'counter');
    });
  }

  /** Ends an entry, if there is one. */
  #show(oid: Oid): void {
    const previous = this.#own.entry(oid);
    if (previous === undefined || previous.live) return;
    const { record } = this.present.revision(oid) ?? {};
    this.changes.set(oid, { oid, record, previous: this.shown(oid) });
    const none = { record: undefined, live: true, basedOn: TID_ZERO };
    this.putOverlay({ version: this.#version, oid, ...none, previous });
  }

  /** Gives what the version held of an object in the snapshot of the request. */
  #seen(oid: Oid): OverlayRevision | undefined {
    return this.#own.held(oid, this.request.baseTid);
  }
}
