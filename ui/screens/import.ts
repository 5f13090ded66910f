/**
 * Import: a directory of files becomes part of the site, as a job with its progress in sight.
 *
 * The files are sent with a form; a job then reads them, makes documents, templates, images and
 * files of them, and links between the files become links between the objects. All of it is one
 * transaction, which the page offers to undo when the job is done. A single file that was exported
 * comes in as the object it was.
 */
import { randomUUID } from 'node:crypto';
import {
  BadRequest,
  type Container,
  type FormFile,
  getJob,
  hasEnded,
  idOfImport,
  importObjectOrder,
  importOrder,
  isFormFile,
  type JobRecord,
  mayExport,
  NotFound,
  principalKey,
  type PublishRequest,
  readExport,
  requireImportable,
  type UploadedFile,
} from '../../server/index.js';
import { cancelJob } from '../cancel-job.js';
import { countInWords } from '../helpers.js';
import { holdsContent } from '../holds-content.js';
import { reportOf } from '../import-report.js';
import { defineScreen, type Outcome, screenUrl, type ViewModel } from '../screen.js';

const STATE_WORDS: Readonly<Record<JobRecord['state'], string>> = {
  queued: 'Waiting to begin',
  running: 'Importing',
  done: 'Imported',
  failed: 'Nothing was imported',
  cancelled: 'Cancelled: nothing was imported',
};

/** Jobs that this screen starts. */
const KINDS: ReadonlySet<string> = new Set(['import', 'import-object']);

export const importScreen = defineScreen({
  path: 'import',
  isForm: true,
  tab: 'Import',
  icon: 'upload',
  view: 'import',
  permission: 'Import/Export objects',
  modules: ['import'],
  styles: ['source', 'components-history'],
  parts: ['import-job'],
  appliesTo: holdsContent,
  show,
  actions: { start: { run: start }, cancel: { run: cancel } },
});

function show(folder: Container, request: PublishRequest): ViewModel {
  const id = request.query.text('job');
  const record = id === '' ? undefined : getJob(request.site.storage, id);
  if (id !== '' && (record === undefined || !isOwn(record, request))) {
    throw new NotFound(`There is no import ${id} of yours any more`);
  }
  return {
    path: folder.path,
    action: screenUrl(folder, 'import'),
    contentsHref: screenUrl(folder, 'contents'),
    exportHref: mayExport(request, folder) ? `${folder.url}@api/export` : '',
    job: record === undefined ? null : jobModel(record, folder, request),
  };
}

function isOwn(record: JobRecord, request: PublishRequest): boolean {
  return KINDS.has(record.kind) && record.user === principalKey(request.user);
}

function jobModel(record: JobRecord, folder: Container, request: PublishRequest): ViewModel {
  const { id, state, progress } = record;
  const ended = hasEnded(record);
  const known = progress.total > 0;
  return {
    id,
    ended,
    tone: state === 'done' ? 'good' : state === 'failed' ? 'bad' : 'past',
    icon: state === 'done' ? 'done' : ended ? 'error' : 'jobs',
    words: STATE_WORDS[state],
    known,
    done: progress.done,
    total: progress.total,
    counted: known ? `${progress.done} of ${countInWords(progress.total, thingOf(record))}` : '',
    report: reportOf(record, request),
    href: `${screenUrl(folder, 'import')}?job=${encodeURIComponent(id)}`,
    undoHref: screenUrl(folder, 'undo'),
    transaction: state === 'done' ? transactionOf(record, folder, request) : '',
  };
}

function thingOf({ kind }: JobRecord): string {
  return kind === 'import' ? 'file' : 'object';
}

/** The tid of what the job saved; `''` when it changed nothing. */
function transactionOf(record: JobRecord, folder: Container, request: PublishRequest): string {
  const { createdMs, endedMs, user } = record;
  const { items } = request.connection.transactions({ path: folder.path, user, limit: 5 });
  const made = items.find(
    ({ timeMs }) => timeMs >= createdMs && (endedMs === undefined || timeMs <= endedMs),
  );
  return made === undefined ? '' : String(made.tid);
}

async function start(folder: Container, request: PublishRequest): Promise<Outcome> {
  const files = filesOf(request);
  const [first] = files;
  if (first === undefined) throw new BadRequest('Choose the files or the folder to import first');
  const exported =
    files.length === 1 ? await readExport(request.site.blobs, first.sha256) : undefined;
  if (exported !== undefined) {
    requireImportable(request, folder);
    const into = { user: principalKey(request.user), path: folder.path };
    const parameters = { sha256: first.sha256, id: idOfImport(exported, folder) };
    const command = importObjectOrder(into, parameters);
    request.order(command);
    return { goTo: 'import', query: `job=${command.order.id}` };
  }
  const about = { id: randomUUID(), user: principalKey(request.user), path: folder.path };
  const overwrite = request.form.has('overwrite');
  request.order({ what: 'start', order: importOrder(about, { files, overwrite }) });
  return { goTo: 'import', query: `job=${about.id}` };
}

/** The files that were sent, each with its path below the chosen folder where the browser told it. */
function filesOf(request: PublishRequest): UploadedFile[] {
  const value = request.form.get('file');
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const files: FormFile[] = values.filter(isFormFile).filter(({ filename }) => filename !== '');
  const paths = request.form.all('path');
  const told = paths.length === files.length;
  return files.map(({ filename, sha256, sizeBytes }, index) => ({
    path: withoutTop((told ? paths[index] : undefined) ?? filename),
    sha256,
    sizeBytes,
  }));
}

/**
 * Browsers put the name of the chosen folder before each path; its contents come in, not itself. What
 * no browser sends is left as it is, to be refused by name.
 */
function withoutTop(path: string): string {
  const [top = '', ...rest] = path.split('/');
  return rest.length === 0 || ['', '.', '..'].includes(top) ? path : rest.join('/');
}

function cancel(_folder: Container, request: PublishRequest): Outcome {
  cancelJob(request, (record) => isOwn(record, request));
  const id = request.form.text('job');
  return { goTo: 'import', query: `job=${encodeURIComponent(id)}` };
}
