/**
 * Values of LevelDB as they are in its files.
 *
 * Usually they are as they are. A database may have a codec of its own, which rewrites each value on
 * its way to the files and back: to encrypt, to sign, to compress. Nothing above `openObjects` sees
 * what it makes of them. Keys are not rewritten (they hold oids, tids and names of metadata), nor
 * are blobs, which are files of their own, backups, and what savepoints set aside.
 */
import { OdbError } from '../errors.js';

/** Rewrites values. Both ways are synchronous, and neither keeps or changes what it is given. */
export interface ValueCodec {
  /** Gives the bytes for the files. */
  encode(value: Uint8Array): Uint8Array;
  /** Gives back what was encoded; throws for what `encode` never gave. */
  decode(stored: Uint8Array): Uint8Array;
}

/**
 * Where a codec comes from: each thread that has the database open loads it for itself, since
 * functions cannot be sent.
 */
export interface CodecSource {
  /** URL of a module that exports `createCodec(options): ValueCodec`, or a promise of one. */
  readonly module: string;
  /** What `createCodec` is called with; anything that can be sent in a message. */
  readonly options?: unknown;
}

/** How the library is told about values. */
export type ValueEncoding =
  | 'view'
  | {
      readonly name: string;
      readonly format: 'view';
      readonly encode: (value: Uint8Array) => Uint8Array;
      readonly decode: (stored: Uint8Array) => Uint8Array;
    };

/**
 * Loads a codec. Without one, values cost nothing on their way.
 *
 * @throws OdbError `ODB_CODEC` when the module has no codec; and whatever loading it throws
 */
export async function loadValueEncoding(source: CodecSource | undefined): Promise<ValueEncoding> {
  if (source === undefined) return 'view';
  const loaded: unknown = await import(source.module);
  const codec: unknown = hasCodec(loaded) ? await loaded.createCodec(source.options) : undefined;
  if (!isCodec(codec)) {
    throw new OdbError('ODB_CODEC', `${source.module} exports no 'createCodec' that gives a codec`);
  }
  return {
    name: 'canopy-codec',
    format: 'view',
    encode: (value) => codec.encode(value),
    decode: (stored) => codec.decode(stored),
  };
}

function hasCodec(module: unknown): module is { createCodec(options: unknown): unknown } {
  return (
    typeof module === 'object' &&
    module !== null &&
    'createCodec' in module &&
    typeof module.createCodec === 'function'
  );
}

function isCodec(value: unknown): value is ValueCodec {
  return (
    typeof value === 'object' &&
    value !== null &&
    'encode' in value &&
    typeof value.encode === 'function' &&
    'decode' in value &&
    typeof value.decode === 'function'
  );
}
