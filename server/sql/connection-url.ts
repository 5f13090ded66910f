/**
 * Where a database is, from the URL of a connection.
 *
 * `postgres://user@host:5432/name?sslmode=verify-full`, `mysql://…` and, for SQLite, the name of a file.
 * A password is kept apart from the URL, and no text that leaves here has one in it. What stands as
 * `${CANOPY_SQL_NAME}` is taken from the environment when a connection is made; variables of other
 * names are none of a site's business, whoever may edit its connections.
 *
 * To another machine a connection is encrypted, and the server proves who it is, unless the URL says
 * less.
 */
import { quoted } from '../quote.js';
import type { Dialect } from './dialect.js';

/** What a connection is made with: text of the site, nothing looked up yet. */
export interface ConnectionSource {
  readonly driver: Dialect;
  readonly url: string;
  /** Comes before one in the URL. */
  readonly password?: string | undefined;
}

/** How much of TLS is asked for: none, encryption alone, a certificate we trust, and one for this host. */
export const TLS_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;

export type TlsMode = (typeof TLS_MODES)[number];

export interface ServerAddress {
  readonly kind: 'server';
  readonly host: string;
  readonly port: number;
  /** The socket it listens on, in place of host and port: for PostgreSQL the folder of it. */
  readonly socket: string | undefined;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls: TlsMode;
  /** The file with the certificates that are trusted, where it is not those of the system. */
  readonly authorities: string | undefined;
  readonly sessionsMax: number;
}

export interface FileAddress {
  readonly kind: 'file';
  /** A name without folders. */
  readonly file: string;
}

export type ConnectionAddress = ServerAddress | FileAddress;

/** Why a URL is none. Says nothing of its password. */
export class UrlFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UrlFault';
  }
}

export const SESSIONS_MAX_DEFAULT = 8;
/** The most that `?pool=` may ask for. */
export const SESSIONS_MAX_LIMIT = 64;

const VARIABLE = /\$\{([^}]*)\}/g;
const VARIABLE_NAME = /^CANOPY_SQL_[A-Z0-9_]+$/;
/** What stands for a password in a URL that somebody is shown. */
export const SHOWN_PASSWORD = '•••';
const FILE_NAME_LENGTH_MAX = 120;
/** Files that SQLite puts beside a database. */
const COMPANION = /-(?:journal|wal|shm)$/i;

const PROTOCOLS: Readonly<Record<'postgres' | 'mysql', ReadonlySet<string>>> = {
  postgres: new Set(['postgres:', 'postgresql:']),
  mysql: new Set(['mysql:', 'mariadb:']),
};
const PORTS = { postgres: 5432, mysql: 3306 } as const;

/** The names that a setting in a URL has, with each server's own clients. */
const PARAMETERS: Readonly<Record<string, 'tls' | 'authorities' | 'pool' | 'socket'>> = {
  sslmode: 'tls',
  'ssl-mode': 'tls',
  sslrootcert: 'authorities',
  'ssl-ca': 'authorities',
  pool: 'pool',
  host: 'socket',
  socket: 'socket',
};
const TLS_WORDS: Readonly<Record<string, TlsMode>> = {
  disable: 'disable',
  disabled: 'disable',
  require: 'require',
  required: 'require',
  'verify-ca': 'verify-ca',
  verify_ca: 'verify-ca',
  'verify-full': 'verify-full',
  verify_identity: 'verify-full',
};

/**
 * Reads where a connection goes to.
 *
 * @param environment where `${…}` is looked up; default: what is written stays, to check a URL alone
 * @throws UrlFault
 */
export function readAddress(
  { driver, url, password }: ConnectionSource,
  environment?: Readonly<Record<string, string | undefined>>,
): ConnectionAddress {
  const look = (text: string): string =>
    environment === undefined ? checkVariables(text) : expanded(text, environment);
  return driver === 'sqlite'
    ? { kind: 'file', file: checkedFile(look(url)) }
    : readServer(driver, { url, password, look });
}

/** Takes the password out of a URL, so that it can be kept apart. A URL that cannot be read has none. */
export function splitPassword(url: string): {
  readonly url: string;
  readonly password: string | undefined;
} {
  const found = passwordIn(url);
  if (found === undefined) return { url, password: undefined };
  const { start, end } = found;
  return {
    url: url.slice(0, start - 1) + url.slice(end),
    password: decoded(url.slice(start, end)),
  };
}

/** Gives a URL as people may see it: with `SHOWN_PASSWORD` for a password. */
export function shownUrl(url: string): string {
  const found = passwordIn(url);
  return found === undefined
    ? url
    : url.slice(0, found.start) + SHOWN_PASSWORD + url.slice(found.end);
}

/**
 * Where the password stands in a URL. The last `@` before the host ends it, so that one with an `@`
 * that nobody encoded is taken out whole.
 */
function passwordIn(url: string): { readonly start: number; readonly end: number } | undefined {
  const authority = /^[a-z][a-z0-9+.-]*:\/\//i.exec(url)?.[0].length;
  if (authority === undefined) return undefined;
  const slash = url.indexOf('/', authority);
  const end = url.lastIndexOf('@', slash === -1 ? undefined : slash);
  const last = end < authority ? url.lastIndexOf('@') : end;
  const colon = url.indexOf(':', authority);
  return colon === -1 || last < colon ? undefined : { start: colon + 1, end: last };
}

interface ServerSource {
  readonly url: string;
  readonly password: string | undefined;
  readonly look: (text: string) => string;
}

function readServer(
  driver: 'postgres' | 'mysql',
  { url, password, look }: ServerSource,
): ServerAddress {
  const { url: bare, password: written } = splitPassword(url);
  const parsed = parse(look(bare), driver);
  const settings = settingsOf(parsed);
  const host = decoded(parsed.hostname).replace(/^\[|\]$/g, '') || 'localhost';
  const socket = settings.socket;
  const user = decoded(parsed.username);
  const database = decoded(parsed.pathname.replace(/^\//, ''));
  if (user === '') throw new UrlFault('The URL names no user: write it as //user@host/database.');
  if (database === '' || database.includes('/')) {
    throw new UrlFault('The URL names no database: write it as //user@host/database.');
  }
  return {
    kind: 'server',
    host,
    port: parsed.port === '' ? PORTS[driver] : Number(parsed.port),
    socket,
    user,
    password: look(password ?? written ?? ''),
    database,
    tls: settings.tls ?? (socket !== undefined || isOwnMachine(host) ? 'disable' : 'verify-full'),
    authorities: settings.authorities,
    sessionsMax: settings.pool ?? SESSIONS_MAX_DEFAULT,
  };
}

function parse(url: string, driver: 'postgres' | 'mysql'): URL {
  // A URL without a host is none to the parser: it stands for this machine.
  const whole = url.replace(/^([a-z]+:\/\/(?:[^/@]*@)?)(?=\/)/i, '$1localhost');
  const parsed = URL.canParse(whole) ? new URL(whole) : undefined;
  if (parsed === undefined || !PROTOCOLS[driver].has(parsed.protocol)) {
    throw new UrlFault(
      `This is no URL of such a server: it looks like ${driver}://user@host/name.`,
    );
  }
  return parsed;
}

interface UrlSettings {
  readonly tls?: TlsMode;
  readonly authorities?: string;
  readonly socket?: string;
  readonly pool?: number;
}

function settingsOf({ searchParams }: URL): UrlSettings {
  let settings: UrlSettings = {};
  for (const [name, value] of searchParams) {
    const known = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    switch (known) {
      case 'tls':
        settings = { ...settings, tls: readTlsMode(value) };
        break;
      case 'authorities':
        settings = { ...settings, authorities: readPath(name, value) };
        break;
      case 'socket':
        settings = { ...settings, socket: readPath(name, value) };
        break;
      case 'pool':
        settings = { ...settings, pool: readPool(value) };
        break;
      case undefined:
        throw new UrlFault(`The URL has a setting ${quoted(name)}, which is not known here.`);
    }
  }
  return settings;
}

function readTlsMode(value: string): TlsMode {
  const word = value.toLowerCase();
  const mode = Object.hasOwn(TLS_WORDS, word) ? TLS_WORDS[word] : undefined;
  if (mode === undefined) throw new UrlFault(`sslmode is one of ${TLS_MODES.join(', ')}.`);
  return mode;
}

function readPath(name: string, value: string): string {
  if (value.startsWith('/') && !value.includes('\0')) return value;
  throw new UrlFault(`${name} is the path of a file, from “/” on.`);
}

function readPool(value: string): number {
  const pool = /^[0-9]{1,3}$/.test(value) ? Number(value) : 0;
  if (pool >= 1 && pool <= SESSIONS_MAX_LIMIT) return pool;
  throw new UrlFault(`pool is a number from 1 to ${SESSIONS_MAX_LIMIT}.`);
}

function isOwnMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.[0-9]{1,3}){3}$/.test(host);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone “%”, which people write where they should write “%25”.
    return text;
  }
}

function checkVariables(text: string): string {
  for (const [, name = ''] of text.matchAll(VARIABLE)) requireVariableName(name);
  return text;
}

function expanded(text: string, environment: Readonly<Record<string, string | undefined>>): string {
  return text.replaceAll(VARIABLE, (_, name: string) => {
    requireVariableName(name);
    const value = environment[name];
    if (value === undefined) throw new UrlFault(`The variable ${name} is not set.`);
    return value;
  });
}

function requireVariableName(name: string): void {
  if (VARIABLE_NAME.test(name)) return;
  throw new UrlFault(
    `${quoted(`\${${name}}`)} is not read: a variable's name begins with CANOPY_SQL_.`,
  );
}

function checkedFile(file: string): string {
  const isName =
    file.length > 0 &&
    file.length <= FILE_NAME_LENGTH_MAX &&
    file.isWellFormed() &&
    !/[/\\:\p{Cc}]/u.test(file) &&
    !file.startsWith('.') &&
    !COMPANION.test(file);
  if (isName) return file;
  throw new UrlFault('The URL of an SQLite database is the name of a file, without folders.');
}
