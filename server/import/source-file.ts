/**
 * The files to be imported, whatever they came from: a disk, or an upload.
 *
 * A name says where a file is below the directory that is imported, and never leads out of it.
 */
import type { BlobReference } from '../content/data.js';
import type { Blobs } from '../../odb/index.js';
import { type ImportNote, refusedNote } from './note.js';

/** The most files of one import. */
export const FILES_MAX = 100_000;
/** The longest text that becomes a source, in bytes; longer ones become Files. */
export const SOURCE_BYTES_MAX = 16 * 2 ** 20;
/** How deep in folders a file may lie. */
export const FOLDERS_DEEP_MAX = 100;

export interface SourceFile {
  /** Where it is below the directory: `['guide', 'routing.md']`. */
  readonly segments: readonly string[];
  readonly sizeBytes: number;
  /** Gives all bytes; for texts, which are small. */
  read(): Promise<Uint8Array>;
  /** Gives the SHA-256 of its bytes, in hex. */
  sha256(): Promise<string>;
  /** Sees to it that its bytes are in the blob store. */
  store(blobs: Blobs): Promise<BlobReference>;
}

/** What was found to be imported, and what is left out of it. */
export interface SourceFiles {
  readonly files: readonly SourceFile[];
  readonly notes: readonly ImportNote[];
}

/**
 * Reads the path that an upload gave a file into the segments below the directory.
 *
 * Both slashes divide, since an upload may come from any system.
 *
 * @returns a note when it is no path below a directory, or is left out by its name
 */
export function readSourcePath(path: string): readonly string[] | ImportNote {
  const shown = path === '' ? '(no name)' : path;
  if (/^([\\/]|[a-z]:)/i.test(path)) return refusedNote(shown, 'its path is not below the folder');
  const segments = path.split(/[\\/]+/).filter((segment) => segment !== '' && segment !== '.');
  if (segments.length === 0) return refusedNote(shown, 'it has no name');
  if (segments.includes('..')) return refusedNote(shown, 'its path leads out of the folder');
  return refuseSegments(segments) ?? segments;
}

/** Says why what lies at these segments is left out; `undefined` when it is not. */
export function refuseSegments(segments: readonly string[]): ImportNote | undefined {
  const hidden = segments.findIndex((segment) => segment.startsWith('.'));
  if (hidden !== -1) {
    const file = segments.slice(0, hidden + 1).join('/');
    return { file, message: 'Left out: its name begins with a dot' };
  }
  return segments.length > FOLDERS_DEEP_MAX + 1
    ? refusedNote(segments.join('/'), `it lies deeper than ${FOLDERS_DEEP_MAX} folders`)
    : undefined;
}
