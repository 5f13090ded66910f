/**
 * What answers in a folder without being there: the names acquired from above that pages are made
 * of. Below a listing they say what a visitor gets, and what an object of the same id would replace.
 */
import {
  type Container,
  type Content,
  contentTypes,
  Folder,
  type PublishRequest,
} from '../server/index.js';
import { addableTypes } from './addable.js';
import { screenUrl } from './screen.js';

/** Names shown before "Show all". */
const NAMES_SHOWN = 8;
/** How many children of each container above are looked at. */
const LOOKED_AT_MAX = 500;
/** Types whose objects other pages use; a document or an image above is somebody else's page. */
const USED_BY_PAGES: ReadonlySet<string> = new Set(['Template', 'File', 'Script']);

export interface AcquiredName {
  readonly id: string;
  readonly heading: string;
  readonly icon: string;
  /** Address of its first screen; `''` where the reader may not open it. */
  readonly href: string;
  /** Path of the container it comes from. */
  readonly from: string;
  readonly mayOverride: boolean;
}

export interface AcquiredNames {
  readonly names: readonly AcquiredName[];
  readonly total: number;
}

/** Finds the names that answer here from above, nearest first, templates before files. */
export function acquiredNames(
  folder: Container,
  request: PublishRequest,
  options: { readonly all: boolean },
): AcquiredNames {
  const found = new Map<string, Content>();
  for (let above = folder.container; above !== undefined; above = above.container) {
    if (!(above instanceof Folder)) continue;
    for (const child of above.children.values({ limit: LOOKED_AT_MAX })) {
      if (!USED_BY_PAGES.has(child.type)) continue;
      const { id } = child;
      if (found.has(id) || folder.has(id) || !request.policy.may('View', child)) continue;
      found.set(id, child);
    }
  }
  const sorted = [...found.values()].sort(
    (left, right) => Number(left.type === 'File') - Number(right.type === 'File'),
  );
  const addable = new Set(addableTypes(folder, request).map((type) => type.name));
  const shown = options.all ? sorted : sorted.slice(0, NAMES_SHOWN);
  return {
    names: shown.map((object) => nameOf(object, request, addable.has(object.type))),
    total: sorted.length,
  };
}

function nameOf(object: Content, request: PublishRequest, mayOverride: boolean): AcquiredName {
  return {
    id: object.id,
    heading: object.title === '' ? object.id : object.title,
    icon: contentTypes.of(object).icon,
    href: request.policy.may('View management screens', object) ? screenUrl(object) : '',
    from: object.container?.path ?? '/',
    mayOverride,
  };
}
