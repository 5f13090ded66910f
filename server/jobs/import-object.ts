/**
 * The job `import-object`: what was exported, as a child of a folder.
 */
import { randomUUID } from 'node:crypto';
import {
  type Blobs,
  type ExportSummary,
  ImportError,
  isExport,
  readExportSummary,
} from '../../odb/index.js';
import { type Container, contentAt, isContainer } from '../content/content.js';
import { importObject } from '../content/export.js';
import { freeId } from '../content/ids.js';
import { siteRoot } from '../content/places.js';
import { Invalid, UnsupportedMedia } from '../errors.js';
import type { Site } from '../site.js';
import { countInWords } from '../words.js';
import type { JobCommand, JobOrder, JobReporter } from './job.js';

export interface ImportObjectParameters {
  /** The export, in the blob store. */
  readonly sha256: string;
  /** Under which id it is to be. */
  readonly id: string;
}

export interface ImportObjectResult {
  readonly id: string;
  readonly path: string;
  readonly type: string;
  readonly tid: string;
  /** How many objects came in. */
  readonly objects: number;
}

/**
 * Gives what starts an import of what was exported.
 *
 * @param user principal key of who asks for it
 * @param path of the folder that it goes into
 */
export function importObjectOrder(
  { user, path }: { readonly user: string; readonly path: string },
  parameters: ImportObjectParameters,
): Extract<JobCommand, { what: 'start' }> {
  const about = { id: randomUUID(), kind: 'import-object', user, path };
  return { what: 'start', order: { ...about, parameters: { ...parameters } } };
}

/**
 * Gives what an upload says of itself; `undefined` when it is not what was exported.
 *
 * @throws UnsupportedMedia when it begins like an export, and is none that can be read here
 */
export async function readExport(blobs: Blobs, sha256: string): Promise<ExportSummary | undefined> {
  const read = (): AsyncIterable<Uint8Array> =>
    blobs.createReadStream(sha256) as AsyncIterable<Uint8Array>;
  try {
    for await (const beginning of read()) {
      return isExport(beginning) ? await readExportSummary(read()) : undefined;
    }
    return undefined;
  } catch (cause) {
    if (!(cause instanceof ImportError)) throw cause;
    throw new UnsupportedMedia(cause.message, { cause });
  }
}

/** Gives the id for what comes in, where none is asked for: the one it had, as far as that is free. */
export function idOfImport({ path }: ExportSummary, container: Container): string {
  return freeId(path?.at(-1) ?? 'imported', (candidate) => container.has(candidate));
}

export async function importObjectJob(
  site: Site,
  { user, path, parameters }: JobOrder,
  report: JobReporter,
): Promise<ImportObjectResult> {
  const { sha256, id } = parameters as unknown as ImportObjectParameters;
  const made = await site.transact(user, async (work) => {
    const container = contentAt(siteRoot(work.connection), path);
    if (!isContainer(container)) {
      throw new Invalid([{ field: '', message: `There is no folder ${path} any more` }]);
    }
    const { object, count } = await importObject(work, container, {
      id,
      stream: site.blobs.createReadStream(sha256) as AsyncIterable<Uint8Array>,
      onProgress: (done, total) => report.progress(done, total),
    });
    return { id, path: object.path, type: object.type, objects: count };
  });
  report.log(`Imported ${made.path}: ${countInWords(made.objects, 'object')}`);
  using connection = site.database.connect();
  const tid = contentAt(siteRoot(connection), made.path)?.tid ?? connection.tid;
  return { ...made, tid: String(tid) };
}
