/**
 * Restoring elsewhere: where something from the trash is to go, and under which id.
 */
import {
  type Container,
  contentAt,
  contentTypes,
  findInTrash,
  folderNamed,
  Invalid,
  isContainer,
  NotFound,
  type PublishRequest,
  restoreFromTrash,
  siteRoot,
  Taken,
  type TrashItem,
} from '../../server/index.js';
import { errorOf, lineInput } from '../form-fields.js';
import { holdsContent } from '../holds-content.js';
import { queryWithout } from '../page.js';
import { type Attempt, defineScreen, type Outcome, screenUrl, type ViewModel } from '../screen.js';
import { whoIs } from '../who.js';
import { containerOf, heldInWords, nameIn } from './trash.js';

export const trashRestore = defineScreen({
  path: 'trash/restore',
  under: 'contents',
  title: 'Restore from the trash',
  view: 'trash-restore',
  help: 'trash',
  permission: 'View management screens',
  appliesTo: holdsContent,
  show,
  actions: { restore: { run: restore } },
});

async function show(
  folder: Container,
  request: PublishRequest,
  attempt?: Attempt,
): Promise<ViewModel> {
  const item = await findInTrash(request, nameIn(request.query.text('entry')));
  if (item === undefined) throw new NotFound('That is not in the trash any more');
  const id = item.path.slice(item.path.lastIndexOf('/') + 1);
  const type = contentTypes.get(item.type);
  const to = item.home ?? nearestFolder(request, containerOf(item.path));
  return {
    heading: item.title === '' ? id : item.title,
    icon: type?.icon ?? 'file',
    type: type?.title ?? item.type,
    path: item.path,
    container: containerOf(item.path),
    ...whoIs(item.user),
    timeMs: item.timeMs,
    heldWords: heldInWords(item),
    isGone: item.home === undefined,
    isTaken: item.isTaken,
    home: item.home ?? '',
    id,
    fields: [
      lineInput(
        { name: 'to', label: 'Folder', help: 'Its path, from the root of the site.' },
        to,
        attempt,
      ),
      lineInput(
        { name: 'id', label: 'Id', help: 'Its name there, and in its address.' },
        freeIdFor(item, id),
        attempt,
      ),
    ],
    hasErrors: errorOf('id', attempt?.errors) !== '' || errorOf('to', attempt?.errors) !== '',
    backHref: backHref(folder, request),
  };
}

function backHref(folder: Container, request: PublishRequest): string {
  const query = queryWithout(request, ['entry', 'done']);
  return `${screenUrl(folder, 'trash')}${query === '' ? '' : `?${query}`}`;
}

/** The path of the nearest folder, outward, that stands and may be seen. */
function nearestFolder(request: PublishRequest, path: string): string {
  const root = siteRoot(request.connection);
  for (let at = path; at !== '/'; at = containerOf(at)) {
    const found = contentAt(root, at);
    if (isContainer(found) && request.policy.may('View', found)) return at;
  }
  return '/';
}

/** A free id where the own one is taken. */
function freeIdFor({ isTaken }: TrashItem, id: string): string {
  return isTaken ? `restored-${id}` : id;
}

async function restore(_folder: Container, request: PublishRequest): Promise<Outcome> {
  const { form } = request;
  const to = folderNamed(request, form.text('to').trim());
  try {
    await restoreFromTrash(request, nameIn(request.query.text('entry')), {
      to,
      id: form.text('id').trim(),
    });
  } catch (error) {
    if (!(error instanceof Taken) || error.code !== 'SRV_TAKEN') throw error;
    throw new Invalid([{ field: 'id', message: error.message }], { cause: error });
  }
  return { goTo: 'trash', query: queryWithout(request, ['entry', 'done']) };
}
