/**
 * The job `reindex`: indexes in a catalog what is there already, all of it or what is below a path.
 *
 * It goes on where it was left off when it was cancelled, or the server ended before it did.
 */
import { randomUUID } from 'node:crypto';
import type { Oid } from '../../odb/index.js';
import { fillCatalog, indexAgain } from '../content/catalog-fill.js';
import { NotFound } from '../errors.js';
import type { Site } from '../site.js';
import { countInWords } from '../words.js';
import { Catalog } from '../content/catalog.js';
import type { JobCommand, JobOrder, JobReporter } from './job.js';

export interface ReindexParameters {
  /** Oid of the catalog. */
  readonly catalog: Oid;
  readonly version?: Oid;
  /** Only what is there, and below. */
  readonly path?: string;
}

export interface ReindexResult {
  /** How many were looked at. */
  readonly objects: number;
}

/**
 * Gives what starts it.
 *
 * @param about who asks for it, and the path of the catalog
 */
export function reindexOrder(
  { user, path }: { readonly user: string; readonly path: string },
  parameters: ReindexParameters,
): Extract<JobCommand, { what: 'start' }> {
  const about = { id: randomUUID(), kind: 'reindex', user, path };
  return { what: 'start', order: { ...about, parameters: { ...parameters } } };
}

export async function reindexJob(
  site: Site,
  { user, path: about, parameters }: JobOrder,
  report: JobReporter,
): Promise<ReindexResult> {
  const { catalog, version, path } = parameters as unknown as ReindexParameters;
  const { database } = site;
  requireThere(site, { catalog, version }, about);
  const options = {
    ...{ database, catalog, version, user },
    onProgress: (done: number, total: number) => report.progress(done, total),
  };
  const objects = path === undefined ? await fillCatalog(options) : await indexAgain(options, path);
  report.log(`Indexed ${countInWords(objects, 'object')}`);
  return { objects };
}

/** @throws NotFound when there is no such catalog any more */
function requireThere(
  { database }: Site,
  { catalog, version }: { readonly catalog: Oid; readonly version: Oid | undefined },
  path: string,
): void {
  using connection = database.connect(version === undefined ? {} : { version });
  if (connection.find(catalog) instanceof Catalog) return;
  throw new NotFound(`There is no catalog ${path} any more`);
}
