/**
 * What the editor's screen shows of an object: the form, the file, the preview beside them.
 */
import {
  type Content,
  contentTypes,
  File,
  Folder,
  isExecutable,
  mediaType,
  type PublishRequest,
  SqlMethod,
} from '../server/index.js';
import type { Merged } from './edit-merge.js';
import { fieldsBeside, textOf } from './edit-values.js';
import { errorOf, inputOf } from './form-fields.js';
import { userOf } from './transaction-user.js';
import { type Attempt, screenUrl, type ViewModel } from './screen.js';
import { whoIs } from './who.js';

/** Paths offered as places a template is seen from. */
const PLACES_MAX = 30;

type Language = 'html' | 'markdown' | 'css' | 'javascript' | 'text' | 'sql';

const LANGUAGE_TITLES: Readonly<Record<Language, string>> = {
  html: 'HTML',
  markdown: 'Markdown',
  css: 'CSS',
  javascript: 'JavaScript',
  text: 'Text',
  sql: 'SQL',
};

/** What the form is made from beside the object. */
export interface FormFacts {
  readonly attempt: Attempt | undefined;
  /** What a form that is in conflict comes to. */
  readonly conflict: Merged | undefined;
  readonly mayChange: boolean;
  readonly text: string;
}

/** The form: what was typed, when it came back refused, else what is saved. */
export function formModel(object: Content, request: PublishRequest, facts: FormFacts): ViewModel {
  const { conflict, mayChange, text } = facts;
  const attempt = facts.attempt?.action === 'replace' ? undefined : facts.attempt;
  const type = contentTypes.of(object);
  const read = type.read(object);
  const mine = conflict?.values ?? {};
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
      ...(field.asText === undefined ? { help: '' } : {}),
    })),
    sourceLabel: type.fields.find(({ name }) => name === type.sourceField)?.label ?? 'Text',
    language: language === 'sql' ? 'text' : language,
    languageTitle:
      mustaches || language === 'sql'
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
  if (object instanceof SqlMethod) return 'sql';
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

/** What a file holds, and whether it is shown as a picture. */
export function fileModel(
  object: Content,
  request: PublishRequest,
  mayChange: boolean,
): ViewModel | null {
  if (!(object instanceof File)) return null;
  const { width, height } = contentTypes.of(object).read(object);
  const isImage = mediaType(object.contentType).startsWith('image/');
  return {
    action: screenUrl(object, 'edit'),
    base: String(object.tid),
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

/** Where a template is seen from, and where else it could be. */
export function previewModel(object: Content, request: PublishRequest): ViewModel {
  const asksWhere = contentTypes.of(object).method === true;
  const places = asksWhere ? placesToSee(object, request) : [];
  const asked = request.query.text('from');
  const from = asked === '' ? (places[0] ?? object.container?.path ?? '/') : asked;
  const on = new URLSearchParams({ on: from });
  const dryRunHref = asksWhere ? `${screenUrl(object, 'dry-run')}?${on.toString()}` : '';
  return { asksWhere, places, from, about: asksWhere ? from : object.path, dryRunHref };
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
