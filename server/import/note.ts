/**
 * What an import has to say about single files.
 */
export interface ImportNote {
  /** Path of the file below the source directory. */
  readonly file: string;
  /** From 1; absent where the whole file is meant. */
  readonly line?: number;
  readonly message: string;
  /** The file, or what has this name, did not come in. */
  readonly refused?: boolean;
}

/** Says that a file did not come in, and why: `reason` goes on after “Not imported:”. */
export function refusedNote(file: string, reason: string, line?: number): ImportNote {
  const message = `Not imported: ${reason}`;
  return { file, message, refused: true, ...(line === undefined ? {} : { line }) };
}
