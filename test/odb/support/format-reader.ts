/**
 * A reader of databases written from the help page on their format and nothing else: LevelDB and
 * CBOR by libraries, and no import from `odb`. What it cannot read, the page does not tell.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ClassicLevel } from 'classic-level';
import { Bytes, cbor, type Reference } from './format-bytes.js';

export interface ReadRevision {
  readonly tid: number;
  readonly number: number;
  readonly previousTid: number;
  readonly className?: string;
  readonly state?: Record<string, unknown>;
}

export interface ReadEntry extends ReadRevision {
  /** Main shows through. */
  readonly live: boolean;
  readonly basedOn: number;
}

export interface ReadTransaction {
  readonly tid: number;
  readonly previousTid: number;
  readonly version: number;
  readonly overlays: readonly { readonly version: number; readonly oids: readonly number[] }[];
  readonly oids: readonly number[];
  readonly created: readonly number[];
  readonly removed: readonly number[];
  readonly maps: readonly { readonly map: number; readonly nodes: readonly number[] }[];
  readonly says: Record<string, unknown>;
}

type Level = ClassicLevel<Uint8Array, Uint8Array>;
function fixed(number: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(number));
  return bytes;
}

function key(kind: string, ...numbers: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from(kind), ...numbers.map(fixed)]);
}

function revisionIn(bytes: Bytes): ReadRevision {
  const exists = bytes.byte() === 1;
  const tid = bytes.fixed();
  const number = bytes.short();
  const previousTid = number > 1 ? tid - bytes.short() : 0;
  if (number > 1) bytes.short();
  const revision = { tid, number, previousTid };
  if (!exists) return revision;
  const [className, state] = cbor(bytes.rest()) as [string, Record<string, unknown>];
  return { ...revision, className, state };
}

function entryIn(bytes: Bytes): ReadEntry {
  const base = bytes.short();
  const revision = revisionIn(bytes);
  return { ...revision, live: base === 1, basedOn: base > 1 ? revision.tid - (base - 1) : 0 };
}

function transactionIn(tid: number, bytes: Bytes): ReadTransaction {
  let newer = bytes.short();
  let version = 0;
  let overlays: { version: number; oids: number[] }[] = [];
  if (newer === 0) {
    version = bytes.short();
    overlays = bytes.many(() => ({ version: bytes.short(), oids: bytes.oids() }));
    newer = bytes.short();
  }
  return {
    tid,
    previousTid: tid - newer,
    version,
    overlays,
    oids: bytes.oids(),
    created: bytes.oids(),
    removed: bytes.oids(),
    maps: bytes.many(() => ({ map: bytes.short(), nodes: bytes.many(() => bytes.short()) })),
    says: cbor(bytes.rest()) as Record<string, unknown>,
  };
}

/** A database that nobody has open. */
export class FormatReader implements AsyncDisposable {
  readonly #level: Level;
  readonly #directory: string;

  static async open(directory: string): Promise<FormatReader> {
    const options = { keyEncoding: 'view', valueEncoding: 'view', createIfMissing: false } as const;
    const level: Level = new ClassicLevel(path.join(directory, 'objects'), options);
    await level.open();
    return new FormatReader(level, directory);
  }

  private constructor(level: Level, directory: string) {
    this.#level = level;
    this.#directory = directory;
  }

  /** One of the database's own numbers. */
  async number(name: string): Promise<number | undefined> {
    const value = await this.#level.get(Buffer.from(`s${name}`));
    return value === undefined ? undefined : new Bytes(value).fixed();
  }

  /** Oids of all objects that exist. */
  async oids(): Promise<number[]> {
    const found: number[] = [];
    for await (const [name, value] of this.#level.iterator({ gte: key('o'), lt: key('p') })) {
      if (value[0] === 1) found.push(new Bytes(name.subarray(1)).fixed());
    }
    return found;
  }

  async current(oid: number): Promise<ReadRevision | undefined> {
    const value = await this.#level.get(key('o', oid));
    return value === undefined ? undefined : revisionIn(new Bytes(value));
  }

  /** All revisions of an object, newest first. */
  async revisions(oid: number): Promise<ReadRevision[]> {
    const found: ReadRevision[] = [];
    let next = await this.current(oid);
    while (next !== undefined) {
      found.push(next);
      const value = await this.#level.get(key('r', oid, next.previousTid));
      next = value === undefined ? undefined : revisionIn(new Bytes(value));
    }
    return found;
  }

  /** The revision as of a moment, by the last key not after it; the oldest one for any before. */
  async revisionAt(oid: number, moment: number): Promise<ReadRevision | undefined> {
    const current = await this.current(oid);
    if (current === undefined || current.tid <= moment) return current;
    const older = { gte: key('r', oid), lte: key('r', oid, moment) };
    for await (const value of this.#level.values({ ...older, reverse: true, limit: 1 })) {
      return revisionIn(new Bytes(value));
    }
    const oldest = (await this.revisions(oid)).at(-1);
    return oldest?.number === 1 ? undefined : oldest;
  }

  /** All transactions, oldest first. */
  async transactions(): Promise<ReadTransaction[]> {
    const found: ReadTransaction[] = [];
    for await (const [name, value] of this.#level.iterator({ gte: key('t'), lt: key('u') })) {
      found.push(transactionIn(new Bytes(name.subarray(1)).fixed(), new Bytes(value)));
    }
    return found;
  }

  async metadata(): Promise<Record<string, unknown>> {
    const found: Record<string, unknown> = {};
    for await (const [name, value] of this.#level.iterator({ gte: key('m'), lt: key('n') })) {
      found[Buffer.from(name.subarray(1)).toString('utf8')] = cbor(value);
    }
    return found;
  }

  /** The entries of a map, in order, as of a moment. */
  async mapEntries(oid: number, moment: number): Promise<[key: string, value: unknown][]> {
    const { keys, values, children } = await this.#stateAt(oid, moment);
    if (Array.isArray(children)) {
      const below: [string, unknown][] = [];
      for (const child of children as Reference[]) {
        below.push(...(await this.mapEntries(child.oid, moment)));
      }
      return below;
    }
    return ((keys ?? []) as string[]).map((name, at) => [name, (values as unknown[])[at]]);
  }

  /** The elements of a set, in order, as of a moment. */
  async setElements(oid: number, moment: number): Promise<(string | number)[]> {
    return (await this.mapEntries(oid, moment)).map(([name]) => elementOf(name));
  }

  /** The items of a list as of a moment. */
  async listItems(oid: number, moment: number): Promise<unknown[]> {
    const { items, children, counts } = await this.#stateAt(oid, moment);
    if (!Array.isArray(children)) return (items ?? []) as unknown[];
    const all: unknown[] = [];
    for (const [at, child] of (children as Reference[]).entries()) {
      const below = await this.listItems(child.oid, moment);
      if (below.length !== (counts as number[])[at]) throw new Error('The list counts wrong');
      all.push(...below);
    }
    return all;
  }

  /** The current entries of a version, by oid. */
  async entries(version: number): Promise<Map<number, ReadEntry>> {
    const found = new Map<number, ReadEntry>();
    const range = { gte: key('v', version), lt: key('v', version + 1) };
    for await (const [name, value] of this.#level.iterator(range)) {
      found.set(new Bytes(name.subarray(9)).fixed(), entryIn(new Bytes(value)));
    }
    return found;
  }

  /** How many entries each version has. */
  async versions(): Promise<Map<number, number>> {
    const found = new Map<number, number>();
    for await (const [name, value] of this.#level.iterator({ gte: key('c'), lt: key('d') })) {
      found.set(new Bytes(name.subarray(1)).fixed(), new Bytes(value).fixed());
    }
    return found;
  }

  /** The entries of a map as a version shows it: main's of now, with the version's patch on top. */
  async mapEntriesIn(version: number, oid: number): Promise<Map<string, unknown>> {
    const entries = await this.entries(version);
    const shown = new Map(await this.mapEntries(oid, Number.MAX_SAFE_INTEGER));
    for (const [name, patch] of patchIn(entries, oid)) {
      if ('value' in patch) shown.set(name, patch.value);
      else shown.delete(name);
    }
    return shown;
  }

  /** The items of a list as a version shows it. */
  async listItemsIn(version: number, oid: number): Promise<unknown[]> {
    const entries = await this.entries(version);
    const moment = entries.get(oid)?.basedOn ?? Number.MAX_SAFE_INTEGER;
    const itemsOf = async (node: number): Promise<unknown[]> => {
      const own = entries.get(node);
      const shown =
        own === undefined || own.live
          ? await this.revisionAt(node, moment === 0 ? Number.MAX_SAFE_INTEGER : moment)
          : own;
      const { items = [], children } = shown?.state ?? {};
      if (!Array.isArray(children)) return items as unknown[];
      const all: unknown[] = [];
      for (const child of children as Reference[]) all.push(...(await itemsOf(child.oid)));
      return all;
    };
    return itemsOf(oid);
  }

  blob(sha256: string): Promise<Buffer> {
    return readFile(path.join(this.#directory, 'blobs', sha256.slice(0, 2), sha256));
  }

  async #stateAt(oid: number, moment: number): Promise<Record<string, unknown>> {
    const state = (await this.revisionAt(oid, moment))?.state;
    if (state === undefined) throw new Error(`Object ${oid} does not exist at ${moment}`);
    return state;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#level.close();
  }
}

interface Patch {
  readonly base?: unknown;
  readonly value?: unknown;
}

/** What a version changed of a map, in the order of the keys. */
function patchIn(entries: ReadonlyMap<number, ReadEntry>, oid: number): [string, Patch][] {
  const node = entries.get(oid);
  if (node === undefined || node.live) return [];
  const { keys = [], values = [], children } = node.state ?? {};
  if (Array.isArray(children)) {
    return (children as Reference[]).flatMap((child) => patchIn(entries, child.oid));
  }
  return (keys as string[]).map((name, at) => [name, (values as Patch[])[at] ?? {}]);
}

/** The element that a key of a set stands for. */
function elementOf(name: string): string | number {
  if (name.startsWith('s')) return name.slice(1);
  const bytes = Buffer.from(name.slice(1).padEnd(16, '0'), 'hex');
  // The first bit of a number from 0 up was turned; of one below 0, all bits.
  if ((bytes[0] ?? 0) >= 128) bytes[0] = (bytes[0] ?? 0) - 128;
  else for (let at = 0; at < 8; at += 1) bytes[at] = 255 - (bytes[at] ?? 0);
  return bytes.readDoubleBE();
}
