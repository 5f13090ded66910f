/**
 * What a version holds, sorted by what it is: states of objects, patches of maps, changed lists.
 */
import { setImmediate } from 'node:timers/promises';
import { treeEntries, treeGet, treeNodes } from '../trees/btree.js';
import { listOf } from '../trees/list-nodes.js';
import type { Oid } from '../oid.js';
import { isPatch, patchValueOf } from '../trees/patch-record.js';
import type { Reader } from '../storage.js';
import type { OverlayRevision } from '../stored.js';
import { StoredTree } from '../trees/stored-tree.js';
import type { OverlayWrite, PatchValue } from '../writes.js';
import { TID_ZERO } from '../tid.js';
import type { VersionPlanOptions } from './version-plan.js';

/** After so many entries others get their turn. */
const ENTRIES_AT_ONCE = 100;

export class VersionEntries {
  readonly version: Oid;
  readonly reader: Reader;
  /** Objects, and the nodes of maps and lists that began in the version. */
  readonly objects = new Map<Oid, OverlayRevision>();
  readonly patches = new Map<Oid, OverlayRevision>();
  /** Lists that main has, with the nodes that the version changed, the root included. */
  readonly lists = new Map<Oid, Map<Oid, OverlayRevision>>();
  /** Nodes of all patches. */
  readonly #patchTree: StoredTree;

  constructor(reader: Reader, version: Oid) {
    this.reader = reader;
    this.version = version;
    this.#patchTree = new StoredTree((oid) => reader.overlay(version, oid)?.record);
  }

  /** Reads all entries. Memory: their records. */
  static async read(
    reader: Reader,
    version: Oid,
    options: Pick<VersionPlanOptions, 'signal'> = {},
  ): Promise<VersionEntries> {
    const entries = new VersionEntries(reader, version);
    const turn = new Turns(options);
    for await (const { oid, revision } of reader.overlayEntries(version)) {
      entries.#add(oid, revision);
      await turn.next();
    }
    return entries;
  }

  get size(): number {
    return this.objects.size + this.patches.size + this.lists.size;
  }

  /** Gives what the version holds of an object, whatever it is. */
  get(oid: Oid): OverlayRevision | undefined {
    return this.objects.get(oid) ?? this.patches.get(oid) ?? this.lists.get(oid)?.get(oid);
  }

  /** Walks what a patch holds, by key. */
  *patchOf(map: Oid): Generator<readonly [key: string, value: PatchValue]> {
    for (const [key, value] of treeEntries(this.#patchTree, map)) {
      yield [key, patchValueOf(value)];
    }
  }

  /** Gives what a patch holds of a key; `undefined`: nothing, main shows through. */
  patchValue(map: Oid, key: string): PatchValue | undefined {
    const held = treeGet(this.#patchTree, map, key);
    return held === undefined ? undefined : patchValueOf(held);
  }

  /** Gives what ends all entries of an object: main shows through. */
  endOf(oid: Oid): OverlayWrite[] {
    const revision = this.objects.get(oid);
    if (revision !== undefined) return [this.endWrite(oid, revision)];
    if (this.patches.has(oid)) {
      return [...treeNodes(this.#patchTree, oid)].flatMap(({ id }) => this.endOfNode(id));
    }
    return [...(this.lists.get(oid) ?? [])].map(([node, held]) => this.endWrite(node, held));
  }

  /** Gives what ends the entry of one node. */
  endOfNode(oid: Oid): OverlayWrite[] {
    const revision = this.reader.overlay(this.version, oid);
    return revision === undefined || revision.live ? [] : [this.endWrite(oid, revision)];
  }

  endWrite(oid: Oid, { tid }: OverlayRevision): OverlayWrite {
    const { version } = this;
    return { version, oid, baseTid: tid, record: undefined, live: true, basedOn: TID_ZERO };
  }

  /** What began in the version is its own also where main had it once, and took it back. */
  #isMains(list: Oid): boolean {
    const main = this.reader.revision(list);
    if (main === undefined || main.record !== undefined) return main !== undefined;
    return this.reader.overlay(this.version, list)?.basedOn !== TID_ZERO;
  }

  #add(oid: Oid, revision: OverlayRevision): void {
    const { record } = revision;
    const list = record === undefined ? undefined : listOf(oid, record);
    if (isPatch(record)) this.patches.set(oid, revision);
    else if (list === undefined || !this.#isMains(list)) {
      this.objects.set(oid, revision);
    } else {
      const nodes = this.lists.get(list) ?? new Map<Oid, OverlayRevision>();
      this.lists.set(list, nodes.set(oid, revision));
    }
  }
}

/** Lets others have their turn now and then, and ends when it is asked to. */
export class Turns {
  readonly #signal: AbortSignal | undefined;
  readonly #onProgress: ((done: number, total: number) => void) | undefined;
  readonly #total: number;
  #count = 0;
  #steps = 0;

  constructor({ signal, onProgress }: Omit<VersionPlanOptions, 'objects'>, total = 0) {
    this.#signal = signal;
    this.#onProgress = onProgress;
    this.#total = total;
  }

  /** Takes note that one more is done. @throws the signal's reason */
  async next(): Promise<void> {
    this.#count += 1;
    if (this.#count % ENTRIES_AT_ONCE !== 0) return;
    await this.#rest();
    this.#onProgress?.(this.#count, this.#total);
  }

  /** Takes note of a step that is no progress by itself. @throws the signal's reason */
  async step(): Promise<void> {
    this.#steps += 1;
    if (this.#steps % ENTRIES_AT_ONCE === 0) await this.#rest();
  }

  async #rest(): Promise<void> {
    await setImmediate();
    this.#signal?.throwIfAborted();
  }

  end(): void {
    this.#signal?.throwIfAborted();
    this.#onProgress?.(this.#total, this.#total);
  }
}
