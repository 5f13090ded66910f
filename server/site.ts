/**
 * An open site: a database, the content types and views that its plugins bring, and the objects
 * everything begins at.
 *
 * What is here runs in every thread: the main thread, each publisher and the command line open a
 * site of their own on the same data. The code of all types is to be loaded (`loadSitePlugins`)
 * before the storage is opened, since the writer needs their merge rules.
 */
import {
  type Blobs,
  type Connection,
  type Database,
  type Oid,
  RETRIES_MAX,
  type Storage,
  type Tid,
  TransientError,
} from '../odb/index.js';
import { SlowQueries } from './catalog/slow-queries.js';
import { CatalogList, CATALOGS_KEY } from './content/catalog-list.js';
import { fillCatalog } from './content/catalog-fill.js';
import { contentTypes } from './content/content-type.js';
import { deriveCatalogs, takePending } from './content/deriving.js';
import { Folder } from './content/folder.js';
import { SITE_KEY, siteRoot } from './content/places.js';
import { TransactionWork } from './content/transaction-work.js';
import { registerBuiltInTypes } from './content/types.js';
import { User } from './content/user.js';
import { resolveCaller, UserFolder } from './content/user-folder.js';
import { policyAt } from './content/version-inside.js';
import { VersionList, VERSIONS_KEY } from './content/version-list.js';
import type { SiteServices, TemplateCaches } from './content/work.js';
import { NotFound } from './errors.js';
import { loadPlugins, type Plugin } from './plugin.js';
import { registerView } from './publisher/view.js';
import { LoginGuard } from './security/login-guard.js';
import { Passwords } from './security/password.js';
import { isPermission, registerPermission } from './security/permission.js';
import { principalKey, USER_FOLDER_ID } from './security/principal.js';
import { MANAGER_ROLE } from './security/role.js';
import { Sessions } from './security/session.js';
import type { ServerFacts } from './server-facts.js';
import { prepareJournal } from './sql/sql-journal.js';
import { SqlServices, type SqlServicesOptions } from './sql/sql-services.js';
import { TemplateCache } from './templates/index.js';
import { loadWelcomeSite } from './welcome/load.js';

/** The name of the first administrator. */
export const ADMIN_NAME = 'admin';

/** The first administrator, whom the welcome site and imports act for. */
export const ADMIN_KEY = principalKey({ userFolder: `/${USER_FOLDER_ID}`, name: ADMIN_NAME });

export interface OpenSiteOptions {
  readonly database: Database;
  readonly plugins?: readonly Plugin[];
  /** Shared with the other threads, so that each remembers who was verified. */
  readonly passwords?: Passwords;
  /** The number of this thread among those that count failed sign-ins. */
  readonly thread?: number;
  /** The server that this thread is of. */
  readonly server?: ServerFacts;
  /** What SQL shares with the other threads, and its way to databases. */
  readonly sql?: SqlServicesOptions;
  /** Milliseconds since the epoch. */
  readonly nowMs?: () => number;
}

export interface TransactOptions {
  readonly onSaved?: (tid: Tid) => void;
  readonly version?: Oid | undefined;
}

export class Site implements SiteServices {
  readonly database: Database;
  readonly storage: Storage;
  readonly blobs: Blobs;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly guard: LoginGuard;
  readonly templates: TemplateCaches = {
    page: new TemplateCache(),
    text: new TemplateCache(),
  };
  readonly sql: SqlServices;
  readonly plugins: readonly Plugin[];
  readonly server: ServerFacts | undefined;
  readonly #nowMs: () => number;
  #slowQueries: SlowQueries | undefined;

  constructor(options: OpenSiteOptions) {
    const { database, plugins = [], passwords, thread = 0, nowMs = Date.now } = options;
    this.database = database;
    database.derives(deriveCatalogs);
    this.storage = database.storage;
    this.blobs = database.storage.blobs;
    this.passwords = passwords ?? new Passwords();
    this.sessions = new Sessions({ metadata: this.storage, now: nowMs });
    this.guard = new LoginGuard({ metadata: this.storage, now: nowMs, thread });
    this.sql = new SqlServices(options.sql);
    this.plugins = plugins;
    this.server = options.server;
    this.#slowQueries = options.server?.slowQueries;
    this.#nowMs = nowMs;
  }

  /** Outside of a server, those of this site alone. */
  get slowQueries(): SlowQueries {
    return (this.#slowQueries ??= new SlowQueries());
  }

  /**
   * Gives the root of the site.
   * @throws TypeError when the database has none: it was never initialised
   */
  root(connection: Connection): Folder {
    return siteRoot(connection);
  }

  /** Tells whether the database has a site. */
  exists(): boolean {
    using connection = this.database.connect();
    return connection.root.has(SITE_KEY);
  }

  /**
   * Does work in a transaction of its own in the name of a user, and saves it. After a conflict it
   * is done again from the start, `RETRIES_MAX` times at most.
   *
   * @param user principal key of an existing user
   * @param options.onSaved called once with the transaction that was saved
   * @param options.version the version to work in; users and their roles are main's. Default: main
   * @throws NotFound when there is no such user
   * @throws ConflictError when the last attempt failed too
   */
  async transact<T>(
    user: string,
    run: (work: TransactionWork) => T | Promise<T>,
    { onSaved, version }: TransactOptions = {},
  ): Promise<T> {
    using main = this.database.connect();
    using inside = version === undefined ? undefined : this.database.connect({ version });
    const connection = inside ?? main;
    for (let attempt = 0; ; attempt += 1) {
      main.begin();
      inside?.begin();
      try {
        const caller = resolveCaller(this.root(main), user);
        if (caller === undefined) throw new NotFound(`There is no user ${user}`);
        const nowMs = this.#nowMs();
        const policy = policyAt(connection, main, caller);
        const work = new TransactionWork({ site: this, connection, policy, nowMs });
        const result = await run(work);
        await work.settled();
        const { transaction } = connection;
        const tid = await connection.commit(work.meta);
        onSaved?.(tid);
        for (const catalog of takePending(transaction)) {
          await fillCatalog({ database: this.database, catalog, version, user });
        }
        return result;
      } catch (error) {
        connection.abort();
        if (!(error instanceof TransientError) || attempt >= RETRIES_MAX) throw error;
      }
    }
  }
}

/**
 * Loads the admin and plugins, and puts their types and views on the lists. To be done once in a thread.
 *
 * @param specifiers names of packages, or paths or URLs of modules
 * @throws TypeError when a module exports no plugin, or a type or view of that name is there
 */
export async function loadSitePlugins(specifiers: readonly string[]): Promise<readonly Plugin[]> {
  registerBuiltInTypes();
  const plugins = await loadPlugins(specifiers);
  registerPlugins(plugins);
  return plugins;
}

function registerPlugins(plugins: readonly Plugin[]): void {
  for (const plugin of plugins) {
    for (const type of plugin.contentTypes ?? []) contentTypes.register(type);
    for (const view of plugin.views ?? []) registerView(view);
  }
  for (const type of contentTypes.all()) {
    const what = type.title.toLowerCase();
    for (const name of [type.addPermission, type.changePermission]) {
      if (!isPermission(name)) registerPermission(name, { meaning: `for the type ${what}` });
    }
  }
}

/** Opens a site on a database, and starts its plugins. */
export async function openSite(options: OpenSiteOptions): Promise<Site> {
  registerBuiltInTypes();
  registerPlugins(options.plugins ?? []);
  const site = new Site(options);
  for (const plugin of site.plugins) await plugin.start?.(site);
  return site;
}

export interface InitialiseOptions {
  readonly adminPassword: string;
  /** Puts the welcome site in, in a transaction of its own, so that it can be undone. */
  readonly welcome: boolean;
  readonly nowMs?: number;
}

/**
 * Makes the root and its user folder with the first administrator, where there is no site yet.
 *
 * @returns `false` when there is one: nothing was done
 * @throws Invalid for an empty password
 */
export async function initialise(site: Site, options: InitialiseOptions): Promise<boolean> {
  using connection = site.database.connect();
  if (connection.root.has(SITE_KEY)) return false;
  const createdMs = options.nowMs ?? Date.now();
  const made = { createdMs, owner: ADMIN_KEY };
  const root = new Folder({ ...made, title: 'Home' });
  const users = new UserFolder(made);
  const passwordHash = site.passwords.hash(options.adminPassword);
  root.insert(users, USER_FOLDER_ID);
  users.insert(new User({ ...made, userRoles: [MANAGER_ROLE], passwordHash }), ADMIN_NAME);
  connection.root.set(SITE_KEY, root);
  connection.root.set(VERSIONS_KEY, new VersionList());
  connection.root.set(CATALOGS_KEY, new CatalogList());
  prepareJournal(connection);
  await connection.commit({ user: ADMIN_KEY, note: 'Created the site', paths: ['/'] });
  if (options.welcome) await site.transact(ADMIN_KEY, loadWelcomeSite);
  return true;
}
