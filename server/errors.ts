/**
 * Everything the server throws on purpose.
 *
 * Each error has a stable `code` that begins with `SRV_`; each class has one meaning for the one
 * who asked. Which HTTP status a class gets is decided by the doors and nowhere else. Messages are
 * for people: what happened, to what (by path), and what they can do next.
 */
import type { Decision } from './security/decision.js';

export interface ErrorFacts {
  /** A more telling code than the class's own. */
  readonly code?: string | undefined;
  readonly cause?: unknown;
}

/** The base of the server's errors. `code` stays the same from release to release. */
export class ServerError extends Error {
  readonly code: string;

  constructor(code: string, message: string, { cause }: { readonly cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
  }
}

/** Nothing is there, or nothing that may be shown. */
export class NotFound extends ServerError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super(facts.code ?? 'SRV_NOT_FOUND', message, facts);
  }
}

/**
 * The policy refused. Whoever is anonymous may sign in and try again; whoever is known may not do
 * this.
 */
export class Unauthorized extends ServerError {
  readonly decision: Decision;
  /** Whether the one refused is signed in. */
  readonly known: boolean;
  /** The permission that is lacking, where it was one. */
  readonly lacking: LackingPermission | undefined;

  constructor(
    message: string,
    facts: ErrorFacts & {
      readonly decision: Decision;
      readonly known: boolean;
      readonly lacking?: LackingPermission;
    },
  ) {
    super(facts.code ?? 'SRV_UNAUTHORIZED', message, facts);
    this.decision = facts.decision;
    this.known = facts.known;
    this.lacking = facts.lacking;
  }
}

/** A permission that somebody lacks at an object, and the roles that have it there. */
export interface LackingPermission {
  readonly permission: string;
  /** Path of the object. */
  readonly path: string;
  readonly roles: readonly string[];
}

/** Refused to everyone in this way, whoever they are: a request from another site, say. */
export class Forbidden extends ServerError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super(facts.code ?? 'SRV_FORBIDDEN', message, facts);
  }
}

/** The request does not make sense. */
export class BadRequest extends ServerError {
  /** The form or query field to blame, where it is one. */
  readonly field: string | undefined;

  constructor(message: string, facts: ErrorFacts & { readonly field?: string | undefined } = {}) {
    super(facts.code ?? 'SRV_BAD_REQUEST', message, facts);
    this.field = facts.field;
  }
}

/** One value that did not pass its check. */
export interface FieldError {
  /** `title`, `fields.source`, `properties.NAME`, …; `''` where it is the whole. */
  readonly field: string;
  readonly message: string;
  /** From 1; with `column`, where in a text the fault lies. */
  readonly line?: number | undefined;
  /** From 1. */
  readonly column?: number | undefined;
}

/** The request makes sense, its values do not pass their checks, and nothing changed. */
export class Invalid extends ServerError {
  readonly errors: readonly FieldError[];

  constructor(errors: readonly FieldError[], facts: ErrorFacts = {}) {
    const said = errors.map(({ field, message }) =>
      field === '' ? message : `${field}: ${message}`,
    );
    super(facts.code ?? 'SRV_INVALID', said.join('; '), facts);
    this.errors = errors;
  }
}

/** The id is taken, or the change collides with what is there. */
export class Taken extends ServerError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super(facts.code ?? 'SRV_TAKEN', message, facts);
  }
}

/** The object changed since the one who writes saw it (`If-Match`). */
export class PreconditionFailed extends ServerError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super(facts.code ?? 'SRV_PRECONDITION_FAILED', message, facts);
  }
}

/** A template, or a text with markup of its own, that fails when it is read or rendered. */
export class TemplateError extends ServerError {
  /** Path of the template. */
  readonly path: string;
  /** From 1; `undefined` where the place is not known. */
  readonly line: number | undefined;
  /** From 1. */
  readonly column: number | undefined;

  constructor(
    message: string,
    facts: ErrorFacts & {
      readonly path: string;
      readonly line?: number | undefined;
      readonly column?: number | undefined;
    },
  ) {
    super(facts.code ?? 'SRV_TEMPLATE', message, facts);
    this.path = facts.path;
    this.line = facts.line;
    this.column = facts.column;
  }
}

/** The request, or what it would store, is larger than is accepted. */
export class TooLarge extends ServerError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super(facts.code ?? 'SRV_TOO_LARGE', message, facts);
  }
}

/** The body is of a media type that is not understood here. */
export class UnsupportedMedia extends ServerError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super(facts.code ?? 'SRV_UNSUPPORTED_MEDIA', message, facts);
  }
}

/** What is there does not answer to this method. */
export class MethodNotAllowed extends ServerError {
  /** The methods it answers to. */
  readonly allow: readonly string[];

  constructor(message: string, facts: ErrorFacts & { readonly allow: readonly string[] }) {
    super(facts.code ?? 'SRV_METHOD_NOT_ALLOWED', message, facts);
    this.allow = facts.allow;
  }
}

/** A `GET` or `HEAD` tried to change the site. */
export class ReadOnlyRequest extends ServerError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super(facts.code ?? 'SRV_READ_ONLY_REQUEST', message, facts);
  }
}

/** Too many failed attempts to sign in. */
export class TooManyAttempts extends ServerError {
  readonly retryAfterSeconds: number;

  constructor(message: string, facts: ErrorFacts & { readonly retryAfterSeconds: number }) {
    super(facts.code ?? 'SRV_TOO_MANY_ATTEMPTS', message, facts);
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }
}

type UnavailableCode =
  | 'SRV_OVERDUE'
  | 'SRV_CONFLICT'
  | 'SRV_BUSY'
  | 'SRV_NOT_WRITABLE'
  /** There is no way to a database of the site's. */
  | 'SRV_SQL_UNREACHABLE'
  /** All connections to it are in use. */
  | 'SRV_SQL_BUSY'
  /** It took longer than the request may take. */
  | 'SRV_SQL_OVERDUE'
  /** Somebody closed the connection. */
  | 'SRV_SQL_CLOSED'
  /** Its password cannot be read here. */
  | 'SRV_SQL_PASSWORD'
  /** What was saved on the site is not done there yet, and comes first. */
  | 'SRV_SQL_UNFINISHED';

/** The server cannot answer now; asked again after a while, it may. */
export class Unavailable extends ServerError {
  readonly retryAfterSeconds: number;

  constructor(
    code: UnavailableCode,
    message: string,
    facts: { readonly retryAfterSeconds: number; readonly cause?: unknown },
  ) {
    super(code, message, facts);
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }
}

/** Something is saved, and something that belongs to it is not, or nobody knows: not to be sent again. */
export class NotFinished extends ServerError {}
