/**
 * Changing one's own password.
 *
 * Whoever is signed in may, wherever their user folder stands: no permission is asked, the present
 * password is. A wrong one counts as a failed sign-in, so a browser left alone is no way to guess
 * it. Everything that was signed in with the old password ends with it; the session that asked goes
 * on under a new id.
 */
import { contentAt } from '../content/content.js';
import { touched } from '../content/edit.js';
import { siteRoot } from '../content/places.js';
import type { User } from '../content/user.js';
import { UserFolder } from '../content/user-folder.js';
import { Forbidden, Invalid, Taken, Unauthorized } from '../errors.js';
import { refusePassword } from '../security/password.js';
import { principalKey } from '../security/principal.js';
import { credentialOf, type Session, SESSION_COOKIE } from '../security/session.js';
import { isSecure, tooManyAttempts } from './authenticate.js';
import type { PublishRequest } from './request.js';

export interface OwnPassword {
  /** The one that is to be given up. */
  readonly present: string;
  readonly password: string;
}

/**
 * Gives whoever sent the request another password, as part of the request's transaction.
 *
 * Takes two slow hashes, a fifth of a second.
 *
 * @returns the value of a `Set-Cookie` header with which the asking session goes on; `undefined`
 *   where none asked
 * @throws Unauthorized when nobody is signed in
 * @throws Taken `SRV_IN_VERSION` in a version: who the users are is main's to say
 * @throws Forbidden in a batch, where the cookie would be lost and the rest be done as before
 * @throws Invalid naming `present` or `password`
 * @throws TooManyAttempts `SRV_TOO_MANY_ATTEMPTS`
 */
export async function changeOwnPassword(
  request: PublishRequest,
  { present, password }: OwnPassword,
): Promise<string | undefined> {
  const user = requireOwnUser(request);
  if (request.version !== undefined) {
    throw new Taken('One’s password is the same in every version: leave this version first.', {
      code: 'SRV_IN_VERSION',
    });
  }
  if (request.isPart) throw new Forbidden('A password is changed by a request of its own.');
  const refusal = refusePassword(password);
  if (refusal !== undefined) throw new Invalid([{ field: 'password', message: refusal }]);
  await requirePresent(request, user, present);

  const { site } = request;
  const session = sessionOf(request);
  const passwordHash = site.passwords.hash(password);
  user.passwordHash = passwordHash;
  touched(request, user);
  request.did(`${user.name} changed the own password`);
  if (session === undefined) return undefined;
  // The old session stays until the transaction is saved, and the old hash with it: begun again
  // after a conflict, the request must still come from somebody.
  const { cookie, stored } = site.sessions.start({
    principal: session.principal,
    credential: credentialOf(passwordHash),
    remember: session.remember,
    secure: isSecure(request),
  });
  request.waitFor(stored);
  return cookie;
}

function requireOwnUser({ user, connection }: PublishRequest): User {
  const folder = contentAt(siteRoot(connection), user.userFolder);
  const own = folder instanceof UserFolder ? folder.user(user.name) : undefined;
  if (own !== undefined) return own;
  const message = 'Nobody is signed in';
  const decision = { allowed: false, because: [message] };
  throw new Unauthorized(`${message}.`, { known: false, decision });
}

async function requirePresent(request: PublishRequest, user: User, present: string): Promise<void> {
  const { site, envelope } = request;
  const principal = principalKey(request.user);
  const attempt = { principal, address: envelope.remoteAddress };
  const waitSeconds = site.guard.waitSeconds(attempt);
  if (waitSeconds > 0) throw tooManyAttempts(waitSeconds);
  const { passwordHash } = user;
  if (site.passwords.verify({ principal, password: present, passwordHash })) {
    await site.guard.succeeded(attempt);
    return;
  }
  await site.guard.failed(attempt);
  throw new Invalid([{ field: 'present', message: 'This is not the present password' }]);
}

/** Gives the session that the request came with; `Authorization` wins over one. */
function sessionOf({ site, headers, cookies, user }: PublishRequest): Session | undefined {
  if (headers['authorization'] !== undefined) return undefined;
  const session = site.sessions.find(cookies[SESSION_COOKIE]);
  return session?.principal === principalKey(user) ? session : undefined;
}
