/**
 * Rename: new ids and titles for several objects at once.
 */
import {
  BadRequest,
  type Container,
  type Content,
  contentTypes,
  Invalid,
  moveObject,
  NotFound,
  type PublishRequest,
  Taken,
  updateObject,
} from '../../server/index.js';
import { errorOf } from '../form-fields.js';
import { namesInWords } from '../helpers.js';
import { holdsContent } from '../holds-content.js';
import { type Attempt, defineScreen, type Outcome, type ViewModel } from '../screen.js';
import { type StaleModel, staleModel } from '../stale-model.js';
import { conflictOn, shownIn, STALE_STATUS } from '../stale.js';

/** How many objects are renamed at once. */
const RENAMED_MAX = 100;
/** How many of them the note names. */
const NAMED_MAX = 3;

export const rename = defineScreen({
  path: 'rename',
  isForm: true,
  under: 'contents',
  view: 'rename',
  permission: 'View management screens',
  styles: ['source', 'history', 'components-history', 'components-edit'],
  appliesTo: holdsContent,
  show,
  actions: { rename: { run } },
});

function show(folder: Container, request: PublishRequest, attempt?: Attempt): ViewModel {
  const objects = chosen(folder, request);
  const stale = attempt?.status === STALE_STATUS ? staleTitles(objects, request) : undefined;
  return {
    path: folder.path,
    stale: stale?.model ?? null,
    count: objects.length,
    rows: objects.map((object, index) => ({
      index,
      id: object.id,
      icon: contentTypes.of(object).icon,
      type: contentTypes.of(object).title,
      newId: attempt?.form.text(`id-${index}`) ?? object.id,
      base:
        (stale === undefined ? attempt?.form.text(`base-${index}`) : undefined) ??
        String(object.tid),
      title: stale?.titles[index] ?? attempt?.form.text(`title-${index}`) ?? object.title,
      error: errorOf(`id-${index}`, attempt?.errors),
      mayRename: request.policy.may('Delete objects', object),
      mayTitle: request.policy.may(contentTypes.of(object).changePermission, object),
    })),
  };
}

/**
 * The objects to rename, as the query names them.
 * @throws BadRequest when it names none, or too many
 */
function chosen(folder: Container, request: PublishRequest): Content[] {
  const ids = request.query.all('id');
  if (ids.length === 0) throw new BadRequest('Tick the objects to rename in the contents first');
  if (ids.length > RENAMED_MAX) {
    throw new BadRequest(`At most ${RENAMED_MAX} objects are renamed at once`);
  }
  return ids.map((id) => {
    const object = folder.child(id);
    if (object === undefined || !request.policy.may('View', object)) {
      throw new NotFound(`${folder.path} holds no ${id} any more`);
    }
    return object;
  });
}

function run(folder: Container, request: PublishRequest): Outcome {
  const { form } = request;
  const changes = chosen(folder, request).map((object, index) => ({
    object,
    id: form.has(`id-${index}`) ? form.text(`id-${index}`).trim() : object.id,
    title: titleFor(object, request, index),
    index,
  }));
  for (const { object, title } of changes) {
    if (title === undefined) throw conflictOn(object, request);
  }
  const renamed = changes.filter(({ object, id }) => id !== object.id);
  if (renamed.length > 0) {
    const names = renamed.map(({ object, id }) => `${object.id} to ${id}`);
    request.note(`Renamed ${namesInWords(names, NAMED_MAX)} in ${folder.path}`);
  }
  for (const { object, title } of changes) {
    if (title !== undefined && title !== object.title) updateObject(request, object, { title });
  }
  for (const { object, id, index } of renamed) {
    inRow(index, () => moveObject(request, object, { to: folder, id }));
  }
  return { goTo: 'contents', message: 'Nothing was changed' };
}

/** Gives the title that a row comes to; `undefined` where somebody else saved another meanwhile. */
function titleFor(object: Content, request: PublishRequest, index: number): string | undefined {
  const { form } = request;
  if (!form.has(`title-${index}`)) return object.title;
  const mine = form.text(`title-${index}`).trim();
  const { title: base } = shownIn(object, request, `base-${index}`);
  if (mine === base) return object.title;
  return object.title === base || object.title === mine ? mine : undefined;
}

/** Shows the titles that both changed, each named by its object. */
function staleTitles(
  objects: readonly Content[],
  request: PublishRequest,
): { readonly model: StaleModel; readonly titles: readonly string[] } | undefined {
  const titles = objects.map(
    (object, index) =>
      titleFor(object, request, index) ?? request.form.text(`title-${index}`).trim(),
  );
  const inConflict = objects.filter(
    (object, index) => titleFor(object, request, index) === undefined,
  );
  const [first] = inConflict;
  if (first === undefined) return undefined;
  const conflicts = inConflict.map(({ id }) => id);
  const model = staleModel(first, request, {
    merged: {
      values: Object.fromEntries(objects.map(({ id }, index) => [id, titles[index]])),
      conflicts,
      keptTheirs: true,
    },
    theirs: Object.fromEntries(objects.map(({ id, title }) => [id, title])),
    labels: new Map(conflicts.map((id) => [id, `Title of ${id}`])),
    theirsHref: `${request.path}?${request.rawQuery}`,
    isSentAgain: false,
  });
  return { model, titles };
}

/** Names the row to blame when an id is refused. */
function inRow(index: number, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Invalid) && !(error instanceof Taken)) throw error;
    const message = error instanceof Invalid ? (error.errors[0]?.message ?? '') : error.message;
    throw new Invalid([{ field: `id-${index}`, message }], { cause: error });
  }
}
