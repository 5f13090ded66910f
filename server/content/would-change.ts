/**
 * What the changes of a transaction come to, before anybody saves them: each object that would be
 * added, changed or removed, with its state as it is and as it would be.
 *
 * Made in two steps. The drafts are taken while the changes are there; once those are forgotten, what
 * of the drafts may be told is judged by the site as it is, so that no change can let anybody see more.
 */
import {
  type Connection,
  type Oid,
  Persistent,
  Ref,
  sameValue,
  type State,
} from '../../odb/index.js';
import { Content } from './content.js';
import { contentTypes } from './content-type.js';
import { pathAt, siteRoot } from './places.js';
import type { Work } from './work.js';

/** An object that a transaction would change. States hold `Ref`s. */
export interface WouldChange {
  readonly oid: Oid;
  readonly className: string;
  readonly kind: 'added' | 'changed' | 'removed';
  /** Where it would be; of what would be removed, where it is. */
  readonly path: string;
  /** Where it is; `undefined` for what would be added. */
  readonly pathNow: string | undefined;
  /**
   * As it is, and as it would be, as far as that may be told; `undefined`: not there. Of an object
   * whose fields may not be seen neither is told.
   */
  readonly before: Readonly<State> | undefined;
  readonly after: Readonly<State> | undefined;
}

/** What would change, and how much of it may not be told. */
export interface WouldChanges {
  readonly changes: readonly WouldChange[];
  /** Objects that would change and may not be viewed. */
  readonly hidden: number;
  /** Where containers would be that are not there yet, for paths in states. */
  readonly newPaths: ReadonlyMap<Oid, string>;
}

/** A change with what it takes to judge who may be told of it. */
export interface DraftChange extends WouldChange {
  /** The containers that it would be in, from the nearest outward. */
  readonly above: readonly Oid[];
}

/** Parts of a state that follow from others, or are told of another object. */
const UNTOLD = ['children'];

/** Parts of a state for whoever may see the screens of an object. */
const SETTINGS = ['permissions', 'localRoles', 'roles', 'owner', 'authors', 'proxyRoles'];

/** Gives what the changes of a connection come to, by path. Reads each changed object as it was. */
export function draftChanges(connection: Connection): readonly DraftChange[] {
  const root = siteRoot(connection);
  const drafts: DraftChange[] = [];
  for (const object of connection.changedObjects()) {
    const { oid } = object;
    if (!(object instanceof Content) || oid === undefined) continue;
    const stands = (state: Readonly<State> | undefined): boolean =>
      state !== undefined && (state['place'] !== undefined || object === root);
    const was = plainState(connection.stateAt(oid, connection.tid));
    const isThere = connection.find(oid) !== undefined;
    const is = isThere ? plainState(stateNow(object, was)) : undefined;
    const before = stands(was) ? was : undefined;
    const after = stands(is) ? is : undefined;
    if (before === undefined && after === undefined) continue;
    if (before !== undefined && after !== undefined && sameValue(before, after)) continue;
    const pathNow = before === undefined ? undefined : pathAt(connection, oid, connection.tid);
    drafts.push({
      oid,
      className: object.$class.name,
      kind: before === undefined ? 'added' : after === undefined ? 'removed' : 'changed',
      path: after === undefined ? (pathNow ?? '/') : object.path,
      pathNow,
      before,
      after,
      above: after === undefined ? [] : containersOf(object),
    });
  }
  return drafts.sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** Leaves of drafts what the user may be told, as the site is. The changes must be forgotten. */
export function visibleChanges(work: Work, drafts: readonly DraftChange[]): WouldChanges {
  const changes = drafts.flatMap((draft) => visible(work, draft) ?? []);
  const added = drafts.filter(({ kind }) => kind === 'added');
  return {
    changes,
    hidden: drafts.length - changes.length,
    newPaths: new Map(added.map(({ oid, path }) => [oid, path])),
  };
}

function visible(work: Work, draft: DraftChange): WouldChange | undefined {
  const { connection, policy } = work;
  const { above, before, after, ...change } = draft;
  const found = [draft.oid, ...above].map((oid) => connection.find(oid));
  const judged = found.find((each) => each instanceof Content && isStanding(work, each));
  const object = judged instanceof Content ? judged : siteRoot(connection);
  if (!policy.may('View', object)) return undefined;
  const isOpen = policy.may('View management screens', object);
  const type = contentTypes.all().find((each) => classNameOf(each.class) === draft.className);
  const isShown = type !== undefined && (isOpen || type.protectedFields !== true);
  if (!isShown) return { ...change, before: undefined, after: undefined };
  const told = (state: Readonly<State> | undefined): Readonly<State> | undefined =>
    isOpen || state === undefined ? state : without(state, SETTINGS);
  return { ...change, before: told(before), after: told(after) };
}

function isStanding({ connection }: Work, object: Content): boolean {
  return object.place !== undefined || object === siteRoot(connection);
}

function classNameOf({ prototype }: { readonly prototype: unknown }): string {
  return (prototype as Content).$class.name;
}

function containersOf(object: Content): readonly Oid[] {
  const oids: Oid[] = [];
  for (let at = object.container; at !== undefined; at = at.container) {
    if (at.oid !== undefined) oids.push(at.oid);
  }
  return oids;
}

/** Gives an object's state with all that `was` has, what is as its default included. */
function stateNow(object: Content, was: Readonly<State> = {}): Readonly<State> {
  const names = Object.keys({ ...was, ...object.$state() });
  return Object.fromEntries(
    names
      .map((name): [string, unknown] => [name, Reflect.get(object, name)])
      .filter(([, value]) => value !== undefined),
  );
}

/** Gives a state with `Ref`s in place of objects, so that it outlives the transaction. */
function plainState(state: Readonly<State> | undefined): Readonly<State> | undefined {
  if (state === undefined) return undefined;
  const told = without(state, UNTOLD);
  return Object.fromEntries(Object.entries(told).map(([name, value]) => [name, plain(value)]));
}

function plain(value: unknown): unknown {
  if (value instanceof Persistent) return value.oid === undefined ? undefined : new Ref(value.oid);
  if (Array.isArray(value)) return value.map(plain);
  const isRecord =
    typeof value === 'object' &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype;
  if (!isRecord) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}

function without(state: Readonly<State>, names: readonly string[]): Readonly<State> {
  return Object.fromEntries(Object.entries(state).filter(([name]) => !names.includes(name)));
}
