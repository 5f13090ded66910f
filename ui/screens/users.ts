/**
 * Users: who may sign in here, with which roles. The list is left, one user, or a new one, right.
 */
import {
  ANONYMOUS_ROLE,
  AUTHENTICATED_ROLE,
  BadRequest,
  createObject,
  deleteObjects,
  type Form,
  Invalid,
  NotFound,
  OWNER_ROLE,
  PASSWORD_CHARACTERS_MIN,
  principalKey,
  type PublishRequest,
  refuseChosenPassword,
  rolesValidAt,
  updateObject,
  type User,
  UserFolder,
} from '../../server/index.js';
import { wordOf } from '../diff-fields.js';
import type { Values } from '../edit-merge.js';
import { errorOf } from '../form-fields.js';
import { userOf } from '../transaction-user.js';
import { type Attempt, defineScreen, type Outcome, type ViewModel } from '../screen.js';
import {
  MERGED_QUERY,
  mergeChoices,
  mergedWith,
  mergeOrRefuse,
  shownIn,
  staleIn,
  type StaleForm,
} from '../stale.js';

/** Roles that nobody is given: they follow from who asks. */
const GIVEN_BY_ITSELF: ReadonlySet<string> = new Set([
  ANONYMOUS_ROLE,
  AUTHENTICATED_ROLE,
  OWNER_ROLE,
]);

export const users = defineScreen({
  path: 'users',
  tab: 'Users',
  icon: 'users',
  view: 'users',
  permission: 'Manage users',
  styles: ['source', 'history', 'components-history', 'components-edit'],
  appliesTo: (object): object is UserFolder => object instanceof UserFolder,
  show,
  actions: { add: { run: addUser }, save: { run: saveUser }, delete: { run: deleteUsers } },
});

function show(folder: UserFolder, request: PublishRequest, attempt?: Attempt): ViewModel {
  const people = folder.users();
  const name = request.query.text('user');
  const chosen = name === '' ? undefined : folder.user(name);
  if (name !== '' && chosen === undefined) throw new NotFound(`${folder.path} knows no ${name}`);
  const roles = assignableRoles(folder);
  const stale =
    chosen === undefined
      ? undefined
      : staleIn(chosen, request, attempt, () => staleForm(chosen, request));
  const typed = stale === undefined ? attempt : undefined;
  const ticked =
    stale !== undefined && chosen !== undefined
      ? rolesIn(chosen, request)
      : (typed?.form.all('roles') ?? chosen?.userRoles ?? []);
  return {
    path: folder.path,
    scope: folder.container?.path ?? '/',
    rows: people.map((user) => rowOf(user, { chosen, request })),
    user: chosen === undefined ? null : chosen.id,
    isSelf: chosen !== undefined && isSelf(chosen, folder, request),
    name: attempt?.form.text('name') ?? '',
    passwordMin: PASSWORD_CHARACTERS_MIN,
    roles: roles.map((role) => ({
      role,
      ticked: ticked.includes(role),
    })),
    domains:
      typed?.form.text('domains') ??
      wordOf(stale?.merged.values['domains'] ?? domainLines(chosen?.domains)),
    stale: stale?.model ?? null,
    merged: chosen === undefined ? '' : mergedWith(chosen, request),
    base: typed?.form.text('base') ?? String(chosen?.tid ?? ''),
    errors: {
      id: errorOf('id', attempt?.errors),
      password: errorOf('fields.password', attempt?.errors),
      roles: errorOf('fields.roles', attempt?.errors),
      domains: errorOf('fields.domains', attempt?.errors),
    },
  };
}

function rowOf(
  user: User,
  { chosen, request }: { readonly chosen: User | undefined; readonly request: PublishRequest },
): object {
  return {
    name: user.id,
    initial: user.id.slice(0, 1),
    href: `?user=${encodeURIComponent(user.id)}`,
    roles: user.userRoles.join(', '),
    domains: user.domains.join(', '),
    modifiedMs: user.modified.getTime(),
    modifiedBy: userOf(user.tid, request),
    isCurrent: user === chosen,
  };
}

/** The roles that a user of this folder may be given. */
function assignableRoles(folder: UserFolder): readonly string[] {
  return rolesValidAt(folder).filter((role) => !GIVEN_BY_ITSELF.has(role));
}

function isSelf(user: User, folder: UserFolder, request: PublishRequest): boolean {
  return principalKey(request.user) === principalKey({ userFolder: folder.path, name: user.id });
}

function addUser(folder: UserFolder, request: PublishRequest): Outcome {
  const { form } = request;
  const id = form.text('name').trim();
  const password = passwordOf(form);
  if (password === undefined) {
    throw new Invalid([{ field: 'fields.password', message: 'A new user needs a password' }]);
  }
  request.note(`Added the user ${id} to ${folder.path}`);
  createObject(request, folder, { type: 'User', id, fields: { ...fieldsOf(form), password } });
  return { goTo: 'users', query: `user=${encodeURIComponent(id)}` };
}

function saveUser(folder: UserFolder, request: PublishRequest): Outcome {
  const { form } = request;
  const user = folder.user(form.text('user'));
  if (user === undefined) throw new NotFound(`${folder.path} knows no ${form.text('user')}`);
  const password = passwordOf(form);
  request.note(`Changed the user ${user.id} in ${folder.path}`);
  const { domains = domainLines(user.domains) } = mergeOrRefuse(
    user,
    request,
    staleForm(user, request),
  ).values;
  const roles = rolesIn(user, request);
  const fields = { roles, domains: domainsIn(wordOf(domains)) };
  const keptTheirs = !isSame(fieldsOf(form), fields);
  const changed = updateObject(request, user, {
    fields: { ...fields, ...(password === undefined ? {} : { password }) },
  });
  const query = `user=${encodeURIComponent(user.id)}`;
  return {
    goTo: 'users',
    query: changed && keptTheirs ? `${query}&${MERGED_QUERY}` : query,
    message: 'Nothing was changed',
  };
}

/** How the form is compared with what is saved; roles are merged one by one. */
function staleForm(user: User, request: PublishRequest): StaleForm {
  const { domains } = fieldsOf(request.form);
  return {
    href: `?user=${encodeURIComponent(user.id)}`,
    read: (each): Values => ({ domains: domainLines((each as User).domains) }),
    mine: { domains: domainLines(domains) },
    labels: new Map([['domains', 'Only from these addresses']]),
  };
}

/** The roles that were ticked, with those that somebody else gave or took meanwhile. */
function rolesIn(user: User, request: PublishRequest): readonly string[] {
  const { userRoles } = shownIn(user, request) as User;
  return mergeChoices(userRoles, user.userRoles, request.form.all('roles'));
}

function domainLines(domains: readonly string[] = []): string {
  return domains.join('\n');
}

function domainsIn(text: string): readonly string[] {
  return text.split(/\s+/).filter((domain) => domain !== '');
}

function isSame(one: UserFields, other: UserFields): boolean {
  const same = (a: readonly string[], b: readonly string[]): boolean =>
    a.length === b.length && a.every((each) => b.includes(each));
  return same(one.roles, other.roles) && same(one.domains, other.domains);
}

function deleteUsers(folder: UserFolder, request: PublishRequest): Outcome {
  const names = request.form.all('user');
  if (names.length === 0) throw new BadRequest('Choose a user first');
  for (const name of names) {
    const user = folder.user(name);
    if (user !== undefined && isSelf(user, folder, request)) {
      throw new BadRequest('You cannot delete yourself. Another manager can.');
    }
  }
  request.note(`Deleted the user ${names.join(', ')} from ${folder.path}`);
  deleteObjects(request, folder, names);
  return { goTo: 'users' };
}

interface UserFields {
  readonly roles: readonly string[];
  readonly domains: readonly string[];
}

function fieldsOf(form: Form): UserFields {
  return { roles: form.all('roles'), domains: domainsIn(form.text('domains')) };
}

/**
 * The password typed twice; `undefined` when it was left empty.
 * @throws Invalid when the two differ, or it is too short or too long
 */
function passwordOf(form: Form): string | undefined {
  const password = form.text('password');
  if (password === '') return undefined;
  const isSame = password === form.text('password-again');
  const message = isSame ? refuseChosenPassword(password) : 'The two passwords differ';
  if (message !== undefined) throw new Invalid([{ field: 'fields.password', message }]);
  return password;
}
