/**
 * An object's stored state as a person reads it: each part with a label, in the order to show.
 *
 * Only what is meant to be read is here: the title, the fields of the type, properties, the place,
 * settings of security. What a type stores beside that (a password's hash) is never shown; that it
 * differs is told, and no more.
 */
import { type Content, type ContentType, contentTypes } from '../server/index.js';
import { diffStates, type PlainState, type StateDiff } from './diff-fields.js';
import { sizeInWords } from './helpers.js';
import { whoIs } from './who.js';

/** Whose users are named without their folder. */
const SITE_USERS = '/acl_users';

/** A stored state: what the database gives, references among it. */
export type StoredState = Readonly<Record<string, unknown>>;

/** How the paths of objects that a state refers to are found. */
export type PathOf = (oid: number) => string | undefined;

/** Stored beside what is shown, and not a difference worth telling. */
const UNTOLD: ReadonlySet<string> = new Set(['createdMs', 'children']);

/** Parts that are about who may do what; a revert of the object leaves them as they are. */
const SECURITY = /^(permission:|localRole:|roles$|owner$|proxyRoles$|authors$)/;

export interface Readable {
  readonly values: PlainState;
  readonly labels: ReadonlyMap<string, string>;
}

/** Gives the parts of a state that are shown. `undefined` is an object that is not there. */
export function readable(
  type: ContentType | undefined,
  state: StoredState | undefined,
  pathOf: PathOf,
): Readable {
  const values: Record<string, unknown> = {};
  const labels = new Map<string, string>();
  if (state === undefined) return { values, labels };
  const put = (name: string, label: string, value: unknown): void => {
    if (value === undefined) return;
    values[name] = value;
    labels.set(name, label);
  };
  put('title', 'Title', state['title']);
  for (const field of type?.fields ?? []) {
    if (field.writeOnly !== true && field.name in state && field.name !== 'roles') {
      put(field.name, field.label, state[field.name]);
    }
  }
  put('userRoles', 'Roles of the user', state['userRoles']);
  put('data', 'Content', dataInWords(state['blob']));
  for (const [name, property] of entriesOf(state['properties'])) {
    put(`properties.${name}`, name, valueIn(property));
  }
  put('place', 'Place', placeInWords(state['place'], pathOf));
  put('owner', 'Owner', nameOf(state['owner']));
  put('roles', 'Roles defined here', state['roles']);
  for (const [name, setting] of entriesOf(state['permissions'])) {
    put(`permission:${name}`, `Permission ${name}`, settingInWords(setting));
  }
  for (const [name, roles] of entriesOf(state['localRoles'])) {
    put(`localRole:${name}`, `Local roles of ${name}`, roles);
  }
  put('authors', 'Authors', namesIn(state['authors']));
  put('proxyRoles', 'Proxy roles', state['proxyRoles']);
  return { values, labels };
}

/** Compares two states of one object. */
export function diffContent(
  type: ContentType | undefined,
  before: StoredState | undefined,
  after: StoredState | undefined,
  options: { readonly pathOf: PathOf; readonly context?: number },
): StateDiff & { readonly hidden: boolean } {
  const left = readable(type, before, options.pathOf);
  const right = readable(type, after, options.pathOf);
  const labels = new Map([...left.labels, ...right.labels]);
  const context = options.context === undefined ? {} : { context: options.context };
  const diff = diffStates(left.values, right.values, labels, context);
  return { ...diff, hidden: diff.same && !sameStored(before, after) };
}

/** Tells whether a part named in a difference is one that a revert gives back. */
export function isReverted(name: string): boolean {
  return name !== 'place' && !isSecurity(name);
}

/** Tells whether a part named in a difference is one of the settings of security. */
export function isSecurity(name: string): boolean {
  return SECURITY.test(name);
}

/** Finds the type of a stored object by the name of its class. */
export function typeOfClass(className: string): ContentType | undefined {
  return contentTypes.all().find((type) => classNameOf(type) === className);
}

function classNameOf(type: ContentType): string {
  return (type.class.prototype as Content).$class.name;
}

/** Says what bytes these are: how many, and the beginning of their hash, by which they differ. */
function dataInWords(blob: unknown): string | undefined {
  const { sha256, sizeBytes } = recordOf(blob);
  if (typeof sha256 !== 'string') return undefined;
  const size = typeof sizeBytes === 'number' ? sizeInWords(sizeBytes) : 'unknown size';
  return `${size}, SHA-256 ${sha256.slice(0, 12)}…`;
}

function placeInWords(place: unknown, pathOf: PathOf): string | undefined {
  const { container, id } = recordOf(place);
  if (typeof id !== 'string') return undefined;
  const { oid } = recordOf(container);
  const folder = typeof oid === 'number' ? pathOf(oid) : undefined;
  if (folder === undefined) return `… /${id}`;
  return folder === '/' ? `/${id}` : `${folder}/${id}`;
}

/** Gives the names of principals; of what is no list, what it is. */
function namesIn(authors: unknown): unknown {
  return Array.isArray(authors) ? authors.map(nameOf) : authors;
}

/** Names a principal: by the name alone in the site's own user folder, elsewhere with the folder's path. */
function nameOf(key: unknown): unknown {
  if (typeof key !== 'string') return key;
  const { user, folder } = whoIs(key);
  return folder === '' || folder === SITE_USERS ? user : `${user} (${folder})`;
}

function settingInWords(setting: unknown): string {
  const { roles, acquire } = recordOf(setting);
  const names = Array.isArray(roles) && roles.length > 0 ? roles.join(', ') : 'no role';
  return acquire === false ? `${names}; nothing acquired` : `${names}, and what is acquired`;
}

function valueIn(property: unknown): unknown {
  return recordOf(property)['value'];
}

function entriesOf(value: unknown): [string, unknown][] {
  return Object.entries(recordOf(value));
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

function sameStored(before: StoredState | undefined, after: StoredState | undefined): boolean {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...names].every(
    (name) => UNTOLD.has(name) || comparable(before?.[name]) === comparable(after?.[name]),
  );
}

/** References are compared by their oids: a loaded object and a bare reference are the same. */
function comparable(value: unknown): string {
  return (
    JSON.stringify(value, (_key, each: unknown) => {
      const { oid } = recordOf(each);
      if (typeof oid === 'number') return { oid };
      return typeof each === 'object' && each !== null && !Array.isArray(each)
        ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
        : each;
    }) ?? ''
  );
}
