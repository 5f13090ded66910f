/**
 * `canopy serve`: serves a site until it is asked to end.
 *
 * `SIGTERM` and `SIGINT` end it in order: what was begun is answered and saved. A later signal ends
 * it at once, which loses no saved change.
 */
import { Log } from '../log.js';
import { pluginSpecifiers } from '../plugin-specifiers.js';
import { PublisherThreads } from '../publisher/threads.js';
import { backupsDirectory, type Settings } from '../settings.js';
import { defineCommand, type CommandInput } from './command.js';
import { prepareDataDirectory } from './data-directory.js';
import { endSignals } from './end-signals.js';
import { announceAdmin, passwordFrom } from './password.js';

const EXIT_FAILED = 1;
const EXIT_AT_ONCE = 130;
/** How long a start may go on after it was asked to end: a plugin may hold it up for ever. */
const START_ENDS_WITHIN_MS = 2000;

const SETTINGS = [
  'data',
  'backups',
  'port',
  'host',
  'workers',
  'timeLimitMs',
  'maxUploadBytes',
  'cacheObjects',
  'trashDays',
  'trustedProxies',
  'plugins',
  'logLevel',
  'logFormat',
  'empty',
  'adminPassword',
] as const;

export const serve = defineCommand({
  about: `Serves the site. Where there is no database yet, one is made, with a small welcome site unless
--empty is given. When requests are accepted, one line says so on standard output:
"Canopy is ready at http://HOST:PORT/". The log is on standard error. SIGTERM or Ctrl-C ends it when
what was begun is answered and saved; the same again, at once.`,
  settings: SETTINGS,
  run: runServer,
});

async function runServer(input: CommandInput<(typeof SETTINGS)[number]>): Promise<number> {
  const { settings, directory, out } = input;
  const log = openLog(settings);
  const fail = (cause: unknown): never => {
    log.error('The server cannot go on', { error: cause });
    process.exit(EXIT_FAILED);
  };
  using signals = endSignals({
    source: process,
    nowMs: () => performance.now(),
    onForced: () => process.exit(EXIT_AT_ONCE),
  });
  let starting = true;
  void signals.first.then((name) => {
    if (!starting) return;
    log.info('ending while it starts', { signal: name });
    setTimeout(() => starting && process.exit(EXIT_AT_ONCE), START_ENDS_WITHIN_MS).unref();
  });
  const remark = prepareDataDirectory(settings.data);
  if (remark !== undefined) log.warn(remark);
  const plugins = pluginSpecifiers(settings.plugins, directory);
  const admin = passwordFrom(settings.adminPassword);
  // The threads begin to load their code before this thread loads the rest of its own.
  const served = { ...settings, plugins, backups: backupsDirectory(settings) };
  const threads = new PublisherThreads({ settings: served, log, onFatal: fail });
  const [{ startServer }, { LevelStorage }] = await Promise.all([
    import('../http/server.js'),
    import('../../odb/index.js'),
  ]);
  const server = await startServer({
    settings: served,
    log,
    threads,
    initial: { adminPassword: admin.password, welcome: !settings.empty },
    openStorage: (rules) =>
      LevelStorage.open({ directory: settings.data, thread: true, rules, onLost: fail }),
    onFatal: fail,
    onMade() {
      for (const line of announceAdmin(admin)) out(line);
    },
  });
  starting = false;
  out(`Canopy is ready at ${server.url}`);
  log.info('ready', { url: server.url, data: settings.data, workers: settings.workers });
  log.info('ending', { signal: await signals.first });
  await server.close();
  log.info('ended');
  log.flush();
  return 0;
}

function openLog({ logLevel, logFormat }: Pick<Settings, 'logLevel' | 'logFormat'>): Log {
  const terminal = process.stderr.isTTY;
  const format = logFormat === 'auto' ? (terminal ? 'text' : 'json') : logFormat;
  return new Log({ level: logLevel, format, colour: terminal });
}
