/**
 * The command line: `canopy COMMAND …`.
 *
 * The table below is the only list of commands; each is loaded when it is asked for. What a command
 * is given, and where its lines go, comes in as arguments, so one process can run several.
 */
import { inspect } from 'node:util';
import { Invalid, ServerError } from '../errors.js';
import { describeSettings, resolveSettings } from '../settings.js';
import { nearest } from '../settings-sources.js';
import { SettingsError } from '../settings-kinds.js';
import { inSources } from '../source-places.js';
import { type Command, UsageError } from './command.js';

const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const EXIT_MISUSED = 2;

/** One call of the command line. */
export interface Invocation {
  /** What follows `canopy`. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Where relative paths start. */
  readonly directory: string;
  /** Prints a line on standard output. */
  readonly out: (line: string) => void;
  /** Prints a line on standard error. */
  readonly err: (line: string) => void;
}

interface Entry {
  readonly summary: string;
  /** The admin of a running server does the same. */
  readonly online?: boolean;
  load(): Promise<Command>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  serve: {
    summary: 'serve the site; makes a database where there is none',
    load: async () => (await import('./serve.js')).serve,
  },
  init: {
    summary: 'make a database',
    load: async () => (await import('./init.js')).init,
  },
  import: {
    summary: 'bring a directory of files, or an export, into the site',
    online: true,
    load: async () => (await import('./import.js')).importCommand,
  },
  backup: {
    summary: 'copy the database to a directory of backups',
    online: true,
    load: async () => (await import('./backup.js')).backupCommand,
  },
  restore: {
    summary: 'make the database of a backed-up moment',
    load: async () => (await import('./restore.js')).restoreCommand,
  },
  check: {
    summary: 'look whether all that is stored is in order, and repair it',
    online: true,
    load: async () => (await import('./check.js')).checkCommand,
  },
  pack: {
    summary: 'forget what is older than some days',
    online: true,
    load: async () => (await import('./pack.js')).packCommand,
  },
  export: {
    summary: 'write an object with all below it to a file',
    online: true,
    load: async () => (await import('./export.js')).exportCommand,
  },
  sql: {
    summary: 'run a file of SQL in a database of the site',
    load: async () => (await import('./sql.js')).sqlCommand,
  },
  user: {
    summary: 'list, add and remove users; change passwords and roles',
    online: true,
    load: async () => (await import('./user.js')).user,
  },
};

/**
 * Runs a command to its end. Answers the exit code: 0 when it was done, 1 when it failed, and 2 when
 * it was asked for wrongly; what went wrong is told on standard error, and not thrown.
 */
export async function canopy(invocation: Invocation): Promise<number> {
  const { args, out } = invocation;
  const [name = '--help', ...rest] = args;
  if (name === 'help' && Object.hasOwn(COMMANDS, rest[0] ?? '')) {
    return canopy({ ...invocation, args: [rest[0] ?? '', '--help'] });
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    out(help());
    return EXIT_DONE;
  }
  if (name === '--version' || name === '-v') {
    out((await import('../version.js')).VERSION);
    return EXIT_DONE;
  }
  try {
    return await run(name, { ...invocation, args: rest });
  } catch (error) {
    return await report(name, error, invocation);
  }
}

async function run(name: string, { args, env, directory, out }: Invocation): Promise<number> {
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined) {
    const meant = nearest(name, Object.keys(COMMANDS));
    const hint = meant === undefined ? 'See canopy --help.' : `Did you mean ${meant}?`;
    throw new UsageError(`There is no command ${name}. ${hint}`);
  }
  const command = await entry.load();
  const sources = { args, env, directory };
  const resolved = resolveSettings(command.settings, sources, command.options);
  if (resolved === undefined) {
    out(helpFor(name, command));
    return EXIT_DONE;
  }
  const [strange] = resolved.operands;
  if (command.operands === undefined && strange !== undefined) {
    throw new UsageError(`canopy ${name} takes no ${strange}; options begin with --.`);
  }
  return command.run({ ...resolved, directory, out });
}

async function report(name: string, error: unknown, { err }: Invocation): Promise<number> {
  // Loaded only here: it would hold up every start.
  const { OdbError } = await import('../../odb/index.js');
  const misused = error instanceof SettingsError || error instanceof UsageError;
  if (error instanceof Invalid) {
    for (const { message } of error.errors) err(`canopy: ${message}`);
  } else if (error instanceof ServerError || error instanceof OdbError || isOfSystem(error)) {
    err(`canopy: ${error.message}`);
  } else {
    err(inSources(inspect(error)));
  }
  if (misused) err(`See canopy ${Object.hasOwn(COMMANDS, name) ? `${name} ` : ''}--help.`);
  if (error instanceof OdbError && error.code === 'ODB_IN_USE') {
    const online = COMMANDS[name]?.online === true ? ', or do this in the admin of the server' : '';
    err(`End that process first${online}.`);
  }
  return misused ? EXIT_MISUSED : EXIT_FAILED;
}

/** Tells whether the operating system refused something: its words say what, to which file. */
function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && 'path' in error;
}

function help(): string {
  const width = Math.max(...Object.keys(COMMANDS).map(({ length }) => length));
  const list = Object.entries(COMMANDS).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`,
  );
  return `Usage: canopy COMMAND [options]

${list.join('\n')}

canopy COMMAND --help says more. Every setting is --name, CANOPY_NAME in the environment, or a key
of canopy.config.json, in that order.`;
}

function helpFor(name: string, { operands, about, settings, options }: Command): string {
  return `Usage: canopy ${name}${operands === undefined ? '' : ` ${operands}`} [options]

${about}

${describeSettings(settings, options)}`;
}
