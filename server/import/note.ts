/**
 * What an import has to say about single files.
 */

/**
 * `kept`: an object was left alone. `link`: a link leads nowhere. `form`: a text has here what it says,
 * in another form than in its file; the same message stands for the same cause.
 */
export type NoteSubject = 'kept' | 'link' | 'form';

export interface ImportNote {
  /** Path of the file below the source directory. */
  readonly file: string;
  /** From 1; absent where the whole file is meant. */
  readonly line?: number;
  readonly message: string;
  /** The file, or what has this name, did not come in. */
  readonly refused?: boolean;
  /** What it is about, where a report tells such notes apart. */
  readonly about?: NoteSubject;
}

/** Says that a file did not come in, and why: `reason` goes on after “Not imported:”. */
export function refusedNote(file: string, reason: string, line?: number): ImportNote {
  const message = `Not imported: ${reason}`;
  return { file, message, refused: true, ...(line === undefined ? {} : { line }) };
}
