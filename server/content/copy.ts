/**
 * Copying content, with all it holds.
 *
 * Who copies owns the copies and joins the authors of what runs, so a copy can never do more than
 * its copier may. Settings that keep others out go along; what was given to single people (local
 * roles), and proxy roles, stay behind. A source that may not be read cannot be copied.
 */
import { Persistent } from '../../odb/index.js';
import { Invalid, TooLarge } from '../errors.js';
import { isKnown, principalKey } from '../security/principal.js';
import { type Container, type Content, isContainer } from './content.js';
import { contentTypes } from './content-type.js';
import { addAuthor, requireAdd, requirePlace, touched } from './edit.js';
import { freeId } from './ids.js';
import { listNew } from './version-list.js';
import type { Work } from './work.js';

/** How many objects one copy may make. Larger parts of a site are exported and imported. */
export const COPY_OBJECTS_MAX = 10_000;

export interface Copy {
  readonly to: Container;
  /** Its id there. By default its own where that is free, else `copy_of_ID`. */
  readonly id?: string;
}

/** What belongs to the original alone. */
const LEFT_BEHIND: ReadonlySet<string> = new Set(
  'place children derived owner createdMs localRoles proxyRoles'.split(' '),
);

/**
 * Copies an object into a container.
 *
 * @throws Unauthorized when something of it may not be viewed, or not be added there
 * @throws Invalid when it would be copied into itself, or the container refuses it
 * @throws Taken when the id asked for is taken
 * @throws TooLarge past `COPY_OBJECTS_MAX`
 */
export function copyObject(work: Work, object: Content, copy: Copy): Content {
  const { to } = copy;
  const id = copy.id ?? freeId(object.id || 'site', (candidate) => to.has(candidate));
  const originals = collect(work, object, to);
  if (to.isWithin(object)) {
    const message = `${object.path} cannot be copied into itself`;
    throw new Invalid([{ field: 'to', message }]);
  }
  requirePlace(to, contentTypes.of(object), id);
  const made = copyInto(work, object, { container: to, id, originals });
  work.policy.forget();
  touched(work, made);
  work.did(`Copied ${object.path} to ${made.path}`);
  return made;
}

/** Asks for all that copying needs, before anything is made. */
function collect(work: Work, top: Content, to: Container): ReadonlySet<Content> {
  const { policy } = work;
  const found = new Set<Content>();
  const addable = new Set<string>();
  const pending: Content[] = [top];
  for (let object = pending.pop(); object !== undefined; object = pending.pop()) {
    const type = contentTypes.of(object);
    policy.require('View', object);
    policy.require('Access contents information', object);
    if (type.protectedFields === true) policy.require('View management screens', object);
    if (!addable.has(type.addPermission)) requireAdd(work, type, to);
    addable.add(type.addPermission);
    found.add(object);
    if (found.size > COPY_OBJECTS_MAX) {
      throw new TooLarge(
        `${top.path} holds more than ${COPY_OBJECTS_MAX} objects. Export and import it instead.`,
      );
    }
    if (isContainer(object)) pending.push(...object.items());
  }
  return found;
}

function copyInto(
  work: Work,
  original: Content,
  into: {
    readonly container: Container;
    readonly id: string;
    readonly order?: number;
    readonly originals: ReadonlySet<Content>;
  },
): Content {
  const type = contentTypes.of(original);
  const owner = isKnown(work.user) ? principalKey(work.user) : undefined;
  const copy = new type.class({ ...attributesOf(original), owner, createdMs: work.nowMs });
  into.container.insert(copy, into.id, into.order);
  work.connection.add(copy);
  listNew(work, copy);
  addAuthor(work, copy);
  if (isContainer(original) && isContainer(copy)) {
    for (const child of original.items()) {
      if (!into.originals.has(child)) continue;
      const { originals } = into;
      copyInto(work, child, { container: copy, id: child.id, order: child.order, originals });
    }
  }
  return copy;
}

/**
 * Gives an object's stored attributes, but for those that stay behind.
 * @throws TypeError for an attribute that refers to another object: both would share it
 */
function attributesOf(object: Content): Record<string, unknown> {
  const attributes: Record<string, unknown> = {};
  // Stored attributes are enumerable accessors of the class; what begins with $ is the database's.
  for (const name in object) {
    if (name.startsWith('$') || LEFT_BEHIND.has(name)) continue;
    const value = object[name as keyof Content] as unknown;
    if (value instanceof Persistent) {
      throw new TypeError(`${object.path} cannot be copied: its ${name} is an object of its own`);
    }
    attributes[name] = value;
  }
  return attributes;
}
