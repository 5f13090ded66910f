/**
 * Who may follow and cancel a job: whoever asked for it, a Manager of the site, and of those that
 * look after the database, whoever may pack it.
 */
import { siteRoot } from '../content/places.js';
import type { Work } from '../content/work.js';
import { principalKey } from '../security/principal.js';
import { MANAGER_ROLE } from '../security/role.js';
import type { JobRecord } from './job.js';

/** What whoever looks after the database needs, at the root. */
export const DATABASE_PERMISSION = 'Pack database';

const OF_DATABASE: ReadonlySet<string> = new Set(['backup', 'check', 'pack']);

export function maySeeJob(
  { connection, policy, user: asking }: Pick<Work, 'connection' | 'policy' | 'user'>,
  { kind, user }: Pick<JobRecord, 'kind' | 'user'>,
): boolean {
  if (user === principalKey(asking)) return true;
  const root = siteRoot(connection);
  if (policy.rolesAt(root).includes(MANAGER_ROLE)) return true;
  return OF_DATABASE.has(kind) && policy.may(DATABASE_PERMISSION, root);
}
