/**
 * What an import says of itself, in lines for people.
 */
import type { ImportReport } from './apply.js';
import { asMessage } from '../quote.js';
import type { ImportNote } from './note.js';

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

/** Says line by line what could not be taken over as it is, by file; what did not come in, first. */
export function linesOf({ notes, gone }: ImportReport): readonly string[] {
  return [
    ...[...notes].sort(byFile).map(lineOf),
    ...gone.map((path) => asMessage(`${path}: no longer among the files; it stays`)),
  ];
}

function lineOf({ file, line, message }: ImportNote): string {
  // Names come from strangers, and go to terminals.
  return asMessage(line === undefined ? `${file}: ${message}` : `${file}:${line}: ${message}`);
}

function byFile(a: ImportNote, b: ImportNote): number {
  if (a.refused !== b.refused) return a.refused === true ? -1 : 1;
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0);
}
