/**
 * The first administrator's password: the one that was given, or a random one that is shown once.
 */
import { randomInt } from 'node:crypto';

/** Letters and digits that nobody mistakes for each other. */
const CHARACTERS = 'abcdefghijkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP_CHARACTERS = 5;

export interface AdminPassword {
  readonly password: string;
  /** Nobody chose it, so it has to be shown. */
  readonly random: boolean;
}

/** Gives the password for a new database; about 100 bits when it is made here. */
export function adminPassword(given: string | undefined): AdminPassword {
  if (given !== undefined && given !== '') return { password: given, random: false };
  const groups = Array.from({ length: GROUPS }, () =>
    Array.from({ length: GROUP_CHARACTERS }, () => CHARACTERS[randomInt(CHARACTERS.length)]).join(
      '',
    ),
  );
  return { password: groups.join('-'), random: true };
}

/** Says who the administrator of a new database is, with a password that was made here. */
export function announceAdmin({ password, random }: AdminPassword): string {
  return random
    ? `The administrator is "admin", with the password ${password} (shown only now)`
    : 'The administrator is "admin", with the password you chose';
}
