/**
 * What may be added to a folder, as the Add menu shows it.
 */
import {
  type Container,
  type ContentType,
  contentTypes,
  type PublishRequest,
  siteRoot,
} from '../server/index.js';
import { screenUrl } from './screen.js';

/** The menu's groups; a type that a plugin brings stands under the last one. */
const GROUPS: readonly { readonly title: string; readonly types: readonly string[] }[] = [
  { title: 'Pages', types: ['Document', 'Template', 'Folder', 'Redirect'] },
  { title: 'Files', types: ['Image', 'File'] },
  { title: 'Data', types: ['SqlConnection', 'SqlMethod'] },
  { title: 'People', types: ['UserFolder', 'User'] },
  { title: 'More', types: [] },
];

export interface AddGroup {
  readonly title: string;
  readonly items: readonly {
    readonly name: string;
    readonly title: string;
    readonly description: string;
    readonly icon: string;
    readonly href: string;
  }[];
}

/** The types that the reader may add there, grouped; empty when there is none. */
export function addMenu(folder: Container, request: PublishRequest): readonly AddGroup[] {
  const types = addableTypes(folder, request);
  const placed = new Set(GROUPS.flatMap((group) => group.types));
  return GROUPS.map(({ title, types: names }) => {
    const chosen =
      names.length === 0
        ? types.filter((type) => !placed.has(type.name))
        : names.flatMap((name) => types.filter((type) => type.name === name));
    return { title, items: chosen.map((type) => itemOf(type, folder)) };
  }).filter((group) => group.items.length > 0);
}

/** The types that the reader may add to a folder and that fit there. */
export function addableTypes(folder: Container, request: PublishRequest): readonly ContentType[] {
  const own = contentTypes.of(folder);
  const root = siteRoot(request.connection);
  return contentTypes
    .all()
    .filter(
      (type) =>
        request.policy.may(type.addPermission, folder) &&
        (type.leadsOut === undefined || request.policy.may(type.addPermission, root)) &&
        own.refuses?.(folder, type, usualId(type)) === undefined,
    );
}

/** An id for asking whether a type fits, before anybody has named the object. */
export function usualId(type: ContentType): string {
  return type.name === 'UserFolder' ? 'acl_users' : 'new';
}

function itemOf(type: ContentType, folder: Container): AddGroup['items'][number] {
  return {
    name: type.name,
    title: type.title,
    description: type.description,
    icon: type.icon,
    href: screenUrl(folder, addPath(type)),
  };
}

/** Path of the screen with the form: users are added where they are listed. */
function addPath(type: ContentType): string {
  return type.name === 'User' ? 'users' : `add/${encodeURIComponent(type.name)}`;
}
