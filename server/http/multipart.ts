/**
 * Reading `multipart/form-data`: fields into memory, files into the blob store as they arrive.
 *
 * Parts come out in the order in which they were sent. A file field that a browser sent empty is
 * left out. Of one form, one file at a time is written, so that a form of thousands of files does
 * not take the files that the rest of the server has to open.
 */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import type { Blobs } from '../../odb/index.js';
import { BadRequest, TooLarge } from '../errors.js';
import type { FormPart } from '../publisher/form.js';

/** Fields and files of one form. */
export const PARTS_MAX = 10_000;
/** All text fields of one form together. */
export const FIELDS_BYTES_MAX = 16 * 2 ** 20;
const NAME_BYTES_MAX = 1024;

interface MultipartOptions {
  /** The whole body, files included. */
  readonly bytesMax: number;
  readonly blobs: Blobs;
}

/**
 * Reads a form.
 * @throws TooLarge `SRV_TOO_LARGE` past a bound; the rest of the body is left unread
 * @throws BadRequest `SRV_BAD_REQUEST` when the form is not well-formed, or ends too early
 */
export async function readMultipart(
  request: IncomingMessage,
  options: MultipartOptions,
): Promise<readonly FormPart[]> {
  const parser = openParser(request);
  const form = new MultipartForm(options);
  const finished = new Promise<void>((resolve, reject) => {
    parser.on('field', (name, value, nameCut, valueCut) => {
      form.addField(name, value, nameCut || valueCut);
    });
    parser.on('file', (name, stream, filename: string | undefined, _encoding, contentType) => {
      form.addFile(name, stream, { filename: filename ?? '', contentType });
    });
    parser.on('partsLimit', () => form.fail(tooMany()));
    parser.on('error', (cause) => reject(malformed(cause)));
    parser.on('finish', resolve);
    request.once('close', () => {
      if (!request.complete) reject(malformed(new Error('the connection was closed')));
    });
    form.failed.catch(reject);
  });
  request.on('data', (chunk: Buffer) => form.count(chunk.length));
  request.pipe(parser);
  try {
    await finished;
    return await form.parts();
  } catch (error) {
    request.unpipe(parser);
    parser.destroy();
    throw error;
  }
}

function openParser(request: IncomingMessage): BusboyInstance {
  const type = request.headers['content-type'] ?? '';
  try {
    return new Busboy({
      headers: { 'content-type': type },
      limits: {
        fieldNameSize: NAME_BYTES_MAX,
        fieldSize: FIELDS_BYTES_MAX,
        parts: PARTS_MAX,
        headerPairs: 50,
      },
    });
  } catch (cause) {
    throw malformed(cause);
  }
}

/** The parts read so far, files that are still on their way to the blob store included. */
class MultipartForm {
  /** Rejects at the first part that cannot be taken. */
  readonly failed: Promise<never>;
  fail: (error: unknown) => void = () => {};
  readonly #options: MultipartOptions;
  readonly #parts: Promise<FormPart | undefined>[] = [];
  /** Settles when every file begun so far is in the blob store. */
  #writing: Promise<unknown> = Promise.resolve();
  #fieldBytes = 0;
  #bodyBytes = 0;

  constructor(options: MultipartOptions) {
    this.#options = options;
    this.failed = new Promise((_, reject) => {
      this.fail = reject;
    });
    this.failed.catch(() => {});
  }

  count(bytes: number): void {
    this.#bodyBytes += bytes;
    if (this.#bodyBytes > this.#options.bytesMax) {
      this.fail(
        new TooLarge(`The form is larger than the ${this.#options.bytesMax} bytes taken here`),
      );
    }
  }

  addField(name: string, value: string, isCut: boolean): void {
    this.#fieldBytes += Buffer.byteLength(value);
    if (isCut || this.#fieldBytes > FIELDS_BYTES_MAX) {
      this.fail(new TooLarge(`The form's fields are larger than ${FIELDS_BYTES_MAX} bytes`));
      return;
    }
    this.#parts.push(Promise.resolve({ name, value }));
  }

  addFile(name: string, stream: Readable, about: { filename: string; contentType: string }): void {
    if (about.filename === '') {
      stream.resume();
      return;
    }
    // A stream may end too early while its turn has not come yet.
    stream.once('error', (cause) => this.fail(malformed(cause)));
    const stored = Promise.race([this.#writing, this.failed])
      .then(() => this.#options.blobs.put(stream))
      .then(({ sha256, sizeBytes }) => ({ name, file: { ...about, sha256, sizeBytes } }));
    stored.catch(this.fail);
    this.#writing = stored;
    this.#parts.push(stored);
  }

  async parts(): Promise<readonly FormPart[]> {
    const parts = await Promise.race([Promise.all(this.#parts), this.failed]);
    return parts.filter((part) => part !== undefined);
  }
}

function malformed(cause: unknown): BadRequest {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new BadRequest(`The form cannot be read: ${said}`, { cause });
}

function tooMany(): TooLarge {
  return new TooLarge(`The form has more than ${PARTS_MAX} parts`);
}
