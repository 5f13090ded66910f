/**
 * Who the authors are of a source that comes back: by an undo, a redo, or a restoration of the past.
 *
 * Whoever brings a source back answers for it as if they had written it, and becomes an author, beside
 * the authors it had. The authors are exactly those of then in two cases alone: somebody takes back
 * nothing but their own work, so that the object is as it was directly before that, when those
 * authors vouched for it just so; or the one who does it manages the whole site. So nobody else can
 * bring to life what a manager took away on purpose, and nobody's text loses its author: where
 * something else was changed since, all who were authors stay. What authors may do is judged when the
 * source runs, by the rights that they have then.
 */
import {
  type Oid,
  sameValue,
  type State,
  type Tid,
  type VersionUndoPlan,
} from '../../odb/index.js';
import { isKnown, principalKey } from '../security/principal.js';
import { MANAGER_ROLE } from '../security/role.js';
import { type Executable, isExecutable } from './executable.js';
import { siteRoot } from './places.js';
import type { Work } from './work.js';

/** How many revisions are looked at to see whose work is taken back; behind that it counts as another's. */
export const OWN_REVISIONS_MAX = 1000;
/** How many later revisions of the title and the like are passed over. */
const PASSED_OVER_MAX = 100;

/** What an undo makes of an object. */
export interface ComingBack {
  readonly oid: Oid;
  readonly before: State;
  readonly after: State;
}

/**
 * Gives the authors that an object is to have after an undo.
 *
 * @returns `undefined` where the plan says all of it: for what does not run, and where main shows
 *   through in a version again
 */
export function authorsAfterUndo(
  work: Work,
  plan: VersionUndoPlan,
  { oid, before, after }: ComingBack,
): readonly string[] | undefined {
  if (after['authors'] === undefined && before['authors'] === undefined) return undefined;
  if (plan.notes?.objects.get(oid)?.live === true) return undefined;
  const present = authorsIn(before);
  const restored = authorsIn(after);
  const then = stateBefore(work, oid, plan.tids);
  if (then !== undefined && isSameWork(then.state, after)) {
    const authors = authorsIn(then.state);
    if (then.tids.every((tid) => isOwn(work, tid)) || managesSite(work)) return authors;
    // Of what was only settled, as who owns it, nobody is dropped.
    if (!sameValue(before['source'], after['source'])) return union(authors, [me(work)]);
  }
  if (sameValue(before['source'], after['source'])) return union(present, restored);
  return union(present, restored, [me(work)]);
}

/**
 * Gives the authors to an object that was given the source it had just after `at`.
 *
 * @param options.past the object, as it was then
 * @param options.present the authors before it was given that
 */
export function giveAuthorsOf(
  work: Work,
  object: Executable,
  options: {
    readonly past: Pick<Executable, 'authors'>;
    readonly present: readonly string[];
    readonly at: Tid;
  },
): void {
  const { past, present, at } = options;
  const isExact = managesSite(work) || isOwnSince(work, object, at);
  const authors = isExact ? past.authors : union(present, past.authors, [me(work)]);
  if (!sameValue(object.authors, authors)) object.authors = [...authors];
  work.policy.forget();
}

/** Gives the authors of what runs, to be kept while its source is replaced; `[]` for what does not run. */
export function authorsOf(object: unknown): readonly string[] {
  return isExecutable(object) ? object.authors : [];
}

/**
 * Gives what an object was directly before transactions, where they made its newest revisions, but for
 * such that did not touch what runs.
 */
function stateBefore(
  { connection }: Work,
  oid: Oid,
  tids: readonly Tid[],
): { readonly state: State; readonly tids: readonly Tid[] } | undefined {
  const before = (tid: Tid): State | undefined => {
    const record = connection.transactionRecord(tid);
    return record === undefined ? undefined : connection.stateAt(oid, record.previousTid);
  };
  const taken: Tid[] = [];
  for (const { tid } of connection.history(oid, { limit: tids.length + PASSED_OVER_MAX })) {
    if (tids.includes(tid)) taken.push(tid);
    else if (!isBeside(before(tid), connection.stateAt(oid, tid))) break;
  }
  const oldest = taken.at(-1);
  const state = oldest === undefined ? undefined : before(oldest);
  return state === undefined ? undefined : { state, tids: taken };
}

/** Tells whether a change was only of what has no part in what runs. */
function isBeside(before: State | undefined, after: State | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  const names = Object.keys({ ...before, ...after });
  return names.every((name) => BESIDE.has(name) || sameValue(before[name], after[name]));
}

const BESIDE: ReadonlySet<string> = new Set(['title', 'properties', 'permissions', 'localRoles']);

/** Tells whether two states run alike: what else is said of them grants nothing. */
function isSameWork(one: State, other: State): boolean {
  return ['source', 'authors', 'proxyRoles'].every((name) =>
    sameValue(one[name] ?? NONE[name], other[name] ?? NONE[name]),
  );
}

const NONE: State = { source: '', authors: [], proxyRoles: [] };

/** In a version, main's revisions of an object count too, and nobody says whose they are. */
function isOwnSince(work: Work, { oid }: Executable, at: Tid): boolean {
  const { connection } = work;
  if (oid === undefined || connection.version !== undefined) return false;
  const newest = connection.history(oid, { limit: OWN_REVISIONS_MAX });
  const since = newest.filter(({ tid }) => tid > at);
  return since.length < OWN_REVISIONS_MAX && since.every(({ tid }) => isOwn(work, tid));
}

function isOwn(work: Work, tid: Tid): boolean {
  return isKnown(work.user) && work.connection.transactionRecord(tid)?.user === me(work);
}

function managesSite({ policy, connection }: Work): boolean {
  return policy.rolesAt(siteRoot(connection)).includes(MANAGER_ROLE);
}

function authorsIn(state: State): readonly string[] {
  return (state['authors'] ?? []) as readonly string[];
}

function me({ user }: Work): string {
  return principalKey(user);
}

function union(...lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())];
}
