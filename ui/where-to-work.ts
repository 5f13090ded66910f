/**
 * Where somebody may work, for those who came to a door that is not theirs.
 *
 * Looked for where access to a part of the site is given: in local roles, outermost first. That is a
 * search, so it has a bound and is made for refusals only; what it does not find may be there all
 * the same.
 */
import {
  type Container,
  type Content,
  isContainer,
  principalKey,
  type PublishRequest,
  siteRoot,
} from '../server/index.js';

/** Objects that are looked at. */
const LOOKED_AT_MAX = 1000;
/** Places that are told. */
const PLACES_MAX = 5;

/** Finds objects whose screens the reader may open, and not what lies in one that was found. */
export function placesOfWork(request: PublishRequest): readonly Content[] {
  const { connection, policy, user } = request;
  const isOpen = (object: Content): boolean => policy.may('View management screens', object);
  const key = principalKey(user);
  const places: Content[] = [];
  const folders: Container[] = [siteRoot(connection)];
  let looked = 0;
  for (const folder of folders) {
    for (const object of folder.items()) {
      looked += 1;
      if (looked > LOOKED_AT_MAX || places.length >= PLACES_MAX) return places;
      if (Object.hasOwn(object.localRoles, key) && isOpen(object)) places.push(object);
      else if (isContainer(object)) folders.push(object);
    }
  }
  return places;
}
