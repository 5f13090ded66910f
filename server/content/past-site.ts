/**
 * The site as it was, for somebody of today: a connection to a moment, and who may do what there.
 *
 * What may be seen of it must have been allowed then and be allowed now, by users and roles of today.
 */
import type { Connection, Oid, Tid } from '../../odb/index.js';
import { callerIn, PastPolicy } from '../publisher/past.js';
import { Content } from './content.js';
import type { Folder } from './folder.js';
import { siteRoot } from './places.js';
import { resolveCaller } from './user-folder.js';
import type { Work } from './work.js';

export class PastSite implements Disposable {
  readonly at: Tid;
  readonly connection: Connection;
  readonly policy: PastPolicy;

  /**
   * @param when just after this transaction, and in which version; without one, in main
   * @throws TypeError when there was no site yet then; see `hasSite`
   */
  constructor(
    { connection: present, policy, site }: Pick<Work, 'connection' | 'policy' | 'site'>,
    when: { readonly at: Tid; readonly version?: Oid | undefined },
  ) {
    const { at, version } = when;
    const connection = site.database.connect({ at, ...(version === undefined ? {} : { version }) });
    const users = siteRoot(present);
    this.at = at;
    this.connection = connection;
    this.policy = new PastPolicy(callerIn(connection, policy.caller), {
      resolveCaller(key) {
        const author = resolveCaller(users, key);
        return author === undefined ? undefined : callerIn(connection, author);
      },
      present: policy,
      connection: present,
    });
  }

  get root(): Folder {
    return siteRoot(this.connection);
  }

  /** Gives an object as it stood then; `undefined` when it stood nowhere. */
  find(oid: Oid | undefined): Content | undefined {
    const found = oid === undefined ? undefined : this.connection.find(oid);
    return found instanceof Content && found.isWithin(this.root) ? found : undefined;
  }

  [Symbol.dispose](): void {
    this.connection.close();
  }
}
