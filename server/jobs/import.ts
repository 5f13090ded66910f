/**
 * The job `import`: files that were uploaded, into a folder.
 */
import { Invalid } from '../errors.js';
import { importFiles } from '../import/import.js';
import { linesOf, summaryOf } from '../import/report.js';
import type { SourceFile } from '../import/source-file.js';
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
  const { files: uploaded, overwrite } = parameters as unknown as ImportParameters;
  const files = uploaded.map((file) => sourceOf(site, file));
  const done = await site.transact(user, (work) =>
    importFiles(work, {
      files,
      target: path,
      overwrite,
      progress: (count, total) => report.progress(count, total),
    }),
  );
  for (const line of linesOf(done)) report.log(line);
  report.log(summaryOf(done));
  const { created, updated, unchanged, kept, gone } = done;
  return { created, updated, unchanged, kept, gone };
}

/** @throws Invalid for a path that leads out of the directory it was uploaded from */
function sourceOf(site: Site, { path, sha256, sizeBytes }: UploadedFile): SourceFile {
  const segments = path.split(/[\\/]+/).filter((segment) => segment !== '' && segment !== '.');
  if (segments.length === 0 || segments.includes('..')) {
    throw new Invalid([{ field: 'files', message: `Not a path below a directory: ${path}` }]);
  }
  return { segments, sizeBytes, read: async () => site.blobs.read(sha256) };
}
