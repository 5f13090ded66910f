/**
 * Objects of a folder, as lists: only those that may be viewed.
 *
 * `objectIds`, `objectValues` and `objectItems` take names of types; `children` sorts as well. They
 * are helpers, which speak of the folder at hand, and functions of any folder found by a path
 * (`news.objectValues`).
 */
import { ABSENT, isAcquirable } from '../../acquisition/index.js';
import type { Acquirable } from '../../acquisition/index.js';
import { LIST_MAX } from './bounds.js';
import { unusable } from './errors.js';
import type { Frame, Run } from './frame.js';
import { sorted } from './sort.js';
import { textOf } from './text.js';
import { Callable } from './callable.js';
import { ListItem } from './world.js';
import type { TemplateWorld } from './world.js';

interface FolderQuery {
  readonly types: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
}

type FolderFunction = (run: Run, folder: Acquirable, query: FolderQuery) => readonly unknown[];

export const FOLDER_FUNCTIONS: ReadonlyMap<string, FolderFunction> = new Map<
  string,
  FolderFunction
>([
  ['objectValues', (run, folder, { types }) => viewable(run, folder, types)],
  ['objectIds', (run, folder, { types }) => viewable(run, folder, types).map(idOf)],
  [
    'objectItems',
    (run, folder, { types }) =>
      viewable(run, folder, types).map((object) => new ListItem(object, { key: idOf(object) })),
  ],
  [
    'children',
    (run, folder, { types, options }) => {
      const found = viewable(run, folder, [...types, ...typeNames(options['type'])]);
      const { reverse } = options;
      const sort = options['sort'] === undefined ? undefined : textOf(run, options['sort']);
      const list = sort === undefined ? found : sorted(run, found, sort);
      return reverse === true ? [...list].reverse() : list;
    },
  ],
]);

/** Gives a folder's function as a value that can be called; `undefined` for what is no folder. */
export function folderFunction(
  object: Acquirable,
  name: string,
  world: TemplateWorld,
): Callable | undefined {
  const list = FOLDER_FUNCTIONS.get(name);
  if (list === undefined || world.children(object) === undefined) return undefined;
  return new Callable(name, ({ frame, positional, named }) =>
    list(frame.run, object, { types: positional, options: named }),
  );
}

/**
 * Gives the objects of `folder` that may be viewed.
 * @param types names of content types; all of them when empty
 * @throws TemplateFault `SRV_TEMPLATE_SIZE`
 */
export function viewable(
  run: Run,
  folder: Acquirable,
  types: readonly unknown[] = [],
): readonly Acquirable[] {
  const all = run.world.children(folder);
  if (all === undefined) throw unusable('Only folders have objects in them.');
  const wanted = new Set(types.flatMap(typeNames));
  const found: Acquirable[] = [];
  let seen = 0;
  for (const object of all) {
    seen += 1;
    run.budget.step();
    if (seen > LIST_MAX) break;
    if (wanted.size > 0 && !wanted.has(String(object.lookup('type')))) continue;
    if (run.world.mayTouch(object)) found.push(object);
  }
  run.budget.list(seen);
  return found;
}

/** The nearest folder outward from the present object. */
export function nearestFolder(frame: Frame): Acquirable {
  let at: Acquirable | undefined = frame.object;
  while (at !== undefined && frame.run.world.children(at) === undefined) at = at.container;
  if (at === undefined) throw unusable('There is no folder here.');
  frame.run.touch(at);
  return at;
}

export function isFolder(run: Run, value: unknown): value is Acquirable {
  return isAcquirable(value) && run.world.children(value) !== undefined;
}

export function idOf(object: Acquirable): string {
  const id = object.lookup('id');
  return id === ABSENT ? '' : String(id);
}

function typeNames(types: unknown): readonly string[] {
  if (Array.isArray(types)) return types.flatMap(typeNames);
  if (typeof types !== 'string') return [];
  return types
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
