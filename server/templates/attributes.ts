/**
 * What an object or a record has under a name.
 *
 * Nothing here ever follows a JavaScript prototype: of an object of the site there is what its
 * `lookup` gives, of a record its own members, and of everything else nothing.
 */
import { ABSENT, isAcquirable, isPrivate } from '../../acquisition/index.js';
import type { Acquirable } from '../../acquisition/index.js';
import type { Run } from './frame.js';
import { isTainted, taint } from './taint.js';
import { isRecord, propertyOf } from './records.js';

/**
 * Gives an object's or a record's own value for `name`, or `ABSENT`.
 *
 * @throws the world's denial for an object, or a value, that may not be viewed
 */
export function ownValue(run: Run, value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return ABSENT;
  if (isAcquirable(value)) return attributeOf(run, value, name);
  if (isTainted(value)) return taint(ownValue(run, value.value, name));
  if (!isRecord(value)) return ABSENT;
  const member = propertyOf(value, name);
  if (isAcquirable(member)) run.touch(member);
  return member;
}

function attributeOf(run: Run, object: Acquirable, name: string): unknown {
  if (isPrivate(name)) return ABSENT;
  const value = object.lookup(name);
  if (value === ABSENT || typeof value === 'function') return ABSENT;
  run.touch(object);
  if (name === 'url') return run.world.urlOf(object);
  if (isAcquirable(value)) run.touch(value);
  return value;
}

/** Gives an object's title, or its id where it has none; of a site without a title, its address. */
export function titleOf(run: Run, object: Acquirable): string {
  for (const name of ['title', 'id']) {
    const value = ownValue(run, object, name);
    if (typeof value === 'string' && value !== '') return value;
  }
  return run.world.urlOf(object);
}
