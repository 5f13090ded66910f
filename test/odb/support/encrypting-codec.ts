/** A codec that encrypts each value with AES-256-GCM. Loaded by each thread of a database. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { CodecSource, ValueCodec } from '../../../odb/index.js';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface EncryptionOptions {
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/** Names this module as a codec, with a key. */
export function encrypting(key: Uint8Array = randomBytes(32)): CodecSource {
  return { module: import.meta.url, options: { key } satisfies EncryptionOptions };
}

/** A value is a nonce, what was encrypted, and a tag that tells any change of it. */
export function createCodec({ key }: EncryptionOptions): ValueCodec {
  return {
    encode(value) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce);
      return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
    },
    decode(stored) {
      const end = stored.length - TAG_BYTES;
      const decipher = createDecipheriv(CIPHER, key, stored.subarray(0, NONCE_BYTES));
      decipher.setAuthTag(stored.subarray(end));
      return Buffer.concat([decipher.update(stored.subarray(NONCE_BYTES, end)), decipher.final()]);
    },
  };
}
