/**
 * Passwords: how they are stored and checked.
 *
 * Only a scrypt hash is stored. It carries its own parameters and salt, so hashes made with others
 * stay valid. Comparison takes the same time wherever the hashes differ.
 *
 * A stored hash reads `$scrypt$ln=14,r=8,p=5$SALT$HASH`, salt and hash in base64 without padding.
 */
import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { Invalid, ServerError } from '../errors.js';
import { type Credentials, VerifiedCredentials } from './verified-credentials.js';

export interface PasswordParameters {
  /** Logarithm to base 2 of scrypt's N, which time and memory grow with. */
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** 16 MB and about a tenth of a second for each check. */
const PASSWORD_PARAMETERS: PasswordParameters = Object.freeze({ logN: 14, r: 8, p: 5 });

/** Longest password, in UTF-8: what anyone may send has a bound. */
export const PASSWORD_BYTES_MAX = 1024;

/**
 * Shortest password that is taken on a screen, in characters. Programs and the command line, whose
 * passwords may come from elsewhere, are held to no more than that there is one.
 */
export const PASSWORD_CHARACTERS_MIN = 8;

/** The most in words: `1,024 bytes`. */
const LONGEST = `${PASSWORD_BYTES_MAX.toLocaleString('en')} bytes`;

/** Most memory one check may take. A hash that asks for more is refused, not computed. */
const MEMORY_BYTES_MAX = 128 * 1024 * 1024;
const LANES_MAX = 16;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const STORED = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/]+)\$([\w+/]+)$/;

export interface PasswordsOptions {
  /** For new hashes. */
  readonly parameters?: PasswordParameters | undefined;
  /** The credentials that other threads have verified. */
  readonly verified?: VerifiedCredentials | undefined;
}

export class Passwords {
  readonly verified: VerifiedCredentials;
  readonly #parameters: PasswordParameters;
  /** Random bytes in the form of a hash, to check against where there is no user. */
  #decoy: string | undefined;

  constructor({ parameters, verified }: PasswordsOptions = {}) {
    this.#parameters = parameters ?? PASSWORD_PARAMETERS;
    this.verified = verified ?? new VerifiedCredentials();
  }

  /**
   * Gives what is stored in place of a password.
   *
   * @throws Invalid `SRV_INVALID` for an empty password, or one past `PASSWORD_BYTES_MAX`
   */
  hash(password: string): string {
    const message = refusePassword(password);
    if (message !== undefined) throw new Invalid([{ field: 'fields.password', message }]);
    const salt = randomBytes(SALT_BYTES);
    return this.#encode(salt, derive(password, salt, this.#parameters, HASH_BYTES));
  }

  /**
   * Tells whether the password is the one that was hashed.
   *
   * Slow on purpose, in this thread, unless the credentials were verified before. A user without
   * a hash has no password that is right.
   *
   * @throws ServerError `SRV_PASSWORD_HASH` when the stored hash is none of ours
   */
  verify(credentials: Credentials): boolean {
    if (this.verified.has(credentials)) return true;
    const isRight = matches(credentials.password, credentials.passwordHash);
    if (isRight) this.verified.add(credentials);
    return isRight;
  }

  /** Takes as long as `verify` of a wrong password, so that time does not tell which users exist. */
  pretend(password: string): void {
    this.#decoy ??= this.#encode(randomBytes(SALT_BYTES), randomBytes(HASH_BYTES));
    matches(password, this.#decoy);
  }

  #encode(salt: Buffer, hash: Buffer): string {
    const { logN, r, p } = this.#parameters;
    return `$scrypt$ln=${logN},r=${r},p=${p}$${unpadded(salt)}$${unpadded(hash)}`;
  }
}

/** Says why nobody can have this password; `undefined` when one can. */
export function refusePassword(password: string): string | undefined {
  if (password === '') return 'A password must not be empty';
  return isTooLong(password) ? `A password has at most ${LONGEST}` : undefined;
}

/** As `refusePassword`, for one that somebody chooses on a screen: it must not be short either. */
export function refuseChosenPassword(password: string): string | undefined {
  if (!isShort(password)) return refusePassword(password);
  return `A password has at least ${PASSWORD_CHARACTERS_MIN} characters, and at most ${LONGEST}`;
}

/** Tells whether a password has too few characters to be chosen on a screen. */
export function isShort(password: string): boolean {
  return Array.from(password).length < PASSWORD_CHARACTERS_MIN;
}

function matches(password: string, passwordHash: string): boolean {
  if (passwordHash === '' || isTooLong(password)) return false;
  const { parameters, salt, hash } = parse(passwordHash);
  return timingSafeEqual(derive(password, salt, parameters, hash.length), hash);
}

function parse(passwordHash: string): {
  readonly parameters: PasswordParameters;
  readonly salt: Buffer;
  readonly hash: Buffer;
} {
  const [whole, logN, r, p, salt = '', hash = ''] = STORED.exec(passwordHash) ?? [];
  const parameters = { logN: Number(logN), r: Number(r), p: Number(p) };
  const parts = { salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') };
  const isOurs =
    whole !== undefined &&
    parameters.logN >= 1 &&
    parameters.r >= 1 &&
    parameters.p >= 1 &&
    parameters.p <= LANES_MAX &&
    memoryBytes(parameters) <= MEMORY_BYTES_MAX &&
    parts.hash.length >= SALT_BYTES;
  if (!isOurs) {
    throw new ServerError(
      'SRV_PASSWORD_HASH',
      'A stored password hash is not one that Canopy made. Set the password of this user again.',
    );
  }
  return { parameters, ...parts };
}

function derive(
  password: string,
  salt: Uint8Array,
  parameters: PasswordParameters,
  bytes: number,
): Buffer {
  const { logN, r, p } = parameters;
  // Normalised, so that a password with accents is the same from every keyboard.
  return scryptSync(password.normalize('NFKC'), salt, bytes, {
    N: 2 ** logN,
    r,
    p,
    maxmem: 2 * MEMORY_BYTES_MAX,
  });
}

function memoryBytes({ logN, r }: PasswordParameters): number {
  return 128 * r * 2 ** logN;
}

function isTooLong(password: string): boolean {
  return Buffer.byteLength(password) > PASSWORD_BYTES_MAX;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
