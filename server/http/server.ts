/**
 * A running server: storage, publisher threads and HTTP, started and ended in the right order.
 *
 * The database is opened before any thread joins it and closed last, after every thread that reads
 * it has ended. It is opened while the publishers' code is loaded, which may have begun even before
 * this module was; what that code brings (merge rules, assets) needs no database. To end, the server
 * stops accepting, answers what it has, ends the threads and closes the database.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MergeRules, Storage } from '../../odb/index.js';
import { keepTrashFor } from '../database/trash-days.js';
import { ServerError } from '../errors.js';
import { JobRunner } from '../jobs/runner.js';
import { Schedules } from '../jobs/schedules.js';
import type { Logger } from '../log.js';
import { Dispatcher } from '../publisher/dispatcher.js';
import type { Initial } from '../publisher/messages.js';
import type { PublisherPool } from '../publisher/pool.js';
import { PublisherThreads } from '../publisher/threads.js';
import type { PasswordParameters } from '../security/password.js';
import { prepareSessions } from '../security/session.js';
import { prepareSecrets } from '../sql/sealed-password.js';
import { SqlServer } from '../sql/sql-server.js';
import { backupsDirectory, type Settings } from '../settings.js';
import { ExportStreams } from '../export/streams.js';
import { createApp, type RequestHandler } from './app.js';
import { Assets } from './assets.js';
import { Gateway } from './gateway.js';
import { Housekeeping } from './housekeeping.js';

/** How long answers may take to go out after the server was asked to end. */
const DRAIN_MS_MAX = 30_000;
/** A connection on which nothing moves for so long is closed. */
const SILENT_MS_MAX = 120_000;
const KEEP_ALIVE_MS = 65_000;
const HEADERS_MS_MAX = 60_000;

export type ServerSettings = Pick<
  Settings,
  | 'data'
  | 'port'
  | 'host'
  | 'workers'
  | 'timeLimitMs'
  | 'maxUploadBytes'
  | 'cacheObjects'
  | 'trashDays'
  | 'trustedProxies'
  | 'plugins'
  | 'backups'
>;

export interface ServerOptions {
  readonly settings: ServerSettings;
  /** How new passwords are hashed; slowly, where it is not said. */
  readonly passwords?: PasswordParameters | undefined;
  readonly log: Logger;
  /** The threads, where they were started before; they are ended with the server. */
  readonly threads?: PublisherThreads;
  /** What to make of a database without a site. */
  readonly initial: Initial;
  /**
   * Opens the database; makes one where there is none. The rules by which its objects merge are
   * there when the publishers' code is loaded, which takes longer than opening the files.
   */
  readonly openStorage: (rules: Promise<MergeRules>) => Promise<Storage>;
  /** The server cannot go on and was not asked to end. */
  readonly onFatal: (cause: unknown) => void;
  /** There was no site, and one was made; told at once, since what follows may still fail. */
  readonly onMade?: () => void;
}

export interface RunningServer extends AsyncDisposable {
  /** `http://127.0.0.1:8080/` */
  readonly url: string;
  readonly port: number;
  readonly storage: Storage;
  readonly pool: PublisherPool;
  /** There was no site in the database, and one was made. */
  readonly made: boolean;
  /** Ends the server; what was begun is finished. Harmless when it has ended. */
  close(): Promise<void>;
}

/**
 * Starts a server. Resolves when it accepts requests.
 *
 * @throws when the database cannot be opened, a plugin cannot be loaded or the address is taken;
 *   nothing is left running then
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { settings, passwords, log, onFatal } = options;
  const { plugins, timeLimitMs, maxUploadBytes, trustedProxies } = settings;
  const backups = backupsDirectory(settings);
  const threads =
    options.threads ??
    new PublisherThreads({ settings: { ...settings, backups, passwords }, log, onFatal });
  const { pool, statistics } = threads;
  let storage: Storage | undefined;
  let sqlServer: SqlServer | undefined;
  let jobs: JobRunner | undefined;
  try {
    const opened = await options.openStorage(threads.loaded.then(({ rules }) => rules));
    storage = opened;
    const { assets } = await threads.loaded;
    await prepareSessions(storage);
    await prepareSecrets(storage);
    await keepTrashFor(storage, settings.trashDays);
    const sql = new SqlServer({ data: settings.data, storage, log });
    sqlServer = sql;
    const made = await threads.open(storage, sql, options.initial);
    if (made) options.onMade?.();
    const onForgotten = (): void => pool.renew();
    const running: JobRunner = new JobRunner({
      ...{ storage, plugins, backups, log, nowMs: Date.now, onForgotten },
      onEnded: (record) => schedules.ended(record),
    });
    jobs = running;
    const schedules = new Schedules({
      storage,
      start: (command) => running.run(command),
      isFull: () => running.isFull,
      log,
      nowMs: Date.now,
    });
    await jobs.open();
    sql.open();
    const dispatcher = new Dispatcher({
      pool,
      storage,
      sql,
      log,
      timeLimitMs,
      statistics,
      runJob: (command) => (command.what === 'look' ? schedules.look() : running.run(command)),
      onWriterLost: onFatal,
    });
    const exports = new ExportStreams({ storage, plugins });
    const gateway = new Gateway({
      dispatcher,
      storage,
      exports,
      assets: new Assets(assets),
      log,
      maxUploadBytes,
      trustedProxies,
    });
    const server = await listen(createApp(gateway.handle), settings);
    const housekeeping = new Housekeeping({
      metadata: storage,
      versions: () => opened.versions(),
      log,
      nowMs: Date.now,
    });
    housekeeping.start();
    void schedules.look();
    return new Running({
      server,
      gateway,
      exports,
      pool,
      jobs,
      schedules,
      housekeeping,
      sql,
      storage,
      settings,
      made,
    });
  } catch (error) {
    await jobs?.[Symbol.asyncDispose]();
    await pool.close();
    await sqlServer?.[Symbol.asyncDispose]();
    await storage?.close();
    throw error;
  }
}

async function listen(handle: RequestHandler, { port, host }: ServerSettings): Promise<Server> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS_MAX });
  // A slow upload may take as long as it keeps moving.
  server.requestTimeout = 0;
  server.timeout = SILENT_MS_MAX;
  server.on('request', handle);
  server.on('checkContinue', handle);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenError(cause, host, port)));
    server.listen({ port, host }, resolve);
  });
  return server;
}

const LISTEN_ERRORS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not listen there',
  EADDRINUSE: 'it is already in use',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no host of that name',
};

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): ServerError {
  const reason = LISTEN_ERRORS[cause.code ?? ''] ?? cause.message;
  const message = `The server cannot listen on ${host}, port ${port}: ${reason}.`;
  return new ServerError('SRV_ADDRESS', message, { cause });
}

interface Parts {
  readonly server: Server;
  readonly gateway: Gateway;
  readonly exports: ExportStreams;
  readonly pool: PublisherPool;
  readonly jobs: JobRunner;
  readonly schedules: Schedules;
  readonly housekeeping: Housekeeping;
  readonly sql: SqlServer;
  readonly storage: Storage;
  readonly settings: ServerSettings;
  readonly made: boolean;
}

class Running implements RunningServer {
  readonly url: string;
  readonly port: number;
  readonly storage: Storage;
  readonly pool: PublisherPool;
  readonly made: boolean;
  readonly #parts: Parts;
  #closed: Promise<void> | undefined;

  constructor(parts: Parts) {
    const { host } = parts.settings;
    // A server that listens on a port has an address with a port.
    this.port = (parts.server.address() as AddressInfo).port;
    this.url = `http://${host.includes(':') ? `[${host}]` : host}:${this.port}/`;
    this.storage = parts.storage;
    this.pool = parts.pool;
    this.made = parts.made;
    this.#parts = parts;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    const { server, gateway, exports, pool, jobs, schedules, housekeeping, sql, storage } =
      this.#parts;
    housekeeping[Symbol.dispose]();
    schedules[Symbol.dispose]();
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS_MAX);
    await gateway.drain();
    server.closeIdleConnections();
    await closed;
    clearTimeout(timer);
    await jobs[Symbol.asyncDispose]();
    await exports[Symbol.asyncDispose]();
    await pool.close();
    await sql[Symbol.asyncDispose]();
    await storage.close();
  }
}
