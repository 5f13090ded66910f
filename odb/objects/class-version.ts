/**
 * Versions of classes: states that an older module wrote, brought up to date.
 *
 * A record of a class with versions keeps the version in its state, under a name no attribute can
 * have; a record without one is of version 0. Whoever reads a record reads the current state: the
 * record itself stays until the object is changed.
 */
import { classNamed, type ClassInfo } from './class-registry.js';
import { OdbError } from '../errors.js';
import { VERSION_FIELD, type DecodedRecord } from '../records/record.js';
import { freezeDeep, isPlainObject, type State } from '../value.js';

/**
 * Gives a state as the class has it now. What it holds under `VERSION_FIELD` means nothing then.
 *
 * @param state as it was in a record, taken over; references in it are `Ref`s
 * @throws OdbError `ODB_VERSION` when a newer version of the class wrote it
 * @throws OdbError `ODB_MIGRATION` when the class's `migrate` fails, or answers no plain object
 */
export function currentState(info: ClassInfo, state: State): State {
  // The class is unknown: nobody can tell what its versions mean.
  if (info.version === undefined) return state;
  const stored = state[VERSION_FIELD] ?? 0;
  if (stored === info.version) return state;
  const version = typeof stored === 'number' ? stored : Infinity;
  if (version > info.version) {
    throw new OdbError(
      'ODB_VERSION',
      `An object of '${info.name}' was stored by version ${version} of the class, and the class that is loaded is version ${info.version}`,
    );
  }
  return migrated(info, state, version);
}

/**
 * Gives a record as its class has it now: under the class's name, with the version it has. What is
 * of an unknown class comes back as it is.
 *
 * @throws OdbError as `currentState`
 */
export function currentRecord({ className, state }: DecodedRecord): DecodedRecord {
  const info = classNamed(className);
  if (info === undefined) return { className, state };
  const current = currentState(info, state);
  return {
    className: info.name,
    state: info.version ? { ...current, [VERSION_FIELD]: info.version } : current,
  };
}

function migrated(info: ClassInfo, { ...state }: State, version: number): State {
  delete state[VERSION_FIELD];
  let result: unknown;
  try {
    result = info.migrate?.(state, version);
  } catch (cause) {
    throw failed(info, version, cause);
  }
  if (!isPlainObject(result)) throw failed(info, version, undefined);
  for (const value of Object.values(result)) freezeDeep(value);
  return result;
}

function failed({ name }: ClassInfo, version: number, cause: unknown): OdbError {
  const why = cause instanceof Error ? cause.message : 'it answered no plain object';
  return new OdbError(
    'ODB_MIGRATION',
    `'${name}' cannot bring a state of its version ${version} up to date: ${why}`,
    { cause },
  );
}
