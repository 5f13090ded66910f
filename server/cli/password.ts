/**
 * A password on the command line: the one that was given, or a random one that is shown once.
 */
import { randomInt } from 'node:crypto';
import { isShort, PASSWORD_CHARACTERS_MIN } from '../security/password.js';

/** Letters and digits that nobody mistakes for each other. */
const CHARACTERS = 'abcdefghijkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP_CHARACTERS = 5;

export interface GivenPassword {
  readonly password: string;
  /** Nobody chose it, so it has to be shown. */
  readonly random: boolean;
}

/** Gives the password to be set; about 100 bits when it is made here. */
export function passwordFrom(given: string | undefined): GivenPassword {
  if (given !== undefined) return { password: given, random: false };
  const groups = Array.from({ length: GROUPS }, () =>
    Array.from({ length: GROUP_CHARACTERS }, () => CHARACTERS[randomInt(CHARACTERS.length)]).join(
      '',
    ),
  );
  return { password: groups.join('-'), random: true };
}

/** Says who the administrator of a new database is, with a password that was made here. */
export function announceAdmin(given: GivenPassword): readonly string[] {
  const who = given.random
    ? `The administrator is "admin", with the password ${given.password} (shown only now)`
    : 'The administrator is "admin", with the password you chose';
  return [who, ...adviceOn(given)];
}

/** Says what speaks against a password that was taken all the same. */
export function adviceOn({ password }: GivenPassword): readonly string[] {
  return isShort(password)
    ? [`A password of fewer than ${PASSWORD_CHARACTERS_MIN} characters is easily guessed.`]
    : [];
}
