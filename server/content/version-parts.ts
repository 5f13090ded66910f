/**
 * An object's state as the parts that are decided one by one where a version and main both changed it.
 *
 * A part is an attribute, or one entry of what is kept by name: a property, the setting of a
 * permission, somebody's local roles. The data of a file go together with all that describes them.
 */
import { sameValue, type State, type VersionConflict } from '../../odb/index.js';

/** What both sides changed of an object. */
export interface ConflictPart {
  /** `title`, `source`, `data`, `place`, `properties.NAME`, `permission:NAME`, `localRole:WHO`, … */
  readonly name: string;
  /** `undefined`: it is not there. */
  readonly base: unknown;
  readonly main: unknown;
  readonly version: unknown;
}

/** Attributes that are kept by name, and how their parts are called. */
const NAMED: Readonly<Record<string, string>> = {
  properties: 'properties.',
  permissions: 'permission:',
  localRoles: 'localRole:',
};

/** What describes data, and goes with them. */
const DATA: readonly string[] = ['blob', 'width', 'height', 'contentType', 'filename'];

/** What is kept of an object beside what people set. */
const UNTOLD: ReadonlySet<string> = new Set(['authors', 'createdMs', 'imported', 'children']);

type Sides = Pick<VersionConflict, 'base' | 'main' | 'version'>;

/** Lists what both sides changed and nothing can merge. */
export function partsInConflict({ fields, ...sides }: Sides & Pick<VersionConflict, 'fields'>) {
  const attributes = [...new Set(fields.map((field) => field.split('.', 1)[0] ?? ''))];
  const hasData = attributes.includes('blob');
  return attributes
    .filter((name) => name === 'blob' || !hasData || !DATA.includes(name))
    .flatMap((name) => partsOf(sides, name))
    .filter(({ base, main, version }) => {
      const isOneSided = sameValue(base, main) || sameValue(base, version);
      return !isOneSided && !sameValue(main, version);
    });
}

/** Counts the parts that one side alone changed, or both in the same way. */
export function mergedParts(conflict: Sides & Pick<VersionConflict, 'fields'>): number {
  const { base = {}, main = {}, version = {} } = conflict;
  const names = new Set([base, main, version].flatMap((state) => Object.keys(state)));
  const changed = [...names]
    .filter((name) => !UNTOLD.has(name) && (name === 'blob' || !DATA.includes(name)))
    .flatMap((name) => partsOf(conflict, name))
    .filter((part) => !sameValue(part.base, part.main) || !sameValue(part.base, part.version));
  const open = new Set(partsInConflict(conflict).map(({ name }) => name));
  return changed.filter(({ name }) => !open.has(name)).length;
}

/** Tells whether a part is a setting of security, which not everybody who may see an object sees. */
export function isSetting({ name }: Pick<ConflictPart, 'name'>): boolean {
  return /^(permission:|localRole:|proxyRoles$|roles$|owner$)/.test(name);
}

/** Gives a state with one part as another state has it. */
export function withPart(state: Readonly<State>, name: string, from: Readonly<State>): State {
  const { attributes, key } = addressOf(name);
  const copy: State = { ...state };
  for (const attribute of attributes) {
    if (key === undefined) put(copy, attribute, from[attribute]);
    else {
      const entries = { ...recordIn(copy[attribute]) };
      put(entries, key, recordIn(from[attribute])[key]);
      copy[attribute] = entries;
    }
  }
  return copy;
}

function partsOf({ base, main, version }: Sides, attribute: string): ConflictPart[] {
  const [was, theirs, mine] = [base, main, version].map((state) => state?.[attribute]);
  const prefix = Object.hasOwn(NAMED, attribute) ? NAMED[attribute] : undefined;
  if (prefix === undefined) {
    const name = attribute === 'blob' ? 'data' : attribute;
    return [{ name, base: was, main: theirs, version: mine }];
  }
  const entries = [was, theirs, mine].map(recordIn);
  const keys = new Set(entries.flatMap((each) => Object.keys(each)));
  return [...keys].sort().map((key) => {
    const [from, there, here] = entries.map((each) => each[key]);
    return { name: `${prefix}${key}`, base: from, main: there, version: here };
  });
}

function addressOf(name: string): {
  readonly attributes: readonly string[];
  readonly key: string | undefined;
} {
  for (const [attribute, prefix] of Object.entries(NAMED)) {
    if (name.startsWith(prefix)) {
      return { attributes: [attribute], key: name.slice(prefix.length) };
    }
  }
  return { attributes: name === 'data' ? DATA : [name], key: undefined };
}

function put(state: State, name: string, value: unknown): void {
  if (value === undefined) delete state[name];
  else state[name] = value;
}

function recordIn(value: unknown): Readonly<Record<string, unknown>> {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isRecord ? (value as Readonly<Record<string, unknown>>) : {};
}
