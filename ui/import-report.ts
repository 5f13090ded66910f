/**
 * The report of an import, ordered by what somebody has to look at: how much came in, what was left
 * alone because it was edited here, links that lead nowhere, what the files do not have any more; after
 * that the notes on files, and in what other form texts came in, by kind.
 *
 * The job's record has everything; of long lists the page shows the beginning and says so.
 */
import {
  contentAt,
  importResultFor,
  type JobRecord,
  type NoteGroup,
  type PublishRequest,
  siteRoot,
} from '../server/index.js';
import { screenUrl } from './screen.js';

/** Objects, and lines of notes, that are shown of each list. */
export const SHOWN_MAX = 200;

/** One figure: how many objects something happened to. */
export interface Figure {
  readonly number: number;
  readonly words: string;
  /** The chip's tone, `''` for none, and its sign. */
  readonly tone: string;
  readonly sign: string;
}

export interface ImportReportModel {
  /** Empty until the job is done. */
  readonly figures: readonly Figure[];
  readonly kept: ObjectList;
  readonly gone: ObjectList;
  readonly deadLinks: LineList;
  /** Texts that came in in another form, by kind. */
  readonly forms: readonly FormGroup[];
  /** How often all of that is. */
  readonly formsTotal: number;
  readonly notes: readonly string[];
  readonly notesTotal: number;
  readonly notesMore: number;
  /** Address of the whole record, as JSON. */
  readonly wholeHref: string;
}

interface LineList {
  readonly total: number;
  readonly more: number;
  readonly lines: readonly string[];
}

/** The same said about several places of files. */
interface FormGroup {
  readonly message: string;
  readonly times: number;
  readonly files: number;
  readonly places: readonly string[];
  readonly more: number;
}

interface ObjectList {
  readonly total: number;
  readonly more: number;
  readonly objects: readonly {
    readonly path: string;
    /** Address of its first screen; `''` where the reader may not open it. */
    readonly href: string;
  }[];
}

/** What a job that is done says it did. */
interface Result {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly unchanged: number;
  readonly kept: readonly string[];
  /** Names of files that did not come in. */
  readonly refused: readonly string[];
  readonly gone: readonly string[];
  readonly deadLinks: readonly string[];
  readonly forms: readonly NoteGroup[];
}

/** Gives the report of a job, as far as it is. */
export function reportOf(record: JobRecord, request: PublishRequest): ImportReportModel {
  const result =
    record.state === 'done' ? readResult(importResultFor(request, record.result)) : undefined;
  const notes = result === undefined ? record.log : notesBeside(record.log, result);
  return {
    figures: result === undefined ? [] : figuresOf(result),
    kept: listOf(result?.kept ?? [], request),
    gone: listOf(result?.gone ?? [], request),
    deadLinks: linesShown(result?.deadLinks ?? []),
    forms: (result?.forms ?? []).map(formShown),
    formsTotal: (result?.forms ?? []).reduce((sum, { times }) => sum + times, 0),
    notes: notes.slice(0, SHOWN_MAX),
    notesTotal: notes.length,
    notesMore: Math.max(0, notes.length - SHOWN_MAX),
    wholeHref: `/@api/jobs/${encodeURIComponent(record.id)}`,
  };
}

function readResult(value: unknown): Result | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const held = value as Readonly<Record<string, unknown>>;
  const paths = (name: string): readonly string[] => {
    const list = held[name];
    return Array.isArray(list) ? list.filter((each) => typeof each === 'string') : [];
  };
  const { unchanged } = held;
  return {
    created: paths('created'),
    updated: paths('updated'),
    unchanged: typeof unchanged === 'number' ? unchanged : 0,
    kept: paths('kept'),
    refused: paths('refused'),
    gone: paths('gone'),
    deadLinks: paths('deadLinks'),
    forms: Array.isArray(held['forms']) ? held['forms'].filter(isNoteGroup) : [],
  };
}

function isNoteGroup(value: unknown): value is NoteGroup {
  if (typeof value !== 'object' || value === null) return false;
  const { message, times, files, places } = value as Readonly<Record<string, unknown>>;
  const isCounted = typeof times === 'number' && typeof files === 'number';
  const arePlaces = Array.isArray(places) && places.every((place) => typeof place === 'string');
  return typeof message === 'string' && isCounted && arePlaces;
}

function linesShown(lines: readonly string[]): LineList {
  const shown = lines.slice(0, SHOWN_MAX);
  return { total: lines.length, more: lines.length - shown.length, lines: shown };
}

function formShown({ message, times, files, places }: NoteGroup): FormGroup {
  const shown = places.slice(0, SHOWN_MAX);
  return { message, times, files, places: shown, more: times - shown.length };
}

function figuresOf({
  created,
  updated,
  unchanged,
  kept,
  refused,
  gone,
}: Result): readonly Figure[] {
  return [
    { number: created.length, words: 'new', tone: 'add', sign: '+' },
    { number: updated.length, words: 'changed', tone: 'change', sign: '~' },
    { number: refused.length, words: 'not imported', tone: 'remove', sign: '×' },
    { number: kept.length, words: 'left alone', tone: 'conflict', sign: '!' },
    { number: unchanged, words: 'unchanged', tone: '', sign: '=' },
    { number: gone.length, words: 'no longer among the files', tone: '', sign: '−' },
  ].filter(({ number, words }) => number > 0 || words === 'new' || words === 'changed');
}

/** The lines of the log that say something beside the lists and figures above them. */
function notesBeside(log: readonly string[], { kept, gone, deadLinks }: Result): readonly string[] {
  const [keptPaths, gonePaths, links] = [new Set(kept), new Set(gone), new Set(deadLinks)];
  return log.filter((line) => {
    const [, left = ''] = /: Left alone: (.+) was made or edited here$/.exec(line) ?? [];
    const [, lost = ''] = /^(.+): no longer among the files; it stays$/.exec(line) ?? [];
    const isSummary = /^\d+ new, \d+ changed, /.test(line);
    return !isSummary && !links.has(line) && !keptPaths.has(left) && !gonePaths.has(lost);
  });
}

function listOf(paths: readonly string[], request: PublishRequest): ObjectList {
  const root = siteRoot(request.connection);
  const objects = paths.slice(0, SHOWN_MAX).map((path) => {
    const object = contentAt(root, path);
    const isOpen = object !== undefined && request.policy.may('View management screens', object);
    return { path, href: isOpen ? screenUrl(object) : '' };
  });
  return { total: paths.length, more: paths.length - objects.length, objects };
}
