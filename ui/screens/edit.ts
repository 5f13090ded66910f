/**
 * Edit: the text of a template, document or file, with its title and fields beside it.
 *
 * The form carries the revision that it shows. When somebody saved another meanwhile, saving merges
 * the two; where both changed the same, nothing is saved and the form comes back with both in
 * sight. The editor and the preview are laid over a plain form, which does the same without them.
 */
import { createHash } from 'node:crypto';
import type { Tid } from '../../odb/index.js';
import { type Content, contentAt } from '../../server/content/content.js';
import { contentTypes } from '../../server/content/content-type.js';
import { mediaType } from '../../server/content/data.js';
import { setData } from '../../server/content/edit.js';
import { isExecutable } from '../../server/content/executable.js';
import { File } from '../../server/content/file.js';
import { Folder } from '../../server/content/folder.js';
import { siteRoot } from '../../server/content/places.js';
import { BadRequest, PreconditionFailed } from '../../server/errors.js';
import type { PublishRequest } from '../../server/publisher/request.js';
import { Response } from '../../server/publisher/response.js';
import { namesAnsweringAt } from '../answering-names.js';
import { type Conflicting, staleModel } from '../edit-stale.js';
import { type Merged, mergeValues } from '../edit-merge.js';
import {
  type EditValues,
  fieldsBeside,
  setValues,
  textOf,
  valuesAsOf,
  valuesIn,
  valuesOf,
} from '../edit-values.js';
import { errorOf, inputOf } from '../form-fields.js';
import { userOf } from '../listing.js';
import { pageData } from '../page.js';
import { renderUnsaved } from '../preview-page.js';
import { render } from '../render.js';
import { type Attempt, defineScreen, type Outcome, screenUrl, type ViewModel } from '../screen.js';
import { whoIs } from '../who.js';

/** Paths offered as places a template is seen from. */
const PLACES_MAX = 30;

type Language = 'html' | 'markdown' | 'css' | 'javascript' | 'text';

const LANGUAGE_TITLES: Readonly<Record<Language, string>> = {
  html: 'HTML',
  markdown: 'Markdown',
  css: 'CSS',
  javascript: 'JavaScript',
  text: 'Text',
};

export const edit = defineScreen({
  path: 'edit',
  tab: 'Edit',
  icon: 'edit',
  view: 'edit',
  help: 'editing',
  permission: 'View management screens',
  modules: ['editor', 'preview'],
  styles: ['source', 'editor', 'components-edit'],
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
  const mayChange = request.policy.may(type.changePermission, object);
  const text = textOf(object, request);
  const conflict = attempt?.status === 412 ? conflictIn(object, request) : undefined;
  return {
    path: object.path,
    stale: conflict === undefined ? null : staleModel(object, request, conflict),
    merged: request.query.has('merged')
      ? userOf(previousTid(object, request), request) || 'someone'
      : '',
    file: type.data === 'blob' ? fileModel(object, request, mayChange) : null,
    form:
      text === undefined
        ? null
        : formModel(object, request, { attempt, conflict, mayChange, text }),
    preview: mayChange && type.data === 'source' ? previewModel(object, request) : null,
  };
}

interface FormFacts {
  readonly attempt: Attempt | undefined;
  readonly conflict: Conflicting | undefined;
  readonly mayChange: boolean;
  readonly text: string;
}

function formModel(object: Content, request: PublishRequest, facts: FormFacts): ViewModel {
  const { conflict, mayChange, text } = facts;
  const attempt = facts.attempt?.action === 'replace' ? undefined : facts.attempt;
  const type = contentTypes.of(object);
  const read = type.read(object);
  const mine = conflict?.merged.values ?? {};
  const problems = (attempt?.errors ?? []).filter((error) => error.field === 'fields.source');
  const language = languageOf(object);
  const mustaches = type.method === true;
  return {
    action: screenUrl(object, 'edit'),
    base:
      conflict === undefined
        ? (attempt?.form.text('base') ?? String(object.tid))
        : String(object.tid),
    unsaved: attempt !== undefined,
    savedMs: object.modified.getTime(),
    savedBy: userOf(object.tid, request),
    mayChange,
    note: attempt?.form.text('note') ?? '',
    title: textOrElse(
      mine['title'],
      attempt?.form.has('title') === true ? attempt.form.text('title') : object.title,
    ),
    titleError: errorOf('title', attempt?.errors),
    inputs: fieldsBeside(object).map((field) => ({
      ...inputOf(
        field,
        mine[field.name] ?? read[field.name],
        conflict === undefined ? attempt : undefined,
      ),
      help: '',
    })),
    sourceLabel: type.fields.find(({ name }) => name === type.sourceField)?.label ?? 'Text',
    language,
    languageTitle: mustaches
      ? `Handlebars in ${LANGUAGE_TITLES[language]}`
      : LANGUAGE_TITLES[language],
    mustaches,
    source: textOrElse(
      mine['source'],
      attempt?.form.has('source') === true ? attempt.form.text('source') : text,
    ),
    savedSource: text,
    owner: object.owner === undefined ? '' : whoIs(object.owner).user,
    authors: isExecutable(object) ? object.authors.map((key) => whoIs(key).user) : [],
    problems: problems.map((error) => ({
      ...error,
      line: error.line ?? 0,
      column: error.column ?? 1,
    })),
    problemsJson: problems.length === 0 ? '' : JSON.stringify(problems),
  };
}

function textOrElse(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function languageOf(object: Content): Language {
  const values = contentTypes.of(object).read(object);
  if (values['format'] === 'markdown') return 'markdown';
  const contentType =
    typeof values['contentType'] === 'string' ? values['contentType'] : 'text/html';
  const type = mediaType(contentType);
  if (/\b(html|xml)$/.test(type)) return 'html';
  if (type === 'text/css') return 'css';
  if (/javascript|json$/.test(type)) return 'javascript';
  return type === 'text/markdown' ? 'markdown' : 'text';
}

function fileModel(object: Content, request: PublishRequest, mayChange: boolean): ViewModel | null {
  if (!(object instanceof File)) return null;
  const { width, height } = contentTypes.of(object).read(object);
  const isImage = mediaType(object.contentType).startsWith('image/');
  return {
    action: screenUrl(object, 'edit'),
    contentType: object.contentType,
    sizeBytes: object.size,
    dimensions:
      typeof width === 'number' && typeof height === 'number' ? `${width} × ${height} pixels` : '',
    filename: object.filename,
    sha256: object.sha256,
    mayChange,
    isImage: isImage && object.size > 0,
    isEdited: textOf(object, request) !== undefined,
    title: object.title,
    alt: object.title === '' ? object.id : object.title,
    dataHref: object.url,
  };
}

function previewModel(object: Content, request: PublishRequest): ViewModel {
  const asksWhere = contentTypes.of(object).method === true;
  const places = asksWhere ? placesToSee(object, request) : [];
  const asked = request.query.text('from');
  const from = asked === '' ? (places[0] ?? object.container?.path ?? '/') : asked;
  return { asksWhere, places, from, about: asksWhere ? from : object.path };
}

/** Pages near a template, which it is likely to be seen from: documents first. */
function placesToSee(object: Content, request: PublishRequest): readonly string[] {
  const { container } = object;
  if (!(container instanceof Folder)) return [];
  const near = [...container.children.values({ limit: PLACES_MAX })].filter(
    (child) =>
      contentTypes.of(child).page !== undefined &&
      contentTypes.of(child).data !== 'blob' &&
      contentTypes.of(child).method !== true &&
      request.policy.may('View', child),
  );
  const documents = near.filter((child) => !child.isFolder);
  const folders = near.filter((child) => child.isFolder);
  return [...documents, container, ...folders].map((each) => each.path);
}

function previousTid(object: Content, request: PublishRequest): Tid {
  const { oid, tid } = object;
  const [revision] =
    oid === undefined ? [] : request.connection.history(oid, { before: tid, limit: 1 });
  return revision?.tid ?? tid;
}

/** Merges what the form has with what is there, when it was made from an older revision. */
function mergeForm(object: Content, request: PublishRequest): Merged {
  const mine = valuesIn(request.form, object, request);
  const theirs = valuesOf(object, request);
  const base = request.form.text('base');
  const isOld = /^\d{1,16}$/.test(base) && Number(base) !== object.tid;
  const began = isOld ? valuesAsOf(object, request, Number(base) as Tid) : undefined;
  return mergeValues(began ?? theirs, theirs, mine);
}

function conflictIn(object: Content, request: PublishRequest): Conflicting {
  return { merged: mergeForm(object, request), theirs: valuesOf(object, request) };
}

function save(object: Content, request: PublishRequest): Outcome {
  const merged = mergeForm(object, request);
  if (merged.conflicts.length > 0) {
    const by = userOf(object.tid, request);
    throw new PreconditionFailed(
      `${by === '' ? 'Someone' : by} changed the same place of ${object.path} meanwhile`,
      { code: 'UI_EDIT_CONFLICT' },
    );
  }
  request.note(request.form.text('note'));
  const changed = setValues(object, request, merged.values);
  const query = changed && merged.keptTheirs ? { query: 'merged=1' } : {};
  return { goTo: 'edit', message: 'Nothing was changed: this is saved already', ...query };
}

function replace(object: Content, request: PublishRequest): Outcome {
  const { form } = request;
  const file = form.file('data');
  if (file === undefined) throw new BadRequest('Choose a file first', { field: 'data' });
  const { sha256, sizeBytes, contentType, filename } = file;
  setData(request, object, { blob: { sha256, sizeBytes }, contentType, filename });
  return { goTo: 'edit', message: 'These are the bytes it has already' };
}

/** Tries the form out: what is wrong with it, or how its page came out. Changes nothing. */
async function check(object: Content, request: PublishRequest): Promise<Response> {
  const values: EditValues = mergeForm(object, request).values;
  if (contentTypes.of(object).data !== 'source')
    return Response.json({ errors: [], digest: '', figures: '' });
  const rendered = await renderUnsaved(object, request, {
    values,
    seen: seenFrom(object, request),
  });
  if (rendered.kind === 'wrong') {
    return Response.json({ errors: rendered.problems, digest: '', figures: '' });
  }
  const body = rendered.response.body ?? '';
  return Response.json({
    errors: [],
    digest: createHash('sha256').update(body).digest('hex').slice(0, 16),
    figures: `Rendered in ${rendered.milliseconds.toFixed(1)} ms`,
  });
}

/** Answers the page as it would be, for the frame beside the editor. */
async function preview(object: Content, request: PublishRequest): Promise<Response> {
  const { values } = mergeForm(object, request);
  const seen = seenFrom(object, request);
  const rendered = await renderUnsaved(object, request, { values, seen });
  if (rendered.kind === 'wrong') {
    const frame = pageData(request, { title: 'Preview', styles: ['source'] });
    const page = render(
      'preview',
      { problems: rendered.problems.map(plainProblem), redirect: '' },
      { frame },
    );
    return sandboxed(Response.html(page));
  }
  const { response } = rendered;
  const location = response.header('Location');
  if (location !== undefined) {
    const frame = pageData(request, { title: 'Preview', styles: ['source'] });
    return sandboxed(
      Response.html(render('preview', { problems: [], redirect: location }, { frame })),
    );
  }
  const contentType = response.header('Content-Type') ?? 'text/html; charset=utf-8';
  const body =
    typeof response.body === 'string' ? response.body : new TextDecoder().decode(response.body);
  const isPage = mediaType(contentType) === 'text/html';
  return sandboxed(Response.text(isPage ? withBase(body, seen.url) : body, contentType));
}

function plainProblem(problem: {
  message: string;
  line?: number | undefined;
  column?: number | undefined;
}) {
  return { message: problem.message, line: problem.line ?? 0, column: problem.column ?? 1 };
}

function sandboxed(response: Response): Response {
  return response
    .set('Content-Security-Policy', 'sandbox')
    .set('Cache-Control', 'no-store')
    .set('X-Content-Type-Options', 'nosniff');
}

/** Relative links in the page are relative to where it is seen, not to the editor. */
function withBase(html: string, url: string): string {
  const base = `<base href="${encodeURI(decodeURI(url)).replaceAll('"', '%22').replaceAll('&', '&amp;')}">`;
  const head = /<head(\s[^>]*)?>/i.exec(html);
  if (head !== null) {
    const at = head.index + head[0].length;
    return html.slice(0, at) + base + html.slice(at);
  }
  const doctype = /^\s*<!doctype[^>]*>/i.exec(html)?.[0] ?? '';
  return doctype + base + html.slice(doctype.length);
}

function seenFrom(object: Content, request: PublishRequest): Content {
  if (contentTypes.of(object).method !== true) return object;
  const path = request.form.text('from').trim();
  const found = path === '' ? object.container : contentAt(siteRoot(request.connection), path);
  if (found === undefined)
    throw new BadRequest(`There is nothing at ${path} to see this from`, { field: 'from' });
  return found;
}

function names(object: Content, request: PublishRequest): Response {
  if (contentTypes.of(object).method !== true) return Response.json({ names: [] });
  return Response.json({ names: namesAnsweringAt(seenFrom(object, request), request) });
}
