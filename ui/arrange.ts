/**
 * A folder's own order: moving the ticked objects one place, to an end, or before another.
 *
 * Objects moved together keep their order among themselves.
 */
import {
  type Container,
  type Content,
  moveObject,
  NotFound,
  type PublishRequest,
} from '../server/index.js';
import { here, tickedObjects, told } from './contents-actions.js';
import type { Outcome } from './screen.js';

export type Direction = 'first' | 'earlier' | 'later' | 'last';

/** Moves the ticked objects one place, or to an end, keeping their order among themselves. */
export function arrange(folder: Container, request: PublishRequest, direction: Direction): Outcome {
  const chosen = new Set(tickedObjects(folder, request));
  const items = folder.items();
  const moving = items.filter((item) => chosen.has(item));
  const others = items.filter((item) => !chosen.has(item));
  const next = others[placeAmong(others, items, { moving, direction })];
  request.note(told('Moved', moving, `in the order of ${folder.path}`));
  putBefore(moving, next, { folder, request });
  return stillTicked(moving, request);
}

/** Where among the others the moved objects go: the index of the one they will stand before. */
function placeAmong(
  others: readonly Content[],
  items: readonly Content[],
  { moving, direction }: { readonly moving: readonly Content[]; readonly direction: Direction },
): number {
  if (direction === 'first') return 0;
  if (direction === 'last') return others.length;
  const edge = direction === 'earlier' ? moving[0] : moving.at(-1);
  const edgeAt = edge === undefined ? 0 : items.indexOf(edge);
  const before = others.filter((other) => items.indexOf(other) < edgeAt).length;
  return direction === 'earlier' ? Math.max(0, before - 1) : Math.min(others.length, before + 1);
}

/** Moves the ticked objects before the one named, or to the end where none is named. */
export function arrangeBefore(folder: Container, request: PublishRequest): Outcome {
  const before = request.form.text('before');
  const moving = tickedObjects(folder, request).filter((item) => item.id !== before);
  if (before !== '' && !folder.has(before)) {
    throw new NotFound(`${folder.path} holds no ${before} any more`);
  }
  request.note(told('Moved', moving, `in the order of ${folder.path}`));
  putBefore(moving, before === '' ? undefined : folder.child(before), { folder, request });
  return here(request);
}

/**
 * Puts objects before another one, or at the end. Moving is always before something: so for the end,
 * they go before the last of the others, and then that one before them.
 */
function putBefore(
  moving: readonly Content[],
  next: Content | undefined,
  { folder, request }: { readonly folder: Container; readonly request: PublishRequest },
): void {
  const last = folder.items().findLast((item) => !moving.includes(item));
  const before = next ?? last;
  const [first] = moving;
  if (before === undefined || first === undefined) return;
  for (const item of moving) moveObject(request, item, { to: folder, before: before.id });
  if (next === undefined) moveObject(request, before, { to: folder, before: first.id });
}

/** The objects moved stay ticked, so that they can be moved on. */
function stillTicked(moving: readonly Content[], request: PublishRequest): Outcome {
  const { goTo, query } = here(request);
  const ticks = moving.map((item) => `tick=${encodeURIComponent(item.id)}`);
  return { goTo, query: [query, ...ticks].filter((each) => each !== '').join('&') };
}
