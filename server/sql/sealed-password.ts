/**
 * Passwords of databases, as they are stored: sealed, so that records, exports and histories tell
 * nothing.
 *
 * The key stands in the storage's metadata, beside the objects. A password is sealed for one server, as
 * one user, in one way of getting there: whoever sends a connection elsewhere, or copies what is sealed
 * into another one, has no password there.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { ServerError } from '../errors.js';
import type { Metadata } from '../security/metadata.js';
import { type ConnectionSource, readAddress } from './connection-url.js';

const SECRET_KEY = 'sql/secret';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Makes the key, where there is none yet. Called once by the main thread, before others seal: two keys
 * made at a time would make each other's passwords unreadable.
 */
export async function prepareSecrets(metadata: Metadata): Promise<void> {
  if (metadata.getMeta(SECRET_KEY) !== undefined) return;
  await metadata.setMeta({ [SECRET_KEY]: randomBytes(KEY_BYTES).toString('base64') });
}

/**
 * Seals a password for the server that a URL names.
 * @throws ServerError `SRV_NO_SQL_SECRET` when `prepareSecrets` was never called
 * @throws UrlFault
 */
export function sealPassword(
  metadata: Metadata,
  source: ConnectionSource,
  password: string,
): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keyIn(metadata), nonce).setAAD(wayTo(source));
  const sealed = Buffer.concat([cipher.update(password, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
}

/** Gives a sealed password; `undefined` when it was sealed for another server, or with another key. */
export function openPassword(
  metadata: Metadata,
  source: ConnectionSource,
  sealed: string,
): string | undefined {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.byteLength < NONCE_BYTES + TAG_BYTES) return undefined;
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const key = keyIn(metadata);
  try {
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(wayTo(source)).setAuthTag(tag);
    const opened = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([opened, decipher.final()]).toString('utf8');
  } catch {
    return undefined; // What does not fit is told by nothing else than that.
  }
}

/** Tells whether a password for one is good for the other: the same server, user and way. */
export function isSameWay(one: ConnectionSource, other: ConnectionSource): boolean {
  return wayTo(one).equals(wayTo(other));
}

function wayTo({ driver, url }: ConnectionSource): Buffer {
  const address = readAddress({ driver, url });
  if (address.kind === 'file') return Buffer.from(JSON.stringify([driver]));
  const { host, port, socket, user, tls, authorities } = address;
  return Buffer.from(JSON.stringify([driver, host, port, socket, user, tls, authorities]));
}

function keyIn(metadata: Metadata): Buffer {
  const secret = metadata.getMeta(SECRET_KEY);
  if (typeof secret === 'string') return Buffer.from(secret, 'base64');
  throw new ServerError('SRV_NO_SQL_SECRET', 'The key that seals passwords was not made.');
}
