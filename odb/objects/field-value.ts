/**
 * What an attribute may hold because of its rule, beyond what any attribute may.
 */
import { isBlobName } from './blob-names.js';
import type { Field } from './field.js';
import { isPlainObject } from '../value.js';

/** Whose attribute it is, and how objects are told from other values. */
export interface FieldContext {
  /** The attribute with its class, at the beginning of an error's message. */
  readonly where: string;
  readonly isObject: (value: unknown) => boolean;
}

/**
 * Refuses what an attribute cannot mean. A place that is none would end the old one without counting
 * as a removal; a text that names no blob would name one that can never be there.
 *
 * @throws TypeError
 */
export function requireFieldValue(
  { rule }: Field,
  value: unknown,
  { where, isObject }: FieldContext,
): void {
  if (rule.rule === 'place') {
    const isPlace =
      isPlainObject(value) && typeof value.id === 'string' && isObject(value.container);
    if (isPlace) return;
    throw new TypeError(
      `${where} is { container, id, order } with an object and a text, or undefined for nowhere`,
    );
  }
  if (!rule.blob || value === null) return;
  const name = isPlainObject(value) ? value.sha256 : value;
  if (isBlobName(name) || (isPlainObject(value) && name === undefined)) return;
  throw new TypeError(
    `${where} is the SHA-256 of a blob in hex, as blobs.put answers it, or an object with such a sha256`,
  );
}
