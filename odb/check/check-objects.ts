/**
 * Checking what is reached from the root: that every reference leads to an object, that maps are
 * trees, that objects are where they say, and that the blobs they name are there.
 *
 * The walk goes down before it goes on, so memory holds the way to the present object, one bit for
 * each object that was reached, and an oid for each that was too deep to be walked at once.
 */
import { treeEntries, treeGet } from '../trees/btree.js';
import { declaredBlobs } from '../objects/blob-names.js';
import { checkBlob } from './check-blobs.js';
import { attempt, decoded, type CheckContext } from './check-context.js';
import type { Repair } from './check-finding.js';
import { checkListNode } from './check-list.js';
import { checkMap } from './check-map.js';
import { placeOf, type StoredPlace } from '../commit/stored-path.js';
import { OID_ROOT, type Oid } from '../oid.js';
import { OidMarks } from '../pack/oid-marks.js';
import { PresentTree } from '../trees/present-tree.js';
import type { DecodedRecord } from '../records/record.js';
import type { LoadedRecord } from '../stored.js';
import { isPlainObject, Ref } from '../value.js';

/** Deeper than this, objects are put off until the walk has come back up. */
const DEPTH_MAX = 2_000;
/** Entries of a map that are looked at to see whether it holds the contents of its owner. */
const SAMPLE_ENTRIES = 10;

/** A reference, and how it was come to. */
interface Reference {
  readonly oid: Oid;
  /** `.field`, `/key`, or nothing. */
  readonly step: string;
  /** The key, where it is the value of a map's entry. */
  readonly key?: string;
}

/** An object on the way down, with the references in it that are still to be followed. */
interface Frame {
  readonly reference: Reference;
  readonly parent: Frame | undefined;
  readonly isMap: boolean;
  references: Iterator<Reference>;
}

/** Walks from the root, and answers what was reached. */
export async function checkObjects(context: CheckContext): Promise<OidMarks> {
  const walk = new Walk(context);
  await walk.run();
  return walk.reached;
}

class Walk {
  readonly reached = new OidMarks();
  readonly #context: CheckContext;
  readonly #later: Oid[] = [];

  constructor(context: CheckContext) {
    this.#context = context;
  }

  async run(): Promise<void> {
    const { findings, counts } = this.#context;
    const root = this.#load(OID_ROOT);
    if (root === undefined && this.#isMissing(OID_ROOT)) {
      const what = 'The root does not exist, so nothing can be reached';
      const repair: Repair = { kind: 'bring-back', oid: OID_ROOT };
      findings.add({ code: 'root', oid: OID_ROOT, path: '', what, repair });
      return;
    }
    if (root !== undefined && !this.#context.transactions.isMap(OID_ROOT, root.tid)) {
      findings.add({ code: 'root', oid: OID_ROOT, path: '', what: 'The root is no map' });
    }
    this.reached.add(OID_ROOT);
    counts.reached += 1;
    await this.#from({ oid: OID_ROOT, step: '' });
    for (let oid = this.#later.pop(); oid !== undefined; oid = this.#later.pop()) {
      await this.#from({ oid, step: '…' });
    }
  }

  async #from(start: Reference): Promise<void> {
    let depth = 1;
    let at: Frame | undefined = await this.#enter(start, undefined);
    while (at !== undefined) {
      const next: IteratorResult<Reference> = at.references.next();
      if (next.done === true) {
        at = at.parent;
        depth -= 1;
        continue;
      }
      const reference = next.value;
      await this.#context.pause('objects');
      if (this.reached.has(reference.oid)) continue;
      if (this.#isMissing(reference.oid)) {
        this.#dangling(reference, at);
        continue;
      }
      this.reached.add(reference.oid);
      this.#context.counts.reached += 1;
      if (depth >= DEPTH_MAX) this.#later.push(reference.oid);
      else {
        const entered = await this.#enter(reference, at);
        if (entered === undefined) continue;
        at = entered;
        depth += 1;
      }
    }
  }

  /** Looks at an object, and gives the references in it. */
  async #enter(reference: Reference, parent: Frame | undefined): Promise<Frame | undefined> {
    const { oid } = reference;
    const loaded = this.#load(oid);
    const object = loaded === undefined ? undefined : decoded(loaded.record);
    if (loaded === undefined || object === undefined) {
      this.#unreadable(reference, parent, loaded);
      return undefined;
    }
    const isMap = this.#context.transactions.isMap(oid, loaded.tid) && isTree(object.state);
    const frame: Frame = { reference, parent, isMap, references: [].values() };
    await this.#checkObject(frame, object, loaded);
    frame.references = isMap ? this.#inMap(frame, object) : referencesOf(object.state).values();
    return frame;
  }

  async #checkObject(frame: Frame, object: DecodedRecord, { tid }: LoadedRecord): Promise<void> {
    const { oid } = frame.reference;
    for (const sha256 of declaredBlobs(object.className, object.state)) {
      await checkBlob(this.#context, sha256, { oid, tid, path: () => pathOf(frame) });
    }
    checkListNode(this.#context, oid, object, () => pathOf(frame));
    const place = placeOf(object, this.#context.rules);
    if (place === undefined) return;
    const held = this.#holds(place, oid);
    if (held === true) return;
    const repair = this.#betterPlace(frame, place);
    if (held === undefined && repair === undefined) return;
    const what = `It says that it is '${place.id}' in object ${place.container}, which does not have it there`;
    this.#context.findings.add({
      code: 'place',
      oid,
      path: pathOf(frame),
      what,
      ...(repair === undefined ? {} : { repair }),
    });
  }

  *#inMap(frame: Frame, { state }: DecodedRecord): Generator<Reference> {
    const { oid } = frame.reference;
    this.#context.counts.maps += 1;
    const { keys: _keys, values: _values, children: _children, ...others } = state;
    yield* referencesOf(others);
    for (const { key, value } of checkMap(this.#context, oid, this.reached, () => pathOf(frame))) {
      if (value instanceof Ref) yield { oid: value.oid, step: `/${key}`, key };
      else for (const inside of referencesIn(value)) yield { oid: inside, step: `/${key}` };
    }
  }

  #dangling({ oid, step, key }: Reference, at: Frame): void {
    const map = at.reference.oid;
    this.#context.findings.add({
      code: 'dangling',
      oid,
      path: pathOf(at),
      what: `Object ${map} refers to object ${oid} at '${step}', which does not exist`,
      repair:
        at.isMap && key !== undefined
          ? { kind: 'bring-back', oid, entry: { map, key } }
          : { kind: 'bring-back', oid },
    });
  }

  #unreadable(
    reference: Reference,
    parent: Frame | undefined,
    loaded: LoadedRecord | undefined,
  ): void {
    const { oid } = reference;
    this.#context.unreadable.add(oid);
    const path = pathOf({ reference, parent });
    if (loaded === undefined) {
      this.#context.findings.add({ code: 'record', oid, path, what: 'It cannot be read' });
      return;
    }
    const repair: Repair = { kind: 'bring-back', oid };
    const what = 'The record cannot be decoded';
    this.#context.findings.add({ code: 'record', oid, tid: loaded.tid, path, what, repair });
  }

  /** Tells whether there is nothing; what is there and cannot be read is not missing. */
  #isMissing(oid: Oid): boolean {
    return attempt(() => this.#context.scan.reader.load(oid) === undefined) ?? false;
  }

  /** Tells whether a container has an object where that says; `undefined` when it has no maps. */
  #holds({ container, id }: StoredPlace, oid: Oid): boolean | undefined {
    const maps = this.#mapsOf(container);
    if (maps?.length === 0) return undefined;
    return maps?.some((map) => this.#entry(map, id) === oid) ?? false;
  }

  /** The maps an object may hold others in: itself, or those its fields refer to. */
  #mapsOf(oid: Oid): readonly Oid[] | undefined {
    const loaded = this.#load(oid);
    const object = loaded === undefined ? undefined : decoded(loaded.record);
    if (loaded === undefined || object === undefined) return undefined;
    if (this.#isTreeAt(oid)) return [oid];
    return Object.values(object.state).flatMap((value) =>
      value instanceof Ref && this.#isTreeAt(value.oid) ? [value.oid] : [],
    );
  }

  #isTreeAt(oid: Oid): boolean {
    const loaded = this.#load(oid);
    if (loaded === undefined || !this.#context.transactions.isMap(oid, loaded.tid)) return false;
    const object = decoded(loaded.record);
    return object !== undefined && isTree(object.state);
  }

  #entry(map: Oid, key: string): Oid | undefined {
    const value = attempt(() => treeGet(this.#tree(map), map, key));
    return value instanceof Ref ? value.oid : undefined;
  }

  /**
   * Where an object was found, when that is certain: as an entry of a map that holds the contents
   * of its owner, as other entries of it say.
   */
  #betterPlace({ reference, parent }: Frame, place: StoredPlace): Repair | undefined {
    const owner = parent?.parent?.reference.oid;
    const { oid, key } = reference;
    if (owner === undefined || key === undefined || parent?.isMap !== true) return undefined;
    // What is there already cannot be found there by its key: the map is what is damaged.
    if (place.container === owner && place.id === key) return undefined;
    if (place.container !== owner && !this.#holdsContents(parent.reference.oid, owner, oid)) {
      return undefined;
    }
    return { kind: 'place', oid, container: owner, id: key };
  }

  #holdsContents(map: Oid, owner: Oid, except: Oid): boolean {
    const tree = this.#tree(map);
    const sample = attempt(() => [...treeEntries(tree, map, { limit: SAMPLE_ENTRIES })]) ?? [];
    return sample.some(([key, value]) => {
      if (!(value instanceof Ref) || value.oid === except) return false;
      const loaded = this.#load(value.oid);
      const object = loaded === undefined ? undefined : decoded(loaded.record);
      const place = object === undefined ? undefined : placeOf(object, this.#context.rules);
      return place?.container === owner && place.id === key;
    });
  }

  /** The tree of a map, to be read. */
  #tree(map: Oid): PresentTree {
    return new PresentTree(map, {
      load: (oid) => this.#context.scan.reader.load(oid)?.record,
      allocate: () => OID_ROOT,
    });
  }

  #load(oid: Oid): LoadedRecord | undefined {
    return attempt(() => this.#context.scan.reader.load(oid));
  }
}

/** Tells the state of a map's root from that of other trees. */
function isTree({ keys, children, values }: DecodedRecord['state']): boolean {
  return (
    Array.isArray(keys) || (keys === undefined && children === undefined && values === undefined)
  );
}

function referencesOf(state: DecodedRecord['state']): Reference[] {
  return Object.entries(state).flatMap(([field, value]) =>
    referencesIn(value).map((oid) => ({ oid, step: `.${field}` })),
  );
}

function referencesIn(value: unknown): Oid[] {
  if (value instanceof Ref) return [value.oid];
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  return isPlainObject(value) ? Object.values(value).flatMap(referencesIn) : [];
}

function pathOf(frame: Pick<Frame, 'reference' | 'parent'>): string {
  const steps: string[] = [];
  for (
    let at: Pick<Frame, 'reference' | 'parent'> | undefined = frame;
    at !== undefined;
    at = at.parent
  ) {
    steps.unshift(at.reference.step);
  }
  return steps.join('') || '/';
}
