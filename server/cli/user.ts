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
import { ADMIN_KEY, type Site } from '../site.js';
import { type CommandInput, defineCommand, optionOf, UsageError } from './command.js';
import { adminPassword } from './password.js';
import { openCommandSite } from './site.js';

const SETTINGS = ['data', 'plugins'] as const;
type Input = CommandInput<(typeof SETTINGS)[number]>;

interface Action {
  readonly names: { readonly min: number; readonly max: number };
  run(users: UserFolder, names: readonly string[], input: Input, work: TransactionWork): void;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  list: { names: { min: 0, max: 0 }, run: list },
  add: { names: { min: 1, max: 1 }, run: add },
  password: { names: { min: 1, max: 1 }, run: setPassword },
  remove: { names: { min: 1, max: Number.POSITIVE_INFINITY }, run: remove },
  roles: { names: { min: 1, max: Number.POSITIVE_INFINITY }, run: setRoles },
};

export const user = defineCommand({
  operands: 'list | add NAME | password NAME | remove NAME… | roles NAME [ROLE…]',
  about: `Lists and changes users, while no server has the database. Without --password, "add" and
"password" make a random one and print it; --password - reads it from standard input.`,
  settings: SETTINGS,
  options: [
    { name: 'in', value: 'PATH', help: 'the folder whose users are meant (/)' },
    { name: 'password', value: 'PASSWORD', help: 'the password to be set' },
    { name: 'roles', value: 'ROLE,…', help: 'roles of a user who is added' },
  ],
  async run(input) {
    const [name = '', ...names] = input.operands;
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action === undefined) {
      throw new UsageError(
        `canopy user takes one of ${Object.keys(ACTIONS).join(', ')}${name === '' ? '' : `, not ${name}`}.`,
      );
    }
    if (names.length < action.names.min || names.length > action.names.max) {
      throw new UsageError(
        `canopy user ${name} takes ${action.names.max === 0 ? 'no' : 'a'} name.`,
      );
    }
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
  const { password, random } = adminPassword(optionOf(input, 'password'));
  const roles = (optionOf(input, 'roles') ?? '').split(',').map((role) => role.trim());
  const fields = { password, roles: roles.filter((role) => role !== '') };
  createObject(work, users, { type: 'User', id: name, fields });
  input.out(random ? `Added ${name}, with the password ${password}` : `Added ${name}`);
}

function setPassword(
  users: UserFolder,
  [name = '']: readonly string[],
  input: Input,
  work: TransactionWork,
): void {
  const { password, random } = adminPassword(optionOf(input, 'password'));
  updateObject(work, userNamed(users, name), { fields: { password } });
  input.out(random ? `The password of ${name} is ${password} now` : `Set the password of ${name}`);
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
