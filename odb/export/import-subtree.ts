/**
 * Importing an exported subtree into a database, as part of a connection's transaction.
 *
 * `export-format.ts` describes the bytes. Nothing in them is believed: what does not add up is an
 * `ImportError` that says where, and then the transaction is as it was before.
 */
import type { Connection } from '../connection/connection.js';
import { OdbError } from '../errors.js';
import type { OutsideReference } from './export-format.js';
import { ImportError, ImportOutsideError } from './import-error.js';
import { ImportFrames, type Frame } from './import-frames.js';
import { ImportedObjects } from './imported-objects.js';
import { headerOf, outsideOf, type Numbered } from './import-shapes.js';
import { Paths } from './outside-reference.js';
import type { Persistent } from '../objects/persistent.js';

/** Objects and bytes that are in memory before they are set aside. */
const ASIDE_OBJECTS = 4_096;
const ASIDE_BYTES = 8 * 1024 * 1024;

/** How to import; see `importSubtree`. */
export interface ImportOptions {
  /**
   * Tells what a reference that leads out of what is imported means here; `undefined`: nothing.
   * Default: the object that has the same path here, as far as there is one.
   */
  readonly resolve?: (reference: OutsideReference) => Persistent | undefined;
  /**
   * What becomes of references that mean nothing here: the import is refused, with a list of them
   * (the default), or they are dropped. An attribute, entry or item that is such a reference is
   * left out then; inside a value, `null` stands for it.
   */
  readonly unresolved?: 'refuse' | 'drop';
  /** Ends the import with its reason. */
  readonly signal?: AbortSignal;
  /** Called after each object with how many are read, and how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Imports what `exportSubtree` exported, in this database or another, and answers the object: new,
 * with new oids, in no container. The caller puts it where it is to be and commits; an abort leaves
 * nothing of it, and what nobody refers to goes with the next pack.
 *
 * Its classes need not be loaded: what is of an unknown class is there as a broken object and
 * survives. States of older versions of a class are migrated. Blobs are stored before the commit;
 * those that no commit names in the end go with a pack, a day later.
 *
 * Objects are set aside as they come (with savepoints, see `DatabaseOptions.spill`), so memory stays
 * bounded but for some 300 bytes an object, and the commit itself; blobs are streamed, whatever
 * their size. Others' work in the same transaction has to wait until the import has ended.
 *
 * @param stream the bytes, in chunks of any size: a file's, a request's
 * @throws ImportError `ODB_IMPORT_DAMAGED` for what is no whole and sound export, with the offset;
 *   `ODB_IMPORT_FORMAT` when a newer release wrote it; `ODB_VERSION` and `ODB_MIGRATION` where a
 *   state cannot be brought up to date. The transaction is then as it was before
 * @throws ImportOutsideError `ODB_IMPORT_OUTSIDE` with the references that mean nothing here
 * @throws OdbError `ODB_SAVEPOINT`, and the transaction fails, when it fails to go back since others
 *   joined it that have no savepoints; `ODB_READ_ONLY_PAST` and others, when nothing can be changed
 */
export async function importSubtree(
  connection: Connection,
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ImportOptions = {},
): Promise<Persistent> {
  connection.$requireWritable();
  const frames = new ImportFrames(stream);
  const before = await connection.transaction.savepoint({ optimistic: true });
  try {
    return await new ImportRun(connection, frames, options).run();
  } catch (error) {
    // The transaction may have ended meanwhile, and all of this with it.
    if (before.isValid) await before.rollback();
    throw error;
  } finally {
    await frames.close();
  }
}

class ImportRun {
  readonly #connection: Connection;
  readonly #transaction: Connection['transaction'];
  readonly #frames: ImportFrames;
  readonly #options: ImportOptions;
  #asideObjects = 0;
  #asideBytes = 0;

  constructor(connection: Connection, frames: ImportFrames, options: ImportOptions) {
    this.#connection = connection;
    this.#transaction = connection.transaction;
    this.#frames = frames;
    this.#options = options;
  }

  async run(): Promise<Persistent> {
    const frames = this.#frames;
    await frames.begin();
    const header = headerOf(await frames.take('H'));
    const outside = await this.#outside(header);
    const objects = new ImportedObjects(this.#connection, header, outside);
    for (let number = 1; number <= header.objects; number += 1) {
      this.#check();
      await this.#one(objects, number);
      this.#options.onProgress?.(number, header.objects);
    }
    const { offset } = await frames.take('Z');
    await frames.end();
    objects.finish(offset);
    this.#check();
    return objects.top;
  }

  /** Reads which objects are outside, and finds what they are here. */
  async #outside(header: Numbered): Promise<ReadonlyMap<number, Persistent>> {
    const { resolve, unresolved = 'refuse' } = this.#options;
    const paths = new Paths(this.#connection.root);
    const found = new Map<number, Persistent>();
    const unknown: OutsideReference[] = [];
    for (let n = 1; n <= header.outside; n += 1) {
      const reference = outsideOf(await this.#frames.take('O'), header.objects + n);
      const { path } = reference;
      const byPath = (): Persistent | undefined => (path === undefined ? path : paths.find(path));
      const object = resolve === undefined ? byPath() : resolve(reference);
      if (object !== undefined) found.set(header.objects + n, object);
      else if (unresolved === 'refuse') unknown.push(reference);
    }
    if (unknown.length > 0) throw new ImportOutsideError(unknown);
    return found;
  }

  async #one(objects: ImportedObjects, number: number): Promise<void> {
    const frame = await this.#frames.take('R');
    at(frame, () => objects.record(frame, number));
    await this.#count(frame, 1);
    for (;;) {
      const { kind } = await this.#frames.peek();
      if (kind === 'E') {
        const entries = await this.#frames.take('E');
        at(entries, () => objects.entries(entries, number));
        await this.#count(entries, 0);
      } else if (kind === 'B') await this.#blob();
      else return;
    }
  }

  async #blob(): Promise<void> {
    const { content, offset } = await this.#frames.take('B');
    if (content.length !== 40) throw new ImportError(offset, 'a blob is announced in another way');
    const name = Buffer.from(content.subarray(0, 32)).toString('hex');
    const sizeBytes = Number(Buffer.from(content).readBigUInt64BE(32));
    const { sha256 } = await this.#connection.$blobs.put(this.#data(sizeBytes));
    if (sha256 !== name) {
      throw new ImportError(offset, `the content of blob ${name} is not what its name says`);
    }
  }

  async *#data(sizeBytes: number): AsyncGenerator<Uint8Array> {
    for (let done = 0; done < sizeBytes;) {
      this.#check();
      const { content, offset } = await this.#frames.take('D');
      done += content.length;
      if (content.length === 0 || done > sizeBytes) {
        throw new ImportError(offset, 'a blob is not as long as announced');
      }
      yield content;
    }
  }

  /** Sets aside what has come, when it is much. */
  async #count({ content }: Frame, objects: number): Promise<void> {
    this.#asideObjects += objects;
    this.#asideBytes += content.length;
    if (this.#asideObjects < ASIDE_OBJECTS && this.#asideBytes < ASIDE_BYTES) return;
    this.#asideObjects = 0;
    this.#asideBytes = 0;
    await this.#transaction.savepoint({ optimistic: true });
  }

  #check(): void {
    this.#options.signal?.throwIfAborted();
    if (this.#connection.transaction !== this.#transaction) {
      throw new OdbError('ODB_TRANSACTION_ENDED', 'The transaction that imports has ended');
    }
  }
}

/** Says where the frame begins of which something is wrong. */
function at<T>({ offset }: Frame, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof ImportError) throw cause;
    if (cause instanceof OdbError && cause.code !== 'ODB_DAMAGED') {
      throw new ImportError(offset, cause.message, { code: cause.code, cause });
    }
    if (cause instanceof OdbError || cause instanceof TypeError) {
      throw new ImportError(offset, cause.message, { cause });
    }
    throw cause;
  }
}
