/**
 * What an import says of itself, in lines for people.
 */
import type { ImportReport } from './apply.js';
import type { ImportNote } from './plan.js';

/** Says in one line how an import ended. */
export function summaryOf({ created, updated, unchanged, kept, gone }: ImportReport): string {
  const parts = [
    `${created.length} new`,
    `${updated.length} changed`,
    `${unchanged} as they were`,
    ...(kept.length > 0 ? [`${kept.length} left alone`] : []),
    ...(gone.length > 0 ? [`${gone.length} no longer among the files`] : []),
  ];
  return parts.join(', ');
}

/** Says line by line what could not be taken over as it is, by file. */
export function linesOf({ notes, gone }: ImportReport): readonly string[] {
  return [
    ...[...notes].sort(byFile).map(lineOf),
    ...gone.map((path) => `${path}: no longer among the files; it stays`),
  ];
}

function lineOf({ file, line, message }: ImportNote): string {
  return line === undefined ? `${file}: ${message}` : `${file}:${line}: ${message}`;
}

function byFile(a: ImportNote, b: ImportNote): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0);
}
