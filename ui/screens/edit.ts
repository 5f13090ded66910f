/**
 * Edit: the text of a template, document or file, with its title and fields beside it.
 *
 * The form carries the revision that it shows. When somebody saved another meanwhile, saving merges
 * the two; where both changed the same, nothing is saved and the form comes back with both in
 * sight. The editor and the preview are laid over a plain form, which does the same without them.
 */
import { createHash } from 'node:crypto';
import {
  BadRequest,
  type Content,
  contentTypes,
  type PublishRequest,
  Response,
  setData,
  SqlMethod,
} from '../../server/index.js';
import { activeNotice } from '../active-notice.js';
import { namesAnsweringAt } from '../answering-names.js';
import type { Merged } from '../edit-merge.js';
import { fileModel, formModel, previewModel } from '../edit-model.js';
import { requireSameFile, staleFile } from '../stale-file.js';
import { setValues, textOf, valuesIn, valuesOf } from '../edit-values.js';
import { connectionShown } from '../sql-connection-shown.js';
import { answerPreview } from '../preview-answer.js';
import { renderUnsaved, seenAt, type Unsaved, wrongWith } from '../preview-page.js';
import { type Attempt, defineScreen, type Outcome, screenUrl, type ViewModel } from '../screen.js';
import {
  MERGED_QUERY,
  mergedWith,
  mergeOrRefuse,
  mergeStale,
  staleIn,
  type StaleForm,
} from '../stale.js';

/** Enough of a hash to tell one rendered page from the next. */
const DIGEST_CHARACTERS = 16;

export const edit = defineScreen({
  path: 'edit',
  tab: 'Edit',
  icon: 'edit',
  view: 'edit',
  help: 'editing',
  permission: 'View management screens',
  modules: ['editor', 'preview'],
  styles: ['source', 'editor', 'components-edit', 'sql'],
  parts: ['toasts'],
  appliesTo: (object): object is Content => contentTypes.of(object).data !== undefined,
  show,
  actions: {
    save: { run: save },
    replace: { run: replace },
    check: { run: check },
    preview: { run: preview },
    names: { run: names },
  },
});

function show(object: Content, request: PublishRequest, attempt?: Attempt): ViewModel {
  const type = contentTypes.of(object);
  const isPast = request.connection.at !== undefined;
  const mayChange = !isPast && request.policy.may(type.changePermission, object);
  const text = textOf(object, request);
  const isReplaced = attempt?.action === 'replace';
  const found = staleIn(object, request, attempt, () =>
    isReplaced ? staleFile(request, screenUrl(object, 'edit')) : staleForm(object, request),
  );
  const isTyped = attempt?.form.has('source') === true && !isReplaced;
  const typed = isTyped ? valuesIn(attempt.form, object, request) : {};
  const conflict = isReplaced ? undefined : found?.merged;
  return {
    path: object.path,
    stale: found?.model ?? null,
    merged: mergedWith(object, request),
    active: activeNotice(object, request, { mayChange, values: typed }),
    file: type.data === 'blob' ? fileModel(object, request, mayChange) : null,
    form:
      text === undefined
        ? null
        : formModel(object, request, { attempt, conflict, mayChange, text }),
    connection: object instanceof SqlMethod ? connectionShown(object, request) : null,
    preview:
      mayChange && type.data === 'source' && type.page !== undefined
        ? previewModel(object, request)
        : null,
  };
}

/** How the form is compared with what is saved. */
function staleForm(object: Content, request: PublishRequest): StaleForm {
  const { fields } = contentTypes.of(object);
  return {
    href: screenUrl(object, 'edit'),
    read: (each) => valuesOf(each, request),
    mine: valuesIn(request.form, object, request),
    labels: new Map([
      ['title', 'Title'],
      ['source', 'Text'],
      ...fields.map(({ name, label }): [string, string] => [name, label]),
    ]),
  };
}

/** Merges what the form has with what is there, when it was made from an older revision. */
function mergeForm(object: Content, request: PublishRequest): Merged {
  return mergeStale(object, request, staleForm(object, request));
}

function save(object: Content, request: PublishRequest): Outcome {
  const merged = mergeOrRefuse(object, request, staleForm(object, request));
  request.note(request.form.text('note'));
  const changed = setValues(object, request, merged.values);
  const query = changed && merged.keptTheirs ? { query: MERGED_QUERY } : {};
  return { goTo: 'edit', message: 'Nothing was changed: this is saved already', ...query };
}

function replace(object: Content, request: PublishRequest): Outcome {
  const { form } = request;
  const file = form.file('data');
  if (file === undefined) throw new BadRequest('Choose a file first', { field: 'data' });
  const { sha256, sizeBytes, contentType, filename } = file;
  requireSameFile(object, request);
  setData(request, object, { blob: { sha256, sizeBytes }, contentType, filename });
  return { goTo: 'edit', message: 'These are the bytes it has already' };
}

/** Tries the form out: what is wrong with it, how its page came out, and what it would lose. Changes nothing. */
async function check(object: Content, request: PublishRequest): Promise<Response> {
  const type = contentTypes.of(object);
  const { data, changePermission } = type;
  const nothing = { errors: [], digest: '', figures: '', active: null };
  if (data !== 'source') return Response.json(nothing);
  const given = unsaved(object, request);
  const mayChange = request.policy.may(changePermission, object);
  if (type.page === undefined) {
    return Response.json({ ...nothing, errors: wrongWith(object, request, given.values) });
  }
  const active = activeNotice(object, request, { mayChange, values: given.values });
  const rendered = await renderUnsaved(object, request, given);
  if (rendered.kind === 'wrong') {
    return Response.json({ ...nothing, errors: rendered.problems, active });
  }
  const body = rendered.response.body ?? '';
  return Response.json({
    errors: [],
    digest: createHash('sha256').update(body).digest('hex').slice(0, DIGEST_CHARACTERS),
    figures: `Rendered in ${rendered.milliseconds.toFixed(1)} ms`,
    active,
  });
}

/** Answers the page as it would be, for the frame beside the editor. */
async function preview(object: Content, request: PublishRequest): Promise<Response> {
  const rendered = await renderUnsaved(object, request, unsaved(object, request));
  return answerPreview(request, rendered);
}

function unsaved(object: Content, request: PublishRequest): Unsaved {
  const { values } = mergeForm(object, request);
  return { values, seenFrom: request.form.text('from').trim() };
}

/** Lists the names that answer where a template is seen from. */
function names(object: Content, request: PublishRequest): Response {
  if (contentTypes.of(object).method !== true) return Response.json({ names: [] });
  const seen = seenAt(object, request, request.form.text('from').trim());
  return Response.json({ names: namesAnsweringAt(seen, request) });
}
