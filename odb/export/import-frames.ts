/**
 * Reading the frames of an exported subtree from a stream, whatever its chunks are.
 *
 * A frame that is handed on is whole and its checksum is right. Memory: one frame; no more is read
 * for a length that a frame only claims to have.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  CRC_BYTES,
  DATA_BYTES_MAX,
  EXPORT_MAGIC,
  FRAME_BYTES_MAX,
  FRAME_HEAD_BYTES,
  SHA_BYTES,
  type FrameKind,
} from './export-format.js';
import { ImportError } from './import-error.js';
import { decodeValue, type MakeReference } from '../records/record.js';

const KINDS = 'HOREBDZ';
/** Longest content of frames that hold one thing of known size. */
const SMALL_BYTES_MAX = 64 * 1024;

export interface Frame {
  readonly kind: FrameKind;
  readonly content: Uint8Array;
  /** Where it begins in the stream. */
  readonly offset: number;
}

export class ImportFrames {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #hash = createHash('sha256');
  /** What is read and not taken yet. */
  #rest: Uint8Array[] = [];
  #restBytes = 0;
  #offset = 0;
  #next: Frame | undefined;

  constructor(stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#chunks = iterate(stream);
  }

  /** Where the next frame begins. */
  get offset(): number {
    return this.#next?.offset ?? this.#offset;
  }

  /** Reads what comes before all frames. @throws ImportError */
  async begin(): Promise<void> {
    const magic = await this.#take(EXPORT_MAGIC.length);
    if (!EXPORT_MAGIC.equals(magic)) throw new ImportError(0, 'this is no export of this database');
    this.#hash.update(magic);
  }

  /** Gives the next frame without taking it. @throws ImportError */
  async peek(): Promise<Frame> {
    this.#next ??= await this.#read();
    return this.#next;
  }

  /** Takes the next frame, which has to be of a kind. @throws ImportError */
  async take(kind: FrameKind): Promise<Frame> {
    const frame = await this.peek();
    if (frame.kind !== kind) {
      throw new ImportError(frame.offset, `there is a frame '${frame.kind}' instead of '${kind}'`);
    }
    this.#next = undefined;
    return frame;
  }

  /** Makes sure that nothing follows. @throws ImportError */
  async end(): Promise<void> {
    if (this.#restBytes > 0 || (await this.#readMore())) {
      throw new ImportError(this.#offset, 'something follows after the end');
    }
  }

  /** Lets go of the stream. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #read(): Promise<Frame> {
    const offset = this.#offset;
    const head = await this.#take(FRAME_HEAD_BYTES);
    const kind = String.fromCharCode(head[0] ?? 0);
    if (!KINDS.includes(kind)) throw new ImportError(offset, 'there is no frame of a known kind');
    const length = Buffer.from(head).readUInt32BE(1);
    if (length > lengthMax(kind)) {
      throw new ImportError(offset, `a frame '${kind}' of ${length} bytes is too long`);
    }
    const rest = await this.#take(length + CRC_BYTES);
    const content = rest.subarray(0, length);
    if (crc32(content, crc32(head)) !== Buffer.from(rest).readUInt32BE(length)) {
      throw new ImportError(offset, 'the checksum of a frame is wrong');
    }
    if (kind === 'Z') {
      if (length !== SHA_BYTES || !this.#hash.digest().equals(content)) {
        throw new ImportError(offset, 'the checksum of the whole is wrong');
      }
    } else this.#hash.update(head).update(rest);
    return { kind: kind as FrameKind, content, offset };
  }

  /** Takes so many bytes. */
  async #take(length: number): Promise<Uint8Array> {
    while (this.#restBytes < length) {
      if (!(await this.#readMore())) {
        const found = this.#offset + this.#restBytes;
        throw new ImportError(found, 'the stream ends early');
      }
    }
    const all =
      this.#rest.length === 1 && this.#rest[0] ? this.#rest[0] : Buffer.concat(this.#rest);
    this.#rest = all.length > length ? [all.subarray(length)] : [];
    this.#restBytes -= length;
    this.#offset += length;
    return all.subarray(0, length);
  }

  async #readMore(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done === true) return false;
    if (!(value instanceof Uint8Array)) throw new TypeError('An import is a stream of bytes');
    this.#rest.push(value);
    this.#restBytes += value.length;
    return true;
  }
}

/** Reads the content of a frame. @throws ImportError */
export function valueOf({ content, offset }: Frame, reference: MakeReference): unknown {
  try {
    return decodeValue(content, reference);
  } catch (cause) {
    if (cause instanceof ImportError) throw cause;
    const inner = cause instanceof Error ? cause.cause : undefined;
    if (inner instanceof ImportError) throw inner;
    throw new ImportError(offset, 'the content of a frame cannot be read', { cause });
  }
}

function lengthMax(kind: string): number {
  if (kind === 'R' || kind === 'E') return FRAME_BYTES_MAX;
  return kind === 'D' ? DATA_BYTES_MAX : SMALL_BYTES_MAX;
}

async function* iterate(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* stream;
}
