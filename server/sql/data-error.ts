/**
 * What goes wrong between the site and a database, before anybody knows whose request it was.
 *
 * Told by its kind, since what is to be done next depends on that alone. It travels between threads as
 * data; the side that asked makes of it what its callers expect.
 */

export type DataErrorKind =
  /** The database refused a statement; the message is its own. */
  | 'failed'
  /** Something would have been written where only reading is allowed. */
  | 'read-only'
  /** Others are in the way; the same work, begun again, may succeed. */
  | 'transient'
  /** There was no way to the database. */
  | 'unreachable'
  /** The connection broke while it was used: what was open on it is gone. */
  | 'lost'
  /** All connections are in use. */
  | 'busy'
  /** It took too long, and was stopped, on the server too. */
  | 'overdue'
  /** What the connection is set to makes no sense. */
  | 'settings';

export interface DataErrorFacts {
  /** The character of the statement's text that the database blames, from 0. */
  readonly position?: number | undefined;
  readonly cause?: unknown;
}

/** An error as data. Can be cloned. */
export interface DataFailure {
  readonly kind: DataErrorKind;
  readonly message: string;
  readonly position?: number | undefined;
}

export class DataError extends Error {
  readonly kind: DataErrorKind;
  readonly position: number | undefined;

  constructor(kind: DataErrorKind, message: string, { position, cause }: DataErrorFacts = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'DataError';
    this.kind = kind;
    this.position = position;
  }

  /** The error as data. */
  get failure(): DataFailure {
    const { kind, message, position } = this;
    return { kind, message, position };
  }
}

/** Tells whether a session that threw this is of no use any more. */
export function breaksSession({ kind }: DataError): boolean {
  return kind === 'lost' || kind === 'unreachable' || kind === 'overdue';
}

/** Where a server is, as far as messages tell. */
export interface ServerPlace {
  readonly host: string;
  readonly port: number;
  readonly socket: string | undefined;
  readonly password: string;
}

/** Makes the error for a server that could not be reached, or did not let us in. */
export function unreachable(error: unknown, place: ServerPlace): DataError {
  const where = place.socket ?? `${place.host}:${place.port}`;
  const message = withoutPassword(errorText(error), place.password);
  return new DataError('unreachable', `There is no way to the database at ${where}: ${message}`, {
    cause: error,
  });
}

/** Makes the error for a connection that broke while it was used. */
export function lost(error: unknown, { password }: Pick<ServerPlace, 'password'>): DataError {
  const message = withoutPassword(errorText(error), password);
  return new DataError('lost', `The connection to the database was lost: ${message}`, {
    cause: error,
  });
}

/** Makes the error for a statement that the server stopped by its own limit. */
export function stopped(message: string, cause: unknown): DataError {
  const told = `The database took longer than the request may take: ${message}`;
  return new DataError('overdue', told, { cause });
}

/** Gives what an error says. Of several attempts (IPv6, IPv4) the errors inside say it. */
export function errorText(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(errorText).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}

/** Gives a message without a password that a server or a library may have put into it. */
export function withoutPassword(message: string, password: string): string {
  return password === '' ? message : message.replaceAll(password, '•••');
}
