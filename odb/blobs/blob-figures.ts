/**
 * How many files there are, and how large: those of the blobs, or any.
 */
import { stat } from 'node:fs/promises';
import type { FileBlobs } from './blobs.js';
import type { StorageFigures } from '../storage-figures.js';

/** Files looked at together. */
const FILES_AT_ONCE = 64;

/** Counts blobs, and the bytes they take. One look at the file system for each. */
export async function blobFigures(
  blobs: FileBlobs,
): Promise<Pick<StorageFigures, 'blobs' | 'blobBytes'>> {
  let count = 0;
  let bytes = 0;
  let some: string[] = [];
  const measureSome = async (): Promise<void> => {
    const found = await measureFiles(some);
    count += found.count;
    bytes += found.bytes;
    some = [];
  };
  for await (const name of blobs.names()) {
    some.push(blobs.path(name));
    if (some.length >= FILES_AT_ONCE) await measureSome();
  }
  await measureSome();
  return { blobs: count, blobBytes: bytes };
}

/** Adds up files; what went away meanwhile does not count. */
export async function measureFiles(
  files: readonly string[],
): Promise<{ readonly count: number; readonly bytes: number }> {
  let count = 0;
  let bytes = 0;
  const found = await Promise.all(files.map((file) => stat(file).catch(ignoreMissing)));
  for (const each of found) {
    if (each?.isFile() !== true) continue;
    count += 1;
    bytes += each.size;
  }
  return { count, bytes };
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
