/**
 * Transactions as lists name them: by the first line of their note. A row without words would be a
 * row that nobody can speak of, so one that has no note, or none for the reader, says that.
 */
import { nameUndo, type PublishRequest, type Tid } from '../server/index.js';

/** What lists know of a transaction: its note is `''` also where the reader may not read it. */
interface Noted {
  readonly tid: string;
  readonly description: string;
}

/** Gives the line that stands for a transaction. */
export function noteLine({ tid, description }: Noted, request: PublishRequest): string {
  const line = firstLine(description);
  if (line !== '') return line;
  const note = request.connection.transactionRecord(Number(tid) as Tid)?.note ?? '';
  return note === '' ? 'A change without a note' : 'A change of something you may not view';
}

/** A note's first line says what was done as a whole; further lines name each object. */
export function firstLine(note: string): string {
  return note.split('\n', 1)[0] ?? '';
}

/** Says what a transaction is that took others back. */
export function undoWord(request: PublishRequest, undoes: readonly Tid[]): string {
  return nameUndo(request, undoes).redoes ? 'a redo' : 'an undo';
}
