/**
 * Pictures in conflict: what main and the version have, beside each other. The screen of conflicts
 * answers them itself, since the browser's own place shows one side alone.
 */
import {
  answerFile,
  Content,
  File,
  mediaType,
  NotFound,
  type OpenConflict,
  parseOid,
  policyAt,
  type PublishRequest,
  type Response,
  type Version,
} from '../server/index.js';
import { screenUrl } from './screen.js';

/** Fields of the address of a picture: which side, and of what. */
const SIDE = 'picture';
const OBJECT = 'oid';

/** Addresses of what both sides have. */
export interface Pictures {
  readonly main: string;
  readonly version: string;
}

/** Gives both pictures, where a conflict is about the bytes of one. */
export function picturesOf(version: Version, conflict: OpenConflict): Pictures | undefined {
  const { main, version: inside, oid } = conflict;
  const isAboutData = conflict.parts.some(({ name }) => name === 'data');
  if (!isAboutData || !isPicture(main.object) || !isPicture(inside.object)) return undefined;
  const srcOf = (side: keyof Pictures): string => {
    const query = new URLSearchParams({ [SIDE]: side, [OBJECT]: String(oid) });
    return `${screenUrl(version, 'conflicts')}?${query.toString()}`;
  };
  return { main: srcOf('main'), version: srcOf('version') };
}

/**
 * Answers a picture of one side to whoever may view it there; `undefined` where none is asked for.
 * @throws NotFound where there is none
 */
export function answerPicture(version: Version, request: PublishRequest): Response | undefined {
  const side = request.query.text(SIDE);
  if (side !== 'main' && side !== 'version') return undefined;
  const { connection, policy, site } = request;
  const oid = parseOid(request.query.text(OBJECT));
  const inside = side === 'main' ? undefined : version.oid;
  using there = inside === undefined ? undefined : site.database.connect({ version: inside });
  const judge = there === undefined ? policy : policyAt(there, connection, policy.caller);
  const object = oid === undefined ? undefined : (there ?? connection).find(oid);
  const isShown = object instanceof Content && isPicture(object) && judge.may('View', object);
  if (!isShown || !(object instanceof File)) throw new NotFound('There is no such picture');
  return answerFile(object).set('Cache-Control', 'no-store');
}

function isPicture(object: Content | undefined): boolean {
  return object instanceof File && mediaType(object.contentType).startsWith('image/');
}
