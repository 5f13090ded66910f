/**
 * People as lists show them: a name, and a face that is the same wherever the name stands.
 */
import { parsePrincipal } from '../server/index.js';

/** Faces differ in tone; the letter, and the name beside it, say who it is. */
const FACES = 4;

export interface Who {
  readonly user: string;
  /** Path of the user folder; `''` for nobody in particular. */
  readonly folder: string;
  readonly initial: string;
  /** `''`, `2`, `3` or `4`: the face's tone. */
  readonly face: string;
}

/** Shows a principal by its key; `null` or nothing is Anonymous. */
export function whoIs(key: string | null | undefined): Who {
  const principal = key === null || key === undefined ? undefined : parsePrincipal(key);
  const user = principal?.name ?? key ?? 'Anonymous';
  let sum = 0;
  for (const character of user) sum += character.codePointAt(0) ?? 0;
  const face = sum % FACES;
  return {
    user,
    folder: principal?.userFolder ?? '',
    initial: user.slice(0, 1),
    face: face === 0 ? '' : String(face + 1),
  };
}
