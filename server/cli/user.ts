/**
 * `canopy user`: users of a database that no server has open.
 *
 * Whoever can write the database's files may do this, so it is also the way back in when nobody
 * can sign in any more. What is done is a transaction like any other and can be undone.
 */
import { text } from 'node:stream/consumers';
import { type Container, contentAt, isContainer } from '../content/content.js';
import { createObject, deleteObjects, updateObject } from '../content/edit.js';
import { TransactionWork } from '../content/transaction-work.js';
import type { User } from '../content/user.js';
import { resolveCaller, type UserFolder, userFolderIn } from '../content/user-folder.js';
import { Policy } from '../security/policy.js';
import { parsePrincipal } from '../security/principal.js';
import { MANAGER_ROLE } from '../security/role.js';
import { nearest } from '../settings-sources.js';
import { ADMIN_KEY, type Site } from '../site.js';
import { type CommandInput, defineCommand, optionOf, UsageError } from './command.js';
import { adviceOn, passwordFrom } from './password.js';
import { openCommandSite } from './site.js';

const SETTINGS = ['data', 'plugins'] as const;
type Input = CommandInput<(typeof SETTINGS)[number]>;

interface Action {
  readonly names: { readonly min: number; readonly max: number };
  /** Those of the command's options that this action takes. */
  readonly options: readonly string[];
  /** One line for `--help`: what follows the action's name, and what it does. */
  readonly operands: string;
  readonly summary: string;
  run(users: UserFolder, names: readonly string[], input: Input, work: TransactionWork): void;
}

const MANY = Number.POSITIVE_INFINITY;

const ACTIONS: Readonly<Record<string, Action>> = {
  list: {
    names: { min: 0, max: 0 },
    options: ['in'],
    operands: '',
    summary: 'who there is, and with which roles',
    run: list,
  },
  add: {
    names: { min: 1, max: 1 },
    options: ['in', 'password', 'roles'],
    operands: 'NAME',
    summary: 'a new user; takes --password and --roles',
    run: add,
  },
  password: {
    names: { min: 1, max: 1 },
    options: ['in', 'password'],
    operands: 'NAME',
    summary: 'a new password; takes --password',
    run: setPassword,
  },
  remove: {
    names: { min: 1, max: MANY },
    options: ['in'],
    operands: 'NAME…',
    summary: 'takes users away; the last Manager of the site stays',
    run: remove,
  },
  roles: {
    names: { min: 1, max: MANY },
    options: ['in'],
    operands: 'NAME [ROLE…]',
    summary: 'gives a user these roles and no others',
    run: setRoles,
  },
};

export const user = defineCommand({
  operands: 'ACTION [NAME…]',
  about: `Lists and changes users, while no server has the database.

${describeActions()}

Without --password, "add" and "password" make a random one and print it.`,
  settings: SETTINGS,
  options: [
    { name: 'in', value: 'PATH', help: 'the folder whose users are meant (/)' },
    {
      name: 'password',
      value: 'PASSWORD',
      help: 'the password to be set; - reads it from standard input',
    },
    { name: 'roles', value: 'ROLE,…', help: 'roles of a user who is added' },
  ],
  async run(input) {
    const [name = '', ...names] = input.operands;
    const action = requireAction(name, names, input);
    const said: string[] = [];
    const given = { ...(await readPassword(input)), out: (line: string) => void said.push(line) };
    await using opened = await openCommandSite({
      ...input.settings,
      directory: input.directory,
      mustExist: true,
    });
    await change(opened.site, (work, root) => {
      action.run(usersAt(root, optionOf(given, 'in') ?? '/'), names, given, work);
    });
    for (const line of said) input.out(line);
    return 0;
  },
});

function describeActions(): string {
  const rows = Object.entries(ACTIONS).map(
    ([name, { operands, summary }]) => [`${name} ${operands}`.trim(), summary] as const,
  );
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}

/** Finds the action that was asked for, and refuses names and options that it does not take. */
function requireAction(name: string, names: readonly string[], { options }: Input): Action {
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action === undefined) {
    const known = Object.keys(ACTIONS);
    const meant = nearest(name, known);
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
    const not = name === '' ? '' : `, not ${name}`;
    throw new UsageError(`canopy user takes one of ${known.join(', ')}${not}.${hint}`);
  }
  const { min, max } = action.names;
  if (names.length < min || names.length > max) {
    const wanted = max === 0 ? 'no name' : max === 1 ? 'one name' : 'names';
    const given = `${names.length === 0 ? 'none was' : `${names.length} were`} given`;
    throw new UsageError(`canopy user ${name} takes ${wanted}${max === 0 ? '' : `; ${given}`}.`);
  }
  const strange = Object.keys(options).find((option) => !action.options.includes(option));
  if (strange !== undefined) throw new UsageError(`canopy user ${name} takes no --${strange}.`);
  return action;
}

/** Does work with a Manager's rights, in the first administrator's name. */
async function change(
  site: Site,
  run: (work: TransactionWork, root: Container) => void,
): Promise<void> {
  using connection = site.database.connect();
  const root = site.root(connection);
  const principal = parsePrincipal(ADMIN_KEY);
  if (principal === undefined) throw new TypeError(`${ADMIN_KEY} is the key of a principal`);
  const policy = new Policy(
    { principal, roles: [MANAGER_ROLE], scope: root },
    { resolveCaller: (key) => resolveCaller(root, key) },
  );
  const work = new TransactionWork({ site, connection, policy, nowMs: Date.now() });
  run(work, root);
  await work.settled();
  await connection.commit(work.meta);
}

function usersAt(root: Container, path: string): UserFolder {
  const folder = contentAt(root, path);
  const users = isContainer(folder) ? userFolderIn(folder) : undefined;
  if (users === undefined) throw new UsageError(`${path} is no folder with users of its own.`);
  return users;
}

function list(users: UserFolder, _names: readonly string[], { out }: Input): void {
  for (const { name, userRoles } of users.users()) {
    out(userRoles.length === 0 ? name : `${name}: ${userRoles.join(', ')}`);
  }
}

function add(
  users: UserFolder,
  [name = '']: readonly string[],
  input: Input,
  work: TransactionWork,
): void {
  const given = passwordFrom(optionOf(input, 'password'));
  const { password, random } = given;
  const roles = (optionOf(input, 'roles') ?? '').split(',').map((role) => role.trim());
  const fields = { password, roles: roles.filter((role) => role !== '') };
  createObject(work, users, { type: 'User', id: name, fields });
  input.out(random ? `Added ${name}, with the password ${password}` : `Added ${name}`);
  for (const line of adviceOn(given)) input.out(line);
}

function setPassword(
  users: UserFolder,
  [name = '']: readonly string[],
  input: Input,
  work: TransactionWork,
): void {
  const given = passwordFrom(optionOf(input, 'password'));
  const { password, random } = given;
  updateObject(work, userNamed(users, name), { fields: { password } });
  input.out(random ? `The password of ${name} is ${password} now` : `Set the password of ${name}`);
  for (const line of adviceOn(given)) input.out(line);
}

function remove(
  users: UserFolder,
  names: readonly string[],
  { out }: Input,
  work: TransactionWork,
): void {
  for (const name of names) userNamed(users, name);
  deleteObjects(work, users, names);
  out(`Removed ${names.join(', ')}`);
}

function setRoles(
  users: UserFolder,
  [name = '', ...roles]: readonly string[],
  { out }: Input,
  work: TransactionWork,
): void {
  updateObject(work, userNamed(users, name), { fields: { roles } });
  out(roles.length === 0 ? `${name} has no roles now` : `${name} is ${roles.join(', ')} now`);
}

function userNamed(users: UserFolder, name: string): User {
  const found = users.user(name);
  if (found === undefined) throw new UsageError(`There is no user ${name} in ${users.path}.`);
  return found;
}

/** Puts what standard input has in place of `--password -`. */
async function readPassword(input: Input): Promise<Input> {
  if (optionOf(input, 'password') !== '-') return input;
  const [password = ''] = (await text(process.stdin)).split('\n', 1);
  return { ...input, options: { ...input.options, password: [password] } };
}
