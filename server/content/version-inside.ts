/**
 * A look into a version from main, or from a version at main.
 *
 * Who somebody is, and what roles they have, is main's to say; settings of permissions are those of
 * where one looks.
 */
import type { Connection } from '../../odb/index.js';
import { callerIn } from '../publisher/past.js';
import { Policy } from '../security/policy.js';
import type { Caller } from '../security/standing.js';
import { siteRoot } from './places.js';
import { resolveCaller } from './user-folder.js';

/** Gives the policy of a connection, for a caller whom another connection knows. */
export function policyAt(connection: Connection, main: Connection, caller: Caller): Policy {
  const users = siteRoot(main);
  return new Policy(callerIn(connection, caller), {
    resolveCaller(key) {
      const author = resolveCaller(users, key);
      return author === undefined ? undefined : callerIn(connection, author);
    },
  });
}
