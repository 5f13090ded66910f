/**
 * The files of a directory on this machine.
 *
 * Nothing outside of the directory is read. A link to a file inside is that file once more; any other
 * link is left out and named, so no link makes the walk go out, or in circles.
 */
import { createHash } from 'node:crypto';
import { createReadStream, type Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { BadRequest } from '../errors.js';
import { type ImportNote, refusedNote } from './note.js';
import { FILES_MAX, refuseSegments, type SourceFile, type SourceFiles } from './source-file.js';

/**
 * Lists the files below a directory, in path order. Names that begin with a dot are left out.
 *
 * @throws BadRequest when it is no directory, or holds more than `FILES_MAX` files
 */
export async function readDirectory(directory: string): Promise<SourceFiles> {
  const about = await stat(directory).catch(() => undefined);
  if (about?.isDirectory() !== true) {
    throw new BadRequest(`${directory} is no directory`, { field: 'source' });
  }
  const walk = new Walk(await realpath(directory));
  await walk.into([]);
  return walk;
}

class Walk implements SourceFiles {
  readonly files: SourceFile[] = [];
  readonly notes: ImportNote[] = [];
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async into(segments: readonly string[]): Promise<void> {
    let entries: Dirent[];
    try {
      entries = await readdir(path.join(this.#root, ...segments), { withFileTypes: true });
    } catch (error) {
      this.notes.push(refusedNote(segments.join('/'), unreadable(error)));
      return;
    }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = [...segments, entry.name];
      const left = refuseSegments(inner);
      if (left !== undefined) this.notes.push(left);
      else if (entry.isDirectory()) await this.into(inner);
      else if (entry.isSymbolicLink()) await this.#follow(inner);
      else if (entry.isFile()) await this.#add(inner);
      else this.notes.push(refusedNote(inner.join('/'), 'it is neither a file nor a folder'));
    }
  }

  async #follow(segments: readonly string[]): Promise<void> {
    const shown = segments.join('/');
    const file = await realpath(path.join(this.#root, ...segments)).catch(() => undefined);
    if (file === undefined) {
      this.notes.push(refusedNote(shown, 'it is a link that leads nowhere'));
    } else if (!isInside(this.#root, file)) {
      this.notes.push(refusedNote(shown, 'it is a link that leads out of the directory'));
    } else if ((await stat(file)).isDirectory()) {
      this.notes.push(refusedNote(shown, 'it is a link to a folder, which comes in by itself'));
    } else if (!(await stat(file)).isFile()) {
      this.notes.push(refusedNote(shown, 'it is a link to what is neither a file nor a folder'));
    } else if (refuseSegments(path.relative(this.#root, file).split(path.sep)) !== undefined) {
      this.notes.push(refusedNote(shown, 'it is a link to what is left out'));
    } else await this.#add(segments);
  }

  async #add(segments: readonly string[]): Promise<void> {
    if (this.files.length >= FILES_MAX) {
      throw new BadRequest(`${this.#root} holds more than ${FILES_MAX} files`, { field: 'source' });
    }
    try {
      const { size } = await stat(path.join(this.#root, ...segments));
      this.files.push(new DiskFile(this.#root, segments, size));
    } catch (error) {
      this.notes.push(refusedNote(segments.join('/'), unreadable(error)));
    }
  }
}

class DiskFile implements SourceFile {
  readonly segments: readonly string[];
  readonly sizeBytes: number;
  readonly #root: string;

  constructor(root: string, segments: readonly string[], sizeBytes: number) {
    this.#root = root;
    this.segments = segments;
    this.sizeBytes = sizeBytes;
  }

  async read(): Promise<Uint8Array> {
    return readFile(await this.#find());
  }

  async sha256(): Promise<string> {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(await this.#find())) hash.update(chunk as Buffer);
    return hash.digest('hex');
  }

  async store(blobs: Parameters<SourceFile['store']>[0]): ReturnType<SourceFile['store']> {
    return blobs.put(createReadStream(await this.#find()));
  }

  /** Looks again: the directory may have changed since it was listed. */
  async #find(): Promise<string> {
    const file = await realpath(path.join(this.#root, ...this.segments));
    if (!isInside(this.#root, file))
      throw new BadRequest('it became a link that leads out of the directory');
    if (!(await stat(file)).isFile()) throw new BadRequest('it is no file any more');
    return file;
  }
}

function isInside(root: string, file: string): boolean {
  const relative = path.relative(root, file);
  return relative.split(path.sep)[0] !== '..' && !path.isAbsolute(relative);
}

/** Says why something on disk could not be read. */
export function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return 'it is gone, or its name is not UTF-8';
  if (code === 'EACCES' || code === 'EPERM') return 'it may not be read';
  return `it cannot be read (${code === '' ? String(error) : code})`;
}
