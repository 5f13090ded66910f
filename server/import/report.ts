/**
 * What an import says of itself, to people: its figures first, then what asks for a decision, and last
 * in what other form texts came in, counted by kind.
 */
import { asMessage } from '../quote.js';
import type { ImportReport } from './apply.js';
import type { ImportNote, NoteSubject } from './note.js';

/** The most places that are told of one kind of note; their count goes on. */
export const PLACES_MAX = 1000;

/** Notes that say the same about several places. */
export interface NoteGroup {
  readonly message: string;
  readonly times: number;
  readonly files: number;
  /** The first ones, by file and line, as `guide/a.mdx:12`; at most `PLACES_MAX`. */
  readonly places: readonly string[];
}

/** Says in one line how an import ended. */
export function summaryOf(report: ImportReport): string {
  const { created, updated, unchanged, kept, refused, gone, folders } = report;
  const parts = [
    `${created.length} new`,
    `${updated.length} changed`,
    `${unchanged} as they were`,
    ...(kept.length > 0 ? [`${kept.length} left alone`] : []),
    ...(refused.length > 0 ? [`${refused.length} not imported`] : []),
    ...(gone.length > 0 ? [`${gone.length} no longer among the files`] : []),
    ...(folders.length > 0
      ? [`in ${folders.length} new ${folders.length === 1 ? 'folder' : 'folders'}`]
      : []),
  ];
  return parts.join(', ');
}

/** Says line by line what is to be known of single files; what did not come in, first. */
export function linesOf(notes: readonly ImportNote[]): readonly string[] {
  return [...notes].sort(byFile).map(lineOf);
}

/** Says line by line what links lead to no file. */
export function deadLinksOf({ notes }: ImportReport): readonly string[] {
  return linesOf(notesAbout(notes, 'link'));
}

/** Counts in what other form texts came in; what is most often, first. */
export function formsOf({ notes }: ImportReport): readonly NoteGroup[] {
  const groups = new Map<string, { times: number; places: string[]; files: Set<string> }>();
  for (const note of notesAbout(notes, 'form').toSorted(byFile)) {
    const message = asMessage(note.message);
    const group = groups.get(message) ?? { times: 0, places: [], files: new Set() };
    groups.set(message, group);
    group.times += 1;
    group.files.add(note.file);
    if (group.places.length < PLACES_MAX) group.places.push(placeOf(note));
  }
  return [...groups]
    .map(([message, { times, places, files }]) => ({ message, times, files: files.size, places }))
    .sort((a, b) => b.times - a.times);
}

/** Gives the notes that are about something; without a subject, those that are about nothing told apart. */
export function notesAbout(
  notes: readonly ImportNote[],
  subject?: NoteSubject,
): readonly ImportNote[] {
  return notes.filter(({ about }) => about === subject);
}

function lineOf(note: ImportNote): string {
  return `${placeOf(note)}: ${asMessage(note.message)}`;
}

/** Names come from strangers, and go to terminals. */
function placeOf({ file, line }: ImportNote): string {
  return asMessage(line === undefined ? file : `${file}:${line}`);
}

function byFile(a: ImportNote, b: ImportNote): number {
  if (a.refused !== b.refused) return a.refused === true ? -1 : 1;
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0);
}
