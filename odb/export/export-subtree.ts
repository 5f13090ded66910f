/**
 * Exporting an object with all below it, as a stream of bytes for another database.
 *
 * Everything is read through the connection, so what is exported is what the connection shows: the
 * present, the past, with the connection's own changes. `export-format.ts` describes the bytes.
 */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { declaredBlobs, possibleBlobs } from '../objects/blob-names.js';
import type { Connection } from '../connection/connection.js';
import { OdbError } from '../errors.js';
import { DATA_BYTES_MAX, EXPORT_FORMAT, FrameWriter, type ExportHeader } from './export-format.js';
import { reach, type Reached } from './export-reach.js';
import { ExportedState } from './export-state.js';
import type { Oid } from '../oid.js';
import { Paths } from './outside-reference.js';
import type { Persistent } from '../objects/persistent.js';
import { isReference, withoutReferences, type Reference } from '../objects/plain-references.js';
import { encodeValue } from '../records/record.js';
import type { Blobs } from '../storage.js';
import { Ref, setOwn, type State } from '../value.js';

/** Steps between two turns of the event loop. */
const STEPS_AT_ONCE = 200;
/** About how many bytes are given at once. */
const CHUNK_BYTES = 64 * 1024;

/** How to export; see `exportSubtree`. */
export interface ExportOptions {
  /** Ends the export with its reason. */
  readonly signal?: AbortSignal;
  /** Called after each object with how many are written, and how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Exports an object: with all it contains, however deep; with what any of them refers to that is in
 * no container, like maps and parts; and with the blobs they name. What is in another container does
 * not go along: a reference to it is exported as its path. References to what does not exist are
 * left out, and so are volatile attributes. Objects of unknown classes go along as they are stored.
 *
 * Reads everything twice: once to find what goes along, once to write it. Memory: some 100 bytes
 * for each object, and the largest record; a blob is streamed, whatever its size. Other work of the
 * thread goes on meanwhile, but the connection's transaction has to stay the same until the end.
 *
 * @param connection one to the present or the past, in main or in a version
 * @param object the object, which belongs to the connection
 * @throws OdbError `ODB_TRANSACTION_ENDED` when the connection's transaction ends before the export
 * @throws OdbError `ODB_NO_OBJECT`, `ODB_NO_BLOB` for a blob that is named and not there,
 *   `ODB_DAMAGED`, `ODB_CLOSED`; the reason of an aborted `signal`
 */
export async function* exportSubtree(
  connection: Connection,
  object: Persistent,
  options: ExportOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { transaction } = connection;
  let steps = 0;
  const pause = async (): Promise<void> => {
    steps += 1;
    if (steps % STEPS_AT_ONCE === 0) await setImmediate();
    options.signal?.throwIfAborted();
    if (connection.transaction !== transaction) {
      throw new OdbError(
        'ODB_TRANSACTION_ENDED',
        'The transaction whose objects are exported has ended',
      );
    }
  };
  const reached = await reach(connection, object, pause);
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  for await (const bytes of new ExportRun(connection, object, reached, options).frames()) {
    waiting.push(bytes);
    waitingBytes += bytes.length;
    if (waitingBytes >= CHUNK_BYTES) {
      yield Buffer.concat(waiting);
      waiting = [];
      waitingBytes = 0;
    }
    await pause();
  }
  yield Buffer.concat(waiting);
}

class ExportRun {
  readonly #connection: Connection;
  readonly #object: Persistent;
  readonly #reached: Reached;
  readonly #options: ExportOptions;
  readonly #blobs: Blobs;
  readonly #frames = new FrameWriter();
  readonly #writtenBlobs = new Set<string>();

  constructor(
    connection: Connection,
    object: Persistent,
    reached: Reached,
    options: ExportOptions,
  ) {
    this.#connection = connection;
    this.#object = object;
    this.#reached = reached;
    this.#options = options;
    this.#blobs = connection.$blobs;
  }

  async *frames(): AsyncGenerator<Uint8Array> {
    yield this.#frames.begin();
    yield* this.#head();
    const { objects } = this.#reached;
    for (const [n, oid] of objects.entries()) {
      yield* this.#one(n + 1, this.#connection.get(oid));
      this.#options.onProgress?.(n + 1, objects.length);
    }
    yield this.#frames.end();
  }

  *#head(): Generator<Uint8Array> {
    const { objects, outside, numbers } = this.#reached;
    const paths = new Paths(this.#connection.root);
    const path = paths.pathOf(this.#object);
    const header: ExportHeader = {
      format: EXPORT_FORMAT,
      objects: objects.length,
      outside: outside.length,
      className: this.#object.$class.name,
      tid: this.#connection.tid,
      ...(path === undefined ? {} : { path }),
    };
    yield this.#frames.frame('H', encodeValue(header));
    for (const oid of outside) {
      const object = this.#connection.get(oid);
      const known = [numbers.get(oid), object.$class.name, paths.pathOf(object) ?? null];
      yield this.#frames.frame('O', encodeValue(known));
    }
  }

  async *#one(number: number, object: Persistent): AsyncGenerator<Uint8Array> {
    const exported = new ExportedState(object, { isTop: number === 1 });
    const { className } = exported;
    const state: State = {};
    for (const [field, value] of Object.entries(exported.state)) {
      setOwn(state, field, this.#kept(value));
    }
    const record = this.#encode([number, className, state]);
    const blobs = new Set([...declaredBlobs(className, state), ...this.#present(record)]);
    yield this.#frames.frame('R', record);
    for (const page of exported.entryPages()) {
      const entries = this.#encode(page.flatMap((entry) => this.#keptEntry(entry, exported.isMap)));
      for (const blob of this.#present(entries)) blobs.add(blob);
      yield this.#frames.frame('E', entries);
    }
    for (const blob of blobs) yield* this.#blob(blob);
  }

  /** Names of blobs that are there; a text that only looks like one is none. */
  #present(bytes: Uint8Array): string[] {
    return [...possibleBlobs(bytes)].filter((sha256) => this.#blobs.has(sha256));
  }

  async *#blob(sha256: string): AsyncGenerator<Uint8Array> {
    if (this.#writtenBlobs.has(sha256)) return;
    this.#writtenBlobs.add(sha256);
    const sizeBytes = this.#blobs.sizeBytes(sha256);
    yield this.#frames.blob(sha256, sizeBytes);
    const hash = createHash('sha256');
    for await (const chunk of this.#blobs.createReadStream(sha256)) {
      const bytes = chunk as Buffer;
      hash.update(bytes);
      for (let at = 0; at < bytes.length; at += DATA_BYTES_MAX) {
        yield this.#frames.frame('D', bytes.subarray(at, at + DATA_BYTES_MAX));
      }
    }
    if (hash.digest('hex') !== sha256) {
      throw new OdbError('ODB_DAMAGED', `The content of blob ${sha256} is not what its name says`);
    }
  }

  #encode(value: unknown): Uint8Array {
    return encodeValue(value, (reference) =>
      isReference(reference) ? (this.#numberOf(reference) as Oid | undefined) : undefined,
    );
  }

  #kept(value: unknown): unknown {
    return withoutReferences(value, (reference) => this.#numberOf(reference) === undefined);
  }

  /** An entry whose value does not exist is left out. */
  #keptEntry(entry: unknown, isMap: boolean): unknown[] {
    if (isMap) {
      const [key, value] = entry as readonly [string, unknown];
      const kept = this.#kept(value);
      return kept === undefined ? [] : [[key, kept]];
    }
    const kept = this.#kept(entry);
    return kept === undefined ? [] : [kept];
  }

  #numberOf(reference: Reference): number | undefined {
    const oid = reference instanceof Ref ? reference.oid : reference.$oid;
    return oid === undefined ? undefined : this.#reached.numbers.get(oid);
  }
}
