/**
 * Versions: all that somebody may be in, and the form that makes one.
 *
 * It is about main, where versions live, whatever place the browser is in; what runs in the background
 * for any of them is shown here, also when the version has gone by it.
 */
import {
  type Container,
  contentAt,
  createObject,
  Folder,
  Invalid,
  isContainer,
  isSecure,
  type PublishRequest,
  refuseId,
  siteRoot,
  versionCookie,
} from '../../server/index.js';
import { lineInput } from '../form-fields.js';
import { type Attempt, defineScreen, type Outcome, screenUrl, type ViewModel } from '../screen.js';
import { cancelVersionJob, versionJobs } from '../version-jobs.js';
import { versionRows } from '../version-list.js';
import { takeBack } from './undo.js';

/** An id that is taken is told with this status. */
const TAKEN = 409;

export const versions = defineScreen<Folder>({
  path: 'versions',
  title: 'Versions',
  isOfSite: true,
  icon: 'version',
  view: 'versions',
  permission: 'View management screens',
  styles: ['version'],
  modules: ['version'],
  parts: ['version-jobs'],
  undo: 'versions',
  appliesTo: (object): object is Folder =>
    object instanceof Folder && object.container === undefined,
  show,
  actions: {
    add: { run: add },
    undo: { run: (_root, request) => takeBack(request, {}) },
    cancel: { run: cancel },
  },
});

async function show(root: Folder, request: PublishRequest, attempt?: Attempt): Promise<ViewModel> {
  const action = screenUrl(root, 'versions');
  const jobs = await versionJobs(request);
  const following = { action, undoAction: action, jobs, namesVersions: true };
  // What runs is looked at often, and comparing versions with main each time would be a burden.
  if (request.query.text('part') === 'version-jobs') return following;
  const id = lineInput(
    {
      ...{ name: 'id', label: 'Id' },
      help: 'Its name in the URL. Left empty, it follows from the title.',
    },
    '',
    attempt,
  );
  return {
    ...following,
    rows: await versionRows(request),
    mayAdd: request.policy.may('Add Versions', root),
    inputs: [
      lineInput(
        { name: 'title', label: 'Title', help: 'What it is about: Redesign, Spring prices.' },
        '',
        attempt,
      ),
      attempt?.status === TAKEN ? { ...id, error: 'Choose another id.' } : id,
      lineInput({ name: 'folder', label: 'Folder', help: 'Where it stands.' }, '/', attempt),
    ],
    enters: attempt === undefined || attempt.form.has('enter'),
  };
}

/** Makes a version, and lets the browser work in it from now on where that was asked for. */
function add(_root: Folder, request: PublishRequest): Outcome {
  const { form } = request;
  const title = form.text('title').trim();
  const typed = form.text('id').trim();
  if (title === '' && typed === '') {
    throw new Invalid([{ field: 'title', message: 'Give it a title' }]);
  }
  const id = typed === '' ? idFromTitle(title) : typed;
  const version = createObject(request, folderIn(request), { type: 'Version', id, title });
  const cookie = versionCookie(version.oid, isSecure(request));
  return { goTo: 'changes', at: version, ...(form.has('enter') ? { cookie } : {}) };
}

function folderIn({ form, connection }: PublishRequest): Container {
  const path = form.text('folder').trim() || '/';
  const folder = path.startsWith('/') ? contentAt(siteRoot(connection), path) : undefined;
  if (folder !== undefined && isContainer(folder)) return folder;
  throw new Invalid([{ field: 'folder', message: 'There is no such folder' }]);
}

/** `Spring prices` is `spring-prices`. */
function idFromTitle(title: string): string {
  const id = title
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(/[\s/]+/gu, '-')
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, '')
    .replace(/^[@_.]+/u, '');
  return refuseId(id) === undefined ? id : `version-${id}`;
}

function cancel(_root: Folder, request: PublishRequest): Outcome {
  cancelVersionJob(request);
  return { goTo: 'versions' };
}
