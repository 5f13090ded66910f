/**
 * Statements that the site's connections do not run, and why.
 *
 * The site begins and ends transactions itself, together with its own; a connection is used by one
 * request after another, so nothing may be left set on it; and a database is no way to the files of
 * the machine. The database's own rights still decide everything else.
 */
import type { Dialect } from './dialect.js';
import { explainedBy, haveWords, standAt } from './statement-words.js';
import type { Word } from './statement-words.js';

interface Reason {
  readonly message: string;
  /**
   * Whether a file of statements means no more by it than how a client should run the rest, so that
   * it may be left out there.
   */
  readonly isOfClient?: boolean;
}

/** Why a statement is not run, and at which of its words. */
export interface Refusal extends Reason {
  readonly start: number;
}

const TRANSACTIONS: Reason = {
  message: 'The site begins and ends transactions itself, together with its own.',
};
/** A file is one transaction, whichever parts it was written in. What it takes back is its own. */
const WHOLE_TRANSACTIONS: Reason = { ...TRANSACTIONS, isOfClient: true };
const SETTINGS: Reason = {
  message: 'What is set on a connection would hold for the requests after this one.',
  isOfClient: true,
};
const VARIABLES: Reason = {
  message: 'A variable would be there for the requests after this one.',
};
const DATABASES: Reason = { message: 'A connection has one database.', isOfClient: true };
const LOCKS: Reason = {
  message: 'LOCK TABLES ends the transaction. Use SELECT … FOR UPDATE.',
  isOfClient: true,
};
const CLIENTS: Reason = {
  message: 'This is a word of a client. Statements end with “;” or {{sqldelimiter}}.',
};
const FILES: Reason = { message: 'A statement does not read or write files.' };
const PREPARED: Reason = { message: 'A statement is prepared by the site, with its values apart.' };
const RUNNING: Reason = { message: 'This is for whoever runs the database.' };
const RUNS: Reason = {
  message: 'Comments that run are not understood here: write them out.',
};

/** First words that no connection takes. */
const EVERYWHERE: Readonly<Record<string, Reason>> = {
  BEGIN: WHOLE_TRANSACTIONS,
  START: WHOLE_TRANSACTIONS,
  COMMIT: WHOLE_TRANSACTIONS,
  END: WHOLE_TRANSACTIONS,
  ROLLBACK: TRANSACTIONS,
  ABORT: TRANSACTIONS,
  SAVEPOINT: TRANSACTIONS,
  RELEASE: TRANSACTIONS,
  XA: TRANSACTIONS,
  PREPARE: PREPARED,
  EXECUTE: PREPARED,
  DEALLOCATE: PREPARED,
  DELIMITER: CLIENTS,
};

const BY_DIALECT: Readonly<Record<Dialect, Readonly<Record<string, Reason>>>> = {
  sqlite: {
    ATTACH: { message: 'A connection has one file.' },
    DETACH: { message: 'A connection has one file.' },
    VACUUM: { message: 'VACUUM cannot run in a transaction, and can write another file.' },
  },
  postgres: {
    COPY: FILES,
    LOAD: FILES,
    RESET: SETTINGS,
    DISCARD: SETTINGS,
    LISTEN: SETTINGS,
    UNLISTEN: SETTINGS,
    VACUUM: { message: 'VACUUM cannot run in a transaction.' },
    CHECKPOINT: RUNNING,
  },
  mysql: {
    USE: DATABASES,
    LOCK: LOCKS,
    UNLOCK: LOCKS,
    LOAD: FILES,
    HANDLER: { message: 'A handler would stay open after the request.' },
    KILL: RUNNING,
    SHUTDOWN: RUNNING,
    RESTART: RUNNING,
    CHANGE: RUNNING,
    INSTALL: RUNNING,
    UNINSTALL: RUNNING,
  },
};

/** Functions that reach past the database. */
const FUNCTIONS: Readonly<Record<Dialect, ReadonlySet<string>>> = {
  sqlite: new Set(['LOAD_EXTENSION', 'READFILE', 'WRITEFILE', 'EDIT', 'FTS3_TOKENIZER']),
  postgres: new Set([
    ...['PG_READ_FILE', 'PG_READ_BINARY_FILE', 'PG_LS_DIR', 'LO_IMPORT', 'LO_EXPORT'],
    ...['DBLINK', 'DBLINK_EXEC', 'DBLINK_CONNECT', 'SET_CONFIG'],
    // Held until the connection ends; those of a transaction (pg_advisory_xact_lock) end with it.
    ...['PG_ADVISORY_LOCK', 'PG_ADVISORY_LOCK_SHARED'],
    ...['PG_TRY_ADVISORY_LOCK', 'PG_TRY_ADVISORY_LOCK_SHARED'],
  ]),
  mysql: new Set(['LOAD_FILE', 'SYS_EXEC', 'SYS_EVAL', 'GET_LOCK']),
};

/** Pragmas that tell something about the database; with or without a name in parentheses. */
const PRAGMAS: ReadonlySet<string> = new Set([
  ...['TABLE_INFO', 'TABLE_XINFO', 'TABLE_LIST', 'INDEX_LIST', 'INDEX_INFO', 'INDEX_XINFO'],
  ...['FOREIGN_KEY_LIST', 'FOREIGN_KEY_CHECK', 'INTEGRITY_CHECK', 'QUICK_CHECK'],
]);
/** Pragmas that tell a setting, and would change it if they were given a value. */
const PRAGMAS_READ: ReadonlySet<string> = new Set([
  ...['USER_VERSION', 'APPLICATION_ID', 'SCHEMA_VERSION', 'DATA_VERSION', 'ENCODING'],
  ...['PAGE_COUNT', 'PAGE_SIZE', 'FREELIST_COUNT', 'FOREIGN_KEYS', 'JOURNAL_MODE'],
  ...['COLLATION_LIST', 'FUNCTION_LIST', 'COMPILE_OPTIONS', 'DEFER_FOREIGN_KEYS'],
]);

/** What a dump sets for the time that it is read in. */
const PRAGMAS_OF_CLIENTS: ReadonlySet<string> = new Set([
  ...['FOREIGN_KEYS', 'JOURNAL_MODE', 'SYNCHRONOUS', 'CACHE_SIZE', 'TEMP_STORE', 'LOCKING_MODE'],
]);
const COMMENTS_OF_CLIENTS =
  /^\/\*M?![0-9]*\s*(?:SET|ALTER\s+TABLE\s+\S+\s+(?:DIS|EN)ABLE\s+KEYS)\b/i;
const COMMANDS_OF_CLIENTS: ReadonlySet<string> = new Set([
  ...['C', 'CONNECT', 'RESTRICT', 'UNRESTRICT', 'ENCODING', 'ECHO', 'TIMING'],
]);

/** Settings of PostgreSQL that the site relies on, so not even one transaction may change them. */
const RELIED_ON =
  /^(?:TRANSACTION|SESSION|ROLE|DEFAULT_TRANSACTION_\w*|TRANSACTION_\w*|SESSION_\w*|STANDARD_CONFORMING_STRINGS|BACKSLASH_QUOTE|ESCAPE_STRING_WARNING|CLIENT_ENCODING|NAMES|DATESTYLE|INTERVALSTYLE|BYTEA_OUTPUT|TIME|TIMEZONE|STATEMENT_TIMEOUT|IDLE_\w*|EXTRA_FLOAT_DIGITS)$/;

/** Says why a statement is not run; `undefined` when it may be. */
export function refusalOf(words: readonly Word[], dialect: Dialect): Refusal | undefined {
  const [first] = words;
  if (first === undefined) return undefined;
  if (standAt(words, 0, 'EXPLAIN')) return refusalOf(explainedBy(words), dialect);
  const reason = reasonOfFirst(words, first, dialect) ?? reasonOfMore(words, dialect);
  if (reason !== undefined) return { ...reason, start: first.start };
  return refusalOfFunction(words, dialect);
}

function reasonOfFirst(
  words: readonly Word[],
  { text, kind }: Word,
  dialect: Dialect,
): Reason | undefined {
  if (kind === 'executable') {
    const isOfClient = words.length === 1 && COMMENTS_OF_CLIENTS.test(text);
    return { ...RUNS, isOfClient };
  }
  if (text === '\\') {
    return { ...CLIENTS, isOfClient: COMMANDS_OF_CLIENTS.has(words[1]?.text ?? '') };
  }
  if (kind !== 'word') return undefined;
  const own = BY_DIALECT[dialect];
  if (Object.hasOwn(own, text)) return own[text];
  return Object.hasOwn(EVERYWHERE, text) ? EVERYWHERE[text] : undefined;
}

function refusalOfFunction(words: readonly Word[], dialect: Dialect): Refusal | undefined {
  const found = words.find(
    ({ text, kind }, at) =>
      (kind === 'word' || kind === 'name') &&
      FUNCTIONS[dialect].has(text.toUpperCase()) &&
      words[at + 1]?.text === '(',
  );
  if (found === undefined) return undefined;
  const name = found.text.toLowerCase();
  // Dumps of PostgreSQL set where they look for names.
  const isOfClient = name === 'set_config';
  return { message: `A statement does not call ${name}().`, start: found.start, isOfClient };
}

function reasonOfMore(words: readonly Word[], dialect: Dialect): Reason | undefined {
  switch (dialect) {
    case 'sqlite':
      return reasonOnSqlite(words);
    case 'postgres':
      return reasonOnPostgres(words);
    case 'mysql': {
      const isFile = haveWords(words, 'INTO', 'OUTFILE') || haveWords(words, 'INTO', 'DUMPFILE');
      if (isFile) return FILES;
      return reasonOfSetting(words) ?? reasonOfVariable(words) ?? reasonOfDatabase(words);
    }
  }
}

/** A variable of one's own is more than a setting: statements after it may read it. */
function reasonOfSetting(words: readonly Word[]): Reason | undefined {
  if (!standAt(words, 0, 'SET')) return undefined;
  const setsVariable = words.some(
    ({ text }, at) => text === '@' && words[at - 1]?.text !== '@' && words[at + 1]?.text !== '@',
  );
  return { ...SETTINGS, isOfClient: !setsVariable };
}

/** In a procedure, which runs when it is called, they are the procedure's own. */
function reasonOfVariable(words: readonly Word[]): Reason | undefined {
  if (standAt(words, 0, 'CREATE')) return undefined;
  const setsVariable = words.some(({ text }, at) => {
    const next = words[at + 1]?.text;
    return (text === ':' && next === '=') || (standAt(words, at, 'INTO') && next === '@');
  });
  return setsVariable ? VARIABLES : undefined;
}

function reasonOfDatabase(words: readonly Word[]): Reason | undefined {
  const isIt = ['CREATE', 'DROP', 'ALTER'].some(
    (verb) => standAt(words, 0, verb, 'DATABASE') || standAt(words, 0, verb, 'SCHEMA'),
  );
  return isIt ? DATABASES : undefined;
}

function reasonOnSqlite(words: readonly Word[]): Reason | undefined {
  const tellsFiles = words.some(
    ({ text, quoted = text }) => quoted.toUpperCase() === 'PRAGMA_DATABASE_LIST',
  );
  if (tellsFiles) return FILES;
  if (!standAt(words, 0, 'PRAGMA')) return undefined;
  const at = words[2]?.text === '.' ? 3 : 1;
  const name = words[at]?.text.toUpperCase() ?? '';
  const isAlone = words.length === at + 1;
  const isSetting = words[at + 1]?.text === '=';
  const isKnown = PRAGMAS.has(name) && !isSetting;
  if (isKnown || (PRAGMAS_READ.has(name) && isAlone)) return undefined;
  return {
    message: 'Only pragmas that tell something about the database are run.',
    isOfClient: PRAGMAS_OF_CLIENTS.has(name),
  };
}

function reasonOnPostgres(words: readonly Word[]): Reason | undefined {
  if (standAt(words, 0, 'ALTER', 'SYSTEM')) return RUNNING;
  if (['CREATE', 'DROP', 'ALTER'].some((verb) => standAt(words, 0, verb, 'DATABASE'))) {
    return DATABASES;
  }
  if (standAt(words, 0, 'DECLARE') && haveWords(words, 'WITH', 'HOLD')) {
    return { message: 'A cursor that is held would stay open after the request.' };
  }
  if (!standAt(words, 0, 'SET') || standAt(words, 0, 'SET', 'CONSTRAINTS')) return undefined;
  if (!standAt(words, 0, 'SET', 'LOCAL')) {
    return { ...SETTINGS, message: `${SETTINGS.message} Use SET LOCAL.` };
  }
  const name = words[2]?.text.toUpperCase() ?? '';
  return RELIED_ON.test(name) ? { message: 'The site relies on this setting.' } : undefined;
}
