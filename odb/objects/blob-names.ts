/**
 * The blobs that stored records name.
 *
 * Which fields name blobs is declared by classes, and a storage has no classes; it may even hold
 * records of classes that no loaded module defines. So there are two answers: everything that could
 * be the name of a blob, for copies, where one too many does no harm; and what is declared to be
 * one, or looks exactly like it, for checks.
 */
import { classNamed } from './class-registry.js';
import { scanRecord } from '../records/record-scan.js';
import { isPlainObject, own } from '../value.js';

const NAME = /^[0-9a-f]{64}$/;

/** Tells whether a value has the form of a blob's name. */
export function isBlobName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value);
}

/**
 * Lists all texts in a record that have the form of a blob's name, each once.
 *
 * @throws OdbError `ODB_DAMAGED` when the bytes are no record
 */
export function possibleBlobs(record: Uint8Array): Set<string> {
  const found = new Set<string>();
  scanRecord(record, { reference: () => undefined, blob: (sha256) => void found.add(sha256) });
  return found;
}

/**
 * Lists the blobs that a state names: in the fields its class declares with `blob()`, or, where the
 * class is not loaded, in fields that hold an object with a `sha256`.
 */
export function declaredBlobs(
  className: string,
  state: Readonly<Record<string, unknown>>,
): Set<string> {
  const fields = classNamed(className)?.blobs.map(({ name }) => name);
  const found = new Set<string>();
  for (const field of fields ?? Object.keys(state)) {
    const value = own(state, field);
    const name = isPlainObject(value) ? own(value, 'sha256') : fields && value;
    if (isBlobName(name)) found.add(name);
  }
  return found;
}
