/**
 * Moving content: to another container, to another id, to another place among its neighbours.
 *
 * An object keeps its owner, its authors and its settings where it goes. Moving asks to delete it
 * where it was and, where the container changes, to add it there.
 */
import { Invalid, Taken } from '../errors.js';
import { quoted } from '../quote.js';
import type { Container, Content } from './content.js';
import { contentTypes } from './content-type.js';
import { within } from './deriving.js';
import { requireAdd, requirePlace, requireRemovable, touched } from './edit.js';
import { Folder } from './folder.js';
import { siteRoot } from './places.js';
import type { Work } from './work.js';

export interface Move {
  readonly to: Container;
  /** Its id there; its present one by default. */
  readonly id?: string;
  /** Id of the child it is to stand before. By default it stands last, or where it stood. */
  readonly before?: string;
}

/**
 * Moves, renames or arranges an object.
 *
 * @returns `false` when it is there already, so that nothing was touched
 * @throws Unauthorized when the user may not take it away, or not add it there
 * @throws Invalid when it would end up inside itself, the container refuses it, or there is nothing
 *   to stand before
 * @throws Taken when the id is taken
 */
export function moveObject(work: Work, object: Content, move: Move): boolean {
  const { container } = object;
  if (container === undefined) throw new Taken('The root of the site stays where it is');
  const { to, before } = move;
  const id = move.id ?? object.id;
  work.policy.require('Delete objects', object);
  if (before !== undefined && !to.has(before)) {
    const message = `There is no ${quoted(before)} in ${to.path} to stand before`;
    throw new Invalid([{ field: 'before', message }]);
  }
  const leaves = to !== container || id !== object.id;
  if (leaves) relocate(work, object, { from: container, to, id });
  const arranged = before !== undefined && before !== id && arrange(work, to, id, before);
  return leaves || arranged;
}

function relocate(
  work: Work,
  object: Content,
  way: { readonly from: Container; readonly to: Container; readonly id: string },
): void {
  const { from, to, id } = way;
  const type = contentTypes.of(object);
  if (to !== from) {
    requireAdd(work, type, to);
    requireWaysOut(work, object);
  }
  requireRemovable(object);
  if (object.type === 'User') {
    const message = 'A user keeps name and folder: they are written into all that the user owns';
    throw new Invalid([{ field: 'id', message }]);
  }
  if (to.isWithin(object)) {
    const message = `${object.path} cannot be put into itself`;
    throw new Invalid([{ field: 'to', message }]);
  }
  requirePlace(to, type, id);
  const { order, path } = object;
  touched(work, object);
  from.remove(object.id);
  to.insert(object, id, to === from ? order : undefined);
  touched(work, object);
  work.policy.forget();
  work.did(to === from ? `Renamed ${path} to ${id}` : `Moved ${path} to ${object.path}`);
}

/** What leads out of the site and comes along is then of those who may do all where it goes. */
function requireWaysOut({ policy, connection }: Work, top: Content): void {
  const root = siteRoot(connection);
  const refused = contentTypes
    .all()
    .filter(
      ({ leadsOut, addPermission }) => leadsOut !== undefined && !policy.may(addPermission, root),
    );
  if (refused.length === 0) return;
  for (const { type } of within(top)) {
    const found = refused.find(({ name }) => name === type);
    if (found !== undefined) policy.require(found.addPermission, root);
  }
}

function arrange(work: Work, container: Container, id: string, before: string): boolean {
  if (!(container instanceof Folder)) return false;
  const order = container.items().map((item) => item.id);
  if (order[order.indexOf(before) - 1] === id) return false;
  const moved = container.arrange(id, before);
  for (const item of moved) touched(work, item);
  work.did(`Put ${container.child(id)?.path ?? id} before ${before}`);
  return true;
}
