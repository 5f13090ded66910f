/**
 * Settings: what an operator may choose.
 *
 * Every setting has one name, and is given as `--name`, as `CANOPY_NAME`, or as a key of
 * `canopy.config.json`; the first of these that gives it wins. The table below is the only list:
 * parsing, `--help` and the types all follow from it. A value that cannot be used stops the
 * program with an error that says where the value came from and what would do.
 */
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { TRASH_DAYS_DEFAULT, TRASH_DAYS_MAX } from './database/trash-days.js';
import {
  choice,
  count,
  flag,
  folder,
  list,
  password,
  seconds,
  type Setting,
  SettingsError,
  size,
  text,
} from './settings-kinds.js';
import {
  CONFIG_FILE,
  type GivenValues,
  readCommandLine,
  readSettingsFile,
  type SettingsFile,
} from './settings-sources.js';

const WORKERS_MIN = 2;
const WORKERS_MAX = 256;
const TIME_LIMIT_SECONDS_MAX = 3600;
const CACHE_OBJECTS_MIN = 100;
const CACHE_OBJECTS_MAX = 10_000_000;

const DEFINITIONS = {
  data: folder({
    name: 'data',
    value: 'DIR',
    fallback: '.data',
    help: 'the directory of the database and its blobs',
  }),
  backups: folder({
    name: 'backups',
    value: 'DIR',
    fallback: '',
    shown: 'backups in the data directory',
    help: 'where the backups that are made in the admin go; best on another disk',
  }),
  port: count({
    name: 'port',
    value: 'N',
    fallback: 8080,
    min: 0,
    max: 65_535,
    help: 'the port to listen on; 0 takes any free one',
  }),
  host: text({
    name: 'host',
    value: 'ADDRESS',
    fallback: '127.0.0.1',
    help: 'the address to listen on; :: is all of them',
  }),
  workers: count({
    name: 'workers',
    value: 'N',
    fallback: defaultWorkers(availableParallelism()),
    shown: 'one a core, at least 2',
    min: 1,
    max: WORKERS_MAX,
    help: 'publisher threads',
  }),
  timeLimitMs: seconds({
    name: 'time-limit',
    value: 'SECONDS',
    fallback: 10_000,
    shown: '10',
    max: TIME_LIMIT_SECONDS_MAX,
    help: 'how long a request may take in a publisher thread',
  }),
  maxUploadBytes: size({
    name: 'max-upload',
    value: 'SIZE',
    fallback: 2 ** 30,
    shown: '1GB',
    help: 'the largest upload',
  }),
  cacheObjects: count({
    name: 'cache-objects',
    value: 'N',
    fallback: 20_000,
    min: CACHE_OBJECTS_MIN,
    max: CACHE_OBJECTS_MAX,
    help: 'objects that each publisher thread keeps loaded',
  }),
  trashDays: count({
    name: 'trash-days',
    value: 'N',
    fallback: TRASH_DAYS_DEFAULT,
    min: 0,
    max: TRASH_DAYS_MAX,
    help: 'days for which what was deleted can be restored from the trash, whatever a pack forgets',
  }),
  trustedProxies: list({
    name: 'trusted-proxy',
    value: 'ADDRESS',
    help: 'a proxy whose X-Forwarded-For, -Proto and -Host are believed; may be repeated',
  }),
  plugins: list({
    name: 'plugin',
    value: 'NAME',
    help: 'a package, or the path of a module, with more types and views; may be repeated',
  }),
  logLevel: choice({
    name: 'log-level',
    value: 'LEVEL',
    fallback: 'info',
    choices: ['debug', 'info', 'warn', 'error'],
    help: 'the least serious thing to log: debug, info (each request), warn or error',
  }),
  logFormat: choice({
    name: 'log-format',
    value: 'FORMAT',
    fallback: 'auto',
    choices: ['auto', 'json', 'text'],
    help: 'json, text, or auto: text in a terminal and json elsewhere',
  }),
  empty: flag({
    name: 'empty',
    help: 'make a new database without the welcome site',
  }),
  adminPassword: password({
    name: 'admin-password',
    value: 'PASSWORD',
    help: 'the password of admin in a new database; without it, one is made and printed',
  }),
} satisfies Record<string, Setting<unknown>>;

export type SettingKey = keyof typeof DEFINITIONS;

export type Settings = {
  readonly [K in SettingKey]: (typeof DEFINITIONS)[K] extends Setting<infer T> ? T : never;
};

/** Where values may come from. */
export interface SettingSources {
  /** Arguments after the command's name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths start, and `canopy.config.json` is looked for. */
  readonly directory: string;
}

/** An option of one command, which is no setting: it has no variable and no key. */
export interface CommandOption {
  readonly name: string;
  readonly value?: string;
  readonly help: string;
}

export interface ResolvedSettings<K extends SettingKey> {
  readonly settings: Pick<Settings, K>;
  /** Arguments that are not options, in their order. */
  readonly operands: readonly string[];
  /** The command's own options that were given. */
  readonly options: GivenValues;
}

const COMMON: readonly CommandOption[] = [
  { name: 'config', value: 'FILE', help: `settings as JSON (${CONFIG_FILE}, where there is one)` },
  { name: 'help', help: 'this text' },
];

/** A thread a core, and never fewer than two: one slow page must not hold up all others. */
export function defaultWorkers(cores: number): number {
  return Math.max(WORKERS_MIN, cores);
}

/**
 * Gives the directory that backups of a running server go to.
 *
 * @throws SettingsError `SRV_SETTING` when the database itself is there
 */
export function backupsDirectory({ data, backups }: Pick<Settings, 'data' | 'backups'>): string {
  if (backups === '') return path.join(data, 'backups');
  requireApart(data, backups);
  return backups;
}

/**
 * Backups have a directory of their own: among the files of the database, the two would take each
 * other's for theirs.
 *
 * @throws SettingsError `SRV_SETTING` when they are to be where the database has its files
 */
export function requireApart(data: string, backups: string): void {
  const own = [data, path.join(data, 'objects'), path.join(data, 'blobs')];
  if (!own.includes(path.resolve(backups))) return;
  throw new SettingsError(
    `Backups cannot be in ${backups}: the database has its own files there. Name another directory.`,
  );
}

/** Gives the environment variable of a setting: that of `time-limit` is `CANOPY_TIME_LIMIT`. */
export function environmentName(name: string): string {
  return `CANOPY_${name.replaceAll('-', '_').toUpperCase()}`;
}

/**
 * Resolves the settings a command takes; `undefined` when it was asked for `--help` instead.
 *
 * @param keys the settings the command knows; `--config` and `--help` are known to all
 * @param own options that this command alone takes
 * @throws SettingsError `SRV_SETTING` for an unknown option or key, or an unusable value
 */
export function resolveSettings<K extends SettingKey>(
  keys: readonly K[],
  sources: SettingSources,
  own: readonly CommandOption[] = [],
): ResolvedSettings<K> | undefined {
  const { given, operands } = readCommandLine(sources.args, [
    ...keys.map((key) => DEFINITIONS[key]),
    ...own,
    ...COMMON,
  ]);
  if (given['help'] !== undefined) return undefined;
  const named = given['config']?.at(-1) ?? sources.env['CANOPY_CONFIG'];
  const names = Object.values(DEFINITIONS).map(({ name }) => name);
  const file = readSettingsFile(named, sources.directory, names);
  const settings: Partial<Record<SettingKey, unknown>> = {};
  for (const key of keys) settings[key] = resolveOne(DEFINITIONS[key], given, sources, file);
  const options = Object.fromEntries(
    own.flatMap(({ name }) => (given[name] === undefined ? [] : [[name, given[name]] as const])),
  );
  // The loop gave every key in K the value that its own definition parses to.
  return { settings: settings as Pick<Settings, K>, operands, options };
}

function resolveOne(
  setting: Setting<unknown>,
  onLine: GivenValues,
  sources: SettingSources,
  file: SettingsFile | undefined,
): unknown {
  const { name, fallback } = setting;
  const { directory } = sources;
  const argument = onLine[name];
  if (argument !== undefined) return parse(setting, argument, directory, `--${name}`);
  const variable = environmentName(name);
  const value = sources.env[variable];
  const isGiven = value !== undefined && !(value === '' && setting.secret === true);
  if (isGiven) return parse(setting, [value], directory, variable);
  const member = file?.given[name];
  if (file !== undefined && member !== undefined) {
    return parse(setting, member, file.directory, `"${name}" in ${file.name}`);
  }
  return setting === DEFINITIONS.data ? path.resolve(directory, String(fallback)) : fallback;
}

function parse(
  setting: Setting<unknown>,
  given: readonly string[],
  directory: string,
  source: string,
): unknown {
  try {
    return setting.parse(given, directory);
  } catch (error) {
    const wanted = error instanceof Error ? error.message : String(error);
    const held = setting.secret === true ? '' : `; it is "${given.join(',')}"`;
    throw new SettingsError(`${source} must be ${wanted}${held}.`, { cause: error });
  }
}

/** Describes what a command takes, for `--help`: one line each. */
export function describeSettings(
  keys: readonly SettingKey[],
  own: readonly CommandOption[] = [],
): string {
  const settings: readonly Setting<unknown>[] = keys.map((key) => DEFINITIONS[key]);
  const rows = [
    ...own.map((option) => helpRow(option, '')),
    ...settings.map((setting) => helpRow(setting, fallbackText(setting))),
    ...COMMON.map((option) => helpRow(option, '')),
  ];
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}

function helpRow(
  { name, value, help }: CommandOption,
  fallback: string,
): readonly [string, string] {
  const left = value === undefined ? `--${name}` : `--${name} ${value}`;
  return [left, fallback === '' ? help : `${help} (${fallback})`];
}

function fallbackText({ shown, fallback }: Setting<unknown>): string {
  if (shown !== undefined) return shown;
  return typeof fallback === 'string' || typeof fallback === 'number' ? `${fallback}` : '';
}
