/**
 * The job `import`: files that were uploaded, into a folder.
 */
import { contentAt, isContainer } from '../content/content.js';
import { siteRoot } from '../content/places.js';
import { pathsSeenBy } from '../content/transaction-notes.js';
import type { Work } from '../content/work.js';
import { Invalid } from '../errors.js';
import { importFiles } from '../import/import.js';
import { deadLinksOf, formsOf, linesOf, summaryOf } from '../import/report.js';
import type { ImportNote } from '../import/note.js';
import { readSourcePath, type SourceFile, type SourceFiles } from '../import/source-file.js';
import type { Site } from '../site.js';
import type { JobOrder, JobReporter } from './job.js';

/** A file in the blob store, and where it was below the directory that was uploaded. */
export interface UploadedFile {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface ImportParameters {
  readonly files: readonly UploadedFile[];
  readonly overwrite: boolean;
}

/** Gives the order for importing uploaded files into the folder at `path`. */
export function importOrder(
  about: { readonly id: string; readonly user: string; readonly path: string },
  parameters: ImportParameters,
): JobOrder {
  return { ...about, kind: 'import', parameters: { ...parameters } };
}

export async function importJob(
  site: Site,
  { user, path, parameters }: JobOrder,
  report: JobReporter,
): Promise<unknown> {
  const { files, overwrite } = parameters as unknown as ImportParameters;
  const source = readUpload(site, files);
  const done = await site.transact(user, (work) => {
    requireFolder(work, path);
    return importFiles(work, {
      source,
      target: path,
      overwrite,
      progress: (count, total) => report.progress(count, total),
    });
  });
  report.log(summaryOf(done));
  // What is gone is listed in the result, where it is told to those who may view it.
  const { notes, ...result } = done;
  for (const line of linesOf(notes.filter(({ about }) => about !== 'form'))) report.log(line);
  return { ...result, deadLinks: deadLinksOf(done), forms: formsOf(done) };
}

/** What an import answers, and lists of objects in it by their paths. */
const PATH_LISTS = ['created', 'updated', 'kept', 'gone', 'folders'] as const;

/** Gives the result of an import without the paths that its reader may not view. */
export function importResultFor(work: Work, result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result;
  const maySee = pathsSeenBy(work);
  const shown: Record<string, unknown> = { ...result };
  for (const name of PATH_LISTS) {
    const paths: unknown = shown[name];
    if (Array.isArray(paths)) shown[name] = paths.filter((path) => maySee(String(path)));
  }
  return shown;
}

/** @throws Invalid when the folder went away since the import was asked for */
function requireFolder(work: Work, path: string): void {
  if (isContainer(contentAt(siteRoot(work.connection), path))) return;
  throw new Invalid([{ field: '', message: `There is no folder ${path} any more` }]);
}

/** Takes uploaded files for the files of a directory, as far as their names let it. */
function readUpload(site: Site, uploaded: readonly UploadedFile[]): SourceFiles {
  const files: SourceFile[] = [];
  const notes = new Map<string, ImportNote>();
  for (const file of uploaded) {
    const read = readSourcePath(file.path);
    if ('message' in read) notes.set(read.file, read);
    else files.push(sourceOf(site, read, file));
  }
  return { files, notes: [...notes.values()] };
}

function sourceOf(
  site: Site,
  segments: readonly string[],
  { sha256, sizeBytes }: UploadedFile,
): SourceFile {
  return {
    segments,
    sizeBytes,
    read: async () => site.blobs.read(sha256),
    sha256: async () => sha256,
    store: async () => ({ sha256, sizeBytes }),
  };
}
