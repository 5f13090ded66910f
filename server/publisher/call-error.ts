/**
 * Errors of the database on their way to another thread.
 *
 * A cloned error keeps its message and loses its class and its code, by which conflicts are told
 * from faults. So it travels as data, and an error of the same class is made from it on arrival.
 */
import {
  ConflictError,
  type ConflictingObject,
  OdbError,
  type OdbErrorCode,
  TransientError,
} from '../../odb/index.js';

/** An error as data. Can be cloned. */
export interface CallError {
  readonly code: OdbErrorCode;
  readonly message: string;
  readonly objects?: readonly ConflictingObject[];
}

/** Gives an error as data; `undefined` for one that is not the database's. */
export function packCallError(error: unknown): CallError | undefined {
  if (!(error instanceof OdbError)) return undefined;
  const { code, message } = error;
  return error instanceof ConflictError
    ? { code, message, objects: error.objects }
    : { code, message };
}

/** Makes the error again. */
export function callErrorOf({ code, message, objects }: CallError): OdbError {
  if (code !== 'ODB_CONFLICT') return new OdbError(code, message);
  return objects === undefined ? new TransientError(code, message) : new ConflictError(objects);
}
