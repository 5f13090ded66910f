/**
 * Security: who may do what here and below, and why somebody may or may not.
 *
 * The matrix shows what is set here beside what is acquired. Local roles, roles of a folder's own
 * and ownership stand below it. The question "why?" is asked in the address, so that an answer can
 * be shown to somebody else.
 */
import {
  allPermissions,
  ANONYMOUS_CALLER,
  ANONYMOUS_KEY,
  ANONYMOUS_ROLE,
  AUTHENTICATED_ROLE,
  BadRequest,
  BUILT_IN_ROLES,
  type Content,
  contentAt,
  contentTypes,
  explainAccess,
  Invalid,
  isContainer,
  isExecutable,
  isPermission,
  type ObjectPermissions,
  principalKey,
  principalNamed,
  type PublishRequest,
  readPermissions,
  resolveCaller,
  setPermissions,
  siteRoot,
  Standing,
  UserFolder,
} from '../../server/index.js';
import { isSet, matrixOf, mergeMatrix, readMatrix, withTyped } from '../permission-matrix.js';
import { type Attempt, defineScreen, type Outcome, screenUrl, type ViewModel } from '../screen.js';
import { MERGED_QUERY, mergeChoices, mergedWith, shownIn } from '../stale.js';
import { whoIs } from '../who.js';

/** Names offered where a user is asked for. */
const NAMES_MAX = 200;

/** What the roles that are everywhere mean. */
const ORIGINS: Readonly<Record<string, string>> = {
  Anonymous: 'everybody',
  Authenticated: 'signed in',
  Owner: 'owns it',
  Manager: 'may do everything',
};

export const security = defineScreen({
  path: 'security',
  tab: 'Security',
  icon: 'key',
  view: 'security',
  permission: 'Change permissions',
  modules: ['security'],
  styles: ['security', 'components-history', 'components-edit', 'components-security'],
  appliesTo: (object): object is Content => object !== undefined,
  show,
  actions: {
    save: { run: save },
    'local-roles': { run: giveLocalRoles },
    roles: { run: changeRoles },
    own: { run: takeOwnership },
    proxy: { run: setProxyRoles },
  },
});

function show(object: Content, request: PublishRequest, attempt?: Attempt): ViewModel {
  const saved = readPermissions(request, object);
  const settings = attempt?.action === 'save' ? withTyped(attempt.form, saved) : saved;
  const onlySet = request.query.text('show') === 'set';
  const action = screenUrl(object, 'security');
  const numberSet = settings.permissions.filter(isSet).length;
  const why = whyModel(object, request);
  const users = namesNear(object);
  return {
    path: object.path,
    action,
    base: attempt?.form.text('base') ?? String(object.tid),
    merged: mergedWith(object, request),
    isRoot: object.container === undefined,
    total: settings.permissions.length,
    columns: settings.roles.length + 2,
    shows: [
      { title: 'All', href: action, current: !onlySet, number: 0 },
      { title: 'Set here', href: `${action}?show=set`, current: onlySet, number: numberSet },
    ],
    roles: settings.roles.map((name) => ({
      name,
      origin: ORIGINS[name] ?? (object.roles.includes(name) ? 'defined here' : 'defined above'),
    })),
    groups: matrixOf(object, settings, { onlySet, asked: askedCell(object, request, settings) }),
    emptyWords: 'Nothing is set here: all of it is acquired.',
    local: localModel(object, request, { users, attempt, roles: settings.roles }),
    ownRoles: {
      mayDefine: object.isFolder && request.policy.may('Define permissions', object),
      isFolder: object.isFolder,
      names: object.roles,
    },
    proxy: isExecutable(object)
      ? {
          choices: settings.roles
            .filter((name) => !GIVEN_BY_ITSELF.has(name))
            .map((name) => ({ name, checked: object.proxyRoles.includes(name) })),
        }
      : null,
    why: { ...why, users },
    owner: ownerModel(object, request),
  };
}

const GIVEN_BY_ITSELF: ReadonlySet<string> = new Set([ANONYMOUS_ROLE, AUTHENTICATED_ROLE]);

function localModel(
  object: Content,
  request: PublishRequest,
  facts: {
    readonly users: readonly string[];
    readonly attempt: Attempt | undefined;
    readonly roles: readonly string[];
  },
): ViewModel {
  const { users, roles, attempt } = facts;
  const rows: ViewModel[] = [];
  for (let holder: Content | undefined = object; holder !== undefined; holder = holder.container) {
    const here = holder === object;
    for (const [key, held] of Object.entries(holder.localRoles)) {
      const asked = new URLSearchParams({ give: key });
      rows.push({
        ...whoIs(key),
        key,
        roles: held,
        here,
        from: holder.path,
        href: screenUrl(holder, 'security'),
        changeHref: `${screenUrl(object, 'security')}?${asked.toString()}#give`,
      });
    }
  }
  const typed = attempt?.action === 'local-roles' ? attempt.form : undefined;
  const give = typed?.text('principal') ?? request.query.text('give');
  const held = typed?.all('role') ?? object.localRoles[give] ?? [];
  return {
    rows,
    open: give !== '',
    editing: Object.hasOwn(object.localRoles, give) ? whoIs(give).user : '',
    principal: give,
    users,
    choices: roles
      .filter((name) => !GIVEN_BY_ITSELF.has(name))
      .map((name) => ({ name, checked: held.includes(name) })),
  };
}

function ownerModel(object: Content, request: PublishRequest): ViewModel {
  const { owner } = object;
  const runs = isExecutable(object);
  const me = principalKey(request.user);
  const isMine =
    owner === me && (!runs || (object.authors.length === 1 && object.authors[0] === me));
  return {
    ...whoIs(owner),
    known: owner !== undefined,
    runs,
    authors: runs ? object.authors : [],
    mayTake: !isMine && request.policy.may('Take ownership', object),
  };
}

/** Answers the question in the address: may somebody do something, and why. */
function whyModel(object: Content, request: PublishRequest): ViewModel {
  const { query } = request;
  const user = query.text('user').trim();
  const permission = query.text('permission');
  const on = query.text('on').trim() || object.path;
  const names = allPermissions().map(({ name }) => name);
  const asked = names.includes(permission) ? permission : 'View';
  return {
    user,
    on,
    permissions: names.map((name) => ({ name, selected: name === asked })),
    answer: query.has('permission') ? answerTo(request, { user, permission, on }) : null,
  };
}

function answerTo(
  request: PublishRequest,
  question: { readonly user: string; readonly permission: string; readonly on: string },
): ViewModel {
  const { permission, on } = question;
  const user = question.user === '' ? ANONYMOUS_KEY : question.user;
  const target = contentAt(siteRoot(request.connection), on);
  const failed = (title: string): ViewModel => ({ allowed: false, title, because: [] });
  if (target === undefined || !request.policy.may('View', target)) {
    return failed(`There is nothing at ${on}`);
  }
  try {
    const decision = explainAccess(request, target, { user, permission });
    const { user: name } = whoIs(user);
    const verdict = decision.allowed ? `Yes, ${name} may` : `No, ${name} may not`;
    return { allowed: decision.allowed, title: verdict, because: decision.because };
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    return failed(error.errors.map(({ message }) => message).join(' '));
  }
}

/** The box that answers the question, when it is about this object: a role that is held and enough. */
function askedCell(
  object: Content,
  request: PublishRequest,
  settings: ObjectPermissions,
): { readonly permission: string; readonly role: string } | undefined {
  const { query } = request;
  const permission = query.text('permission');
  const on = query.text('on').trim();
  if (!isPermission(permission) || (on !== '' && on !== object.path)) return undefined;
  const user = query.text('user').trim();
  const root = siteRoot(request.connection);
  const key =
    user === '' || user === ANONYMOUS_KEY ? undefined : principalNamed(root, object, user);
  const caller = key === undefined ? ANONYMOUS_CALLER : resolveCaller(root, key);
  if (caller === undefined) return undefined;
  const held = new Standing(caller).rolesAt(object).map(({ role }) => role);
  const effective = settings.permissions.find(({ name }) => name === permission)?.effective ?? [];
  const role = held.find((each) => effective.includes(each));
  return role === undefined ? undefined : { permission, role };
}

/** Users of the user folders from here outward, by the names they are known by here. */
function namesNear(object: Content): readonly string[] {
  const names: string[] = [];
  for (let at: Content | undefined = object; at !== undefined; at = at.container) {
    const folder = isContainer(at) ? at.child('acl_users') : undefined;
    if (!(folder instanceof UserFolder)) continue;
    for (const user of folder.users()) {
      if (names.length < NAMES_MAX)
        names.push(principalKey({ userFolder: folder.path, name: user.id }));
    }
  }
  return names;
}

function save(object: Content, request: PublishRequest): Outcome {
  const settings = readPermissions(request, object);
  const { form } = request;
  const permissions = mergeMatrix(form, shownIn(object, request), settings);
  const isKept = JSON.stringify(permissions) !== JSON.stringify(readMatrix(form, settings));
  const changed = setPermissions(request, object, { permissions });
  return {
    goTo: 'security',
    message: 'Nothing was changed',
    query: [form.text('show') === 'set' ? 'show=set' : '', changed && isKept ? MERGED_QUERY : '']
      .filter((each) => each !== '')
      .join('&'),
  };
}

function giveLocalRoles(object: Content, request: PublishRequest): Outcome {
  const { form } = request;
  const principal = form.text('principal').trim();
  if (principal === '')
    throw new BadRequest('Say who is to have a role here', { field: 'principal' });
  const key = principalNamed(siteRoot(request.connection), object, principal) ?? principal;
  const shown = rolesGiven(shownIn(object, request), key);
  const theirs = rolesGiven(object, key);
  const isTaken = form.all('role').length === 0;
  const roles = isTaken ? [] : mergeChoices(shown, theirs, form.all('role'));
  const words = roles.length === 0 ? 'no roles of their own' : roles.join(', ');
  request.note(`Gave ${whoIs(principal).user} ${words} at ${object.path}`);
  setPermissions(request, object, { localRoles: { [principal]: roles } });
  return { goTo: 'security', message: 'Nothing was changed' };
}

function rolesGiven({ localRoles }: Content, key: string): readonly string[] {
  return Object.hasOwn(localRoles, key) ? (localRoles[key] ?? []) : [];
}

function changeRoles(object: Content, request: PublishRequest): Outcome {
  const { form } = request;
  const removed = form.text('remove-role');
  const added = form.text('add-role').trim();
  if (removed !== '') setPermissions(request, object, { removeRoles: [removed] });
  else if (added === '')
    throw new BadRequest('Write the name of the role first', { field: 'add-role' });
  else if (BUILT_IN_ROLES.includes(added))
    throw new BadRequest(`${added} is a role everywhere already`);
  else setPermissions(request, object, { addRoles: [added] });
  return { goTo: 'security', message: 'Nothing was changed' };
}

function setProxyRoles(object: Content, request: PublishRequest): Outcome {
  const shown = shownIn(object, request);
  const mine = request.form.all('role');
  const proxyRoles =
    isExecutable(shown) && isExecutable(object)
      ? mergeChoices(shown.proxyRoles, object.proxyRoles, mine)
      : mine;
  setPermissions(request, object, { proxyRoles });
  return { goTo: 'security', message: 'Nothing was changed' };
}

function takeOwnership(object: Content, request: PublishRequest): Outcome {
  const { title } = contentTypes.of(object);
  request.note(`Took ownership of ${title.toLowerCase()} ${object.path}`);
  setPermissions(request, object, { owner: principalKey(request.user) });
  return { goTo: 'security', message: 'It is yours already' };
}
