/**
 * The files of a directory to be imported, whatever they came from: a disk, or an upload.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { BadRequest } from '../errors.js';

/** The most files of one import. */
export const FILES_MAX = 100_000;
/** The longest text that becomes a source, in bytes; longer ones become Files. */
export const SOURCE_BYTES_MAX = 16 * 2 ** 20;

export interface SourceFile {
  /** Where it is below the directory: `['guide', 'routing.md']`. */
  readonly segments: readonly string[];
  readonly sizeBytes: number;
  read(): Promise<Uint8Array>;
}

/**
 * Lists the files below a directory, in path order. Names that begin with a dot are left out, as
 * are links that lead out of it.
 *
 * @throws BadRequest when it is no directory, or holds more than `FILES_MAX` files
 */
export async function readDirectory(directory: string): Promise<readonly SourceFile[]> {
  const about = await stat(directory).catch(() => undefined);
  if (about?.isDirectory() !== true) {
    throw new BadRequest(`${directory} is no directory`, { field: 'source' });
  }
  const files: SourceFile[] = [];
  const walk = async (segments: readonly string[]): Promise<void> => {
    const entries = await readdir(path.join(directory, ...segments), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.')) continue;
      const inner = [...segments, entry.name];
      if (entry.isDirectory()) await walk(inner);
      if (!entry.isFile()) continue;
      if (files.length >= FILES_MAX) {
        throw new BadRequest(`${directory} holds more than ${FILES_MAX} files`, {
          field: 'source',
        });
      }
      const file = path.join(directory, ...inner);
      const { size } = await stat(file);
      files.push({ segments: inner, sizeBytes: size, read: () => readFile(file) });
    }
  };
  await walk([]);
  return files;
}
