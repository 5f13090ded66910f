/**
 * Database servers of Debian that tests start for themselves: what PostgreSQL and MariaDB have in
 * common here.
 *
 * Each has a temporary folder, a free port and a certificate of its own, and ends with the test's
 * process, however that ends. A server refuses to run as root: then it runs as the user that Debian
 * made for it.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** How long a server may take to be ready. */
const READY_MS_MAX = 60_000;

/** Ends the server when its own input ends: also when whoever has the other end of it was killed. */
const UNTIL_INPUT_ENDS = `
  signal=$1; shift
  exec 3<&0
  "$@" </dev/null 3<&- &
  server=$!
  cat <&3 >/dev/null
  kill -"$signal" $server 2>/dev/null
  wait $server 2>/dev/null
`;

/** The programs, by the names that `.ci/databases.mjs` gives them. */
export interface DatabasePrograms {
  readonly initdb: string;
  readonly postgres: string;
  readonly mariadbInstall: string;
  readonly mariadb: string;
  readonly openssl: string;
}

/** Finds the programs; they are installed where that is possible. */
export function databasePrograms(): DatabasePrograms {
  const finder = fileURLToPath(new URL('../../../.ci/databases.mjs', import.meta.url));
  return JSON.parse(
    execFileSync(process.execPath, [finder], { encoding: 'utf8' }),
  ) as DatabasePrograms;
}

/** Whom all of them let in, over TCP, with this password. */
export const USER = 'canopy';
export const PASSWORD = 'open sesame@50%';

/** A server that runs. */
export interface TestDatabase extends AsyncDisposable {
  /** Without a password. */
  readonly url: string;
  readonly password: string;
  readonly port: number;
  /** The file of its certificate, for `localhost`. */
  readonly certificate: string;
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** What a server is made of, before it starts. */
export interface ServerPlace extends Certificate {
  readonly programs: DatabasePrograms;
  readonly user: ServerUser;
  readonly folder: string;
  /** In `folder`, and not made yet. */
  readonly data: string;
  readonly port: number;
}

/** Makes what a server needs. @param name the user that Debian made for it */
export async function makePlace(name: string): Promise<ServerPlace> {
  const programs = databasePrograms();
  const user = await serverUser(name);
  const folder = await folderFor(user);
  const certificate = await makeCertificate(folder, { ...programs, user });
  const port = await freePort();
  return { programs, user, folder, data: path.join(folder, 'data'), port, ...certificate };
}

/** Starts a server; its folder goes when it ends. */
export async function serve(
  { user, folder, port, certificate }: ServerPlace,
  { url, ...command }: Omit<ServerCommand, 'user'> & { readonly url: string },
): Promise<TestDatabase> {
  const server = new DatabaseProcess({ ...command, user });
  await server.start();
  return {
    ...{ url, password: PASSWORD, port, certificate },
    start: () => server.start(),
    kill: () => server.kill(),
    async [Symbol.asyncDispose]() {
      await server.kill();
      await removeFolder(folder);
    },
  };
}

/** Who a server runs as. */
interface ServerUser {
  readonly uid?: number;
  readonly gid?: number;
}

/** Gives who a server is to run as: whoever runs the tests, and for root another. */
async function serverUser(name: string): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return {};
  const uid = Number((await run('id', ['-u', name])).stdout);
  const gid = Number((await run('id', ['-g', name])).stdout);
  return { uid, gid };
}

/** Makes a temporary folder that belongs to a user. */
async function folderFor(user: ServerUser): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'canopy-db-'));
  if (user.uid !== undefined) await chown(folder, user.uid, user.gid ?? user.uid);
  return folder;
}

/** Gives a port that nothing listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  assert.ok(address !== null && typeof address === 'object', 'a server has an address');
  return address.port;
}

interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** Makes a certificate for `localhost`, and for no other name, that is its own authority. */
async function makeCertificate(
  folder: string,
  { openssl, user }: { readonly openssl: string; readonly user: ServerUser },
): Promise<Certificate> {
  const certificate = path.join(folder, 'server.crt');
  const key = path.join(folder, 'server.key');
  await run(
    openssl,
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'],
      ...['-keyout', key, '-out', certificate],
    ],
    user,
  );
  return { certificate, key };
}

interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly user: ServerUser;
  /** What it writes when it takes connections. */
  readonly ready: RegExp;
  /** The signal that ends it at once, with what was not written lost as in a crash. */
  readonly killedBy: string;
}

/** A server that can be killed and started again. */
class DatabaseProcess {
  readonly #command: ServerCommand;
  #child: ChildProcess | undefined;

  constructor(command: ServerCommand) {
    this.#command = command;
  }

  /** Starts the server. Resolves when it takes connections. */
  async start(): Promise<void> {
    const { program, args, user, ready, killedBy } = this.#command;
    const shell = ['-c', UNTIL_INPUT_ENDS, 'sh', killedBy, program, ...args];
    const child = spawn('/bin/sh', shell, { stdio: ['pipe', 'ignore', 'pipe'], ...user });
    this.#child = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      const fail = (): void => reject(new Error(`The server did not start:\n${said}`));
      const timer = setTimeout(fail, READY_MS_MAX);
      child.once('exit', fail);
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (!ready.test(said)) return;
        clearTimeout(timer);
        child.off('exit', fail);
        resolve();
      });
    });
    child.stderr.removeAllListeners('data').resume();
    child.unref();
  }

  /** Kills the server, and waits until it has gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    child.ref();
    child.stdin?.end();
    if (child.exitCode === null) await once(child, 'exit');
  }
}

/** Runs a program as a user, for what is to be done before a server starts. */
export async function runAs(
  user: ServerUser,
  program: string,
  args: readonly string[],
): Promise<void> {
  await run(program, [...args], { ...user, cwd: tmpdir() });
}

/** Removes the folder of a server that has ended. */
async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
