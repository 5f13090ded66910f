/**
 * Real servers for tests: on a free port, with a database of their own that goes away with them.
 *
 * `startServer` runs one in this process, quickly; `startServerProcess` runs the command line in a
 * process of its own, to be sent signals and watched.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { LevelStorage, type LevelStorageOptions } from '../../odb/index.js';
import { canopy } from '../../server/cli/canopy.js';
import { type RunningServer, startServer as start } from '../../server/http/server.js';
import { Log } from '../../server/log.js';
import { pluginSpecifiers } from '../../server/plugin-specifiers.js';
import type { PasswordParameters } from '../../server/security/password.js';
import type { Settings } from '../../server/settings.js';
import { Client, type Credentials } from './client.js';
import { temporaryDirectory } from './temporary.js';

export const ADMIN: Credentials = { name: 'admin', password: 'correct horse battery staple' };

const QUICK_PASSWORDS: PasswordParameters = { logN: 1, r: 1, p: 1 };

export interface TestServerOptions {
  /** One thread answers, unless the settings ask for more. */
  readonly settings?: Partial<Settings>;
  /** Modules beside the admin's. */
  readonly plugins?: readonly string[];
  /** Where the database is; by default a directory of its own. */
  readonly data?: string;
  /** How it is opened. */
  readonly storage?: Partial<LevelStorageOptions>;
  /** Called with the storage before it is used. */
  readonly onStorage?: (storage: LevelStorage) => void;
  /** By default passwords are hashed quickly, not well. */
  readonly passwords?: PasswordParameters;
}

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly data: string;
  readonly running: RunningServer;
  /** What was logged, one object a line. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** Gives a client that is signed in as `credentials`, or as nobody. */
  client(credentials?: Credentials): Client;
}

/** Starts a server in this process, with an empty site unless the settings say otherwise. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const directory = options.data === undefined ? await temporaryDirectory() : undefined;
  const data = options.data ?? directory?.path ?? '';
  const lines: Readonly<Record<string, unknown>>[] = [];
  const log = new Log({
    level: 'debug',
    format: 'json',
    write: (text) => {
      for (const line of text.trim().split('\n')) {
        lines.push(JSON.parse(line) as Readonly<Record<string, unknown>>);
      }
    },
  });
  const plugins = pluginSpecifiers(options.plugins ?? [], process.cwd());
  const settings = {
    data,
    backups: '',
    port: 0,
    host: '127.0.0.1',
    workers: 1,
    timeLimitMs: 10_000,
    maxUploadBytes: 2 ** 30,
    cacheObjects: 20_000,
    trashDays: 30,
    trustedProxies: [],
    empty: true,
    adminPassword: ADMIN.password,
    ...options.settings,
    plugins,
  };
  const fatal = (cause: unknown): never => {
    throw new Error('The server cannot go on', { cause });
  };
  const running = await start({
    settings,
    passwords: options.passwords ?? QUICK_PASSWORDS,
    log,
    initial: { adminPassword: settings.adminPassword ?? ADMIN.password, welcome: !settings.empty },
    openStorage: async (rules) => {
      const storage = await LevelStorage.open({
        directory: data,
        thread: true,
        rules,
        onLost: fatal,
        ...options.storage,
      });
      options.onStorage?.(storage);
      return storage;
    },
    onFatal: fatal,
  });
  const clients: Client[] = [];
  return {
    url: running.url,
    data,
    running,
    get log() {
      log.flush();
      return lines;
    },
    client(credentials) {
      const client = new Client(running.url, credentials);
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client[Symbol.dispose]();
      await running.close();
      log[Symbol.dispose]();
      await directory?.[Symbol.asyncDispose]();
    },
  };
}

/** What runs, in the build that this test is part of. */
const PROGRAM = fileURLToPath(new URL('../../program/', import.meta.url));

/** The command line's entry. */
export const MAIN = path.join(PROGRAM, 'server', 'cli', 'main.js');

export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Everything printed so far. */
  readonly output: { stdout: string; stderr: string };
  client(credentials?: Credentials): Client;
  /** Sends a signal and waits for the end; answers the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts `canopy serve` in a process of its own; resolves when it says that it is ready. */
export async function startServerProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0', ...args], {
    env: { ...process.env, CANOPY_ADMIN_PASSWORD: ADMIN.password, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  const exited = once(child, 'exit') as Promise<[number | null]>;
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      output.stdout += `${line}\n`;
      const ready = /^Canopy is ready at (\S+)$/.exec(line);
      if (ready !== null) resolve(ready[1] ?? '');
    });
    exited.then(
      ([code]) => reject(new Error(`canopy serve ended with ${code}: ${output.stderr}`)),
      reject,
    );
  });
  const clients: Client[] = [];
  return {
    url,
    child,
    output,
    client(credentials) {
      const client = new Client(url, credentials);
      clients.push(client);
      return client;
    },
    async end(signal = 'SIGTERM') {
      child.kill(signal);
      const [code] = await exited;
      return code;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client[Symbol.dispose]();
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await exited;
      }
    },
  };
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** What a command that ended has left. */
export interface EndedCommand {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the command line to its end, in this process. */
export async function runCommand(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<EndedCommand> {
  const printed = { stdout: '', stderr: '' };
  const code = await canopy({
    args,
    env: { ...process.env, ...options.env },
    directory: options.cwd ?? process.cwd(),
    out: (line) => void (printed.stdout += `${line}\n`),
    err: (line) => void (printed.stderr += `${line}\n`),
  });
  return { code, ...printed };
}

/** Runs a command to its end in a process of its own. */
export async function runCommandProcess(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<EndedCommand> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...options.env },
    cwd: options.cwd ?? process.cwd(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** Gives the path of a module of tests, for `--plugin` of what `startServer` and `MAIN` start. */
export function builtModule(relative: string): string {
  return path.join(PROGRAM, 'test', relative);
}
