/**
 * Importing files into a place of the site, as one piece of work in one transaction.
 */
import { type Container, isContainer } from '../content/content.js';
import { createObject } from '../content/edit.js';
import { siteRoot } from '../content/places.js';
import type { Work } from '../content/work.js';
import { Invalid } from '../errors.js';
import { applyImport, type ImportReport, quietly } from './apply.js';
import { earlierBelow } from './earlier.js';
import { planImport, titleFrom } from './plan.js';
import type { SourceFiles } from './source-file.js';

export interface ImportRequest {
  readonly source: SourceFiles;
  /** Path of the folder they go into; what is missing of it is made. */
  readonly target: string;
  /** Change also what was edited here since the last import, or made here. */
  readonly overwrite: boolean;
  readonly progress?: (done: number, total: number) => void;
}

/**
 * Imports files below a path of the site.
 *
 * @throws Invalid naming `target` when something on the way is no folder, or the file that an
 *   object refuses
 * @throws Unauthorized when the user may not add or change what it takes
 */
export async function importFiles(work: Work, request: ImportRequest): Promise<ImportReport> {
  const { source, overwrite, progress } = request;
  const made: string[] = [];
  const target = requireTarget(quietly(work), request.target, made);
  const plan = planImport(source.files, target.url, earlierBelow(work, target, source.files));
  const report = await applyImport(work, plan, {
    target,
    overwrite,
    ...(progress === undefined ? {} : { progress }),
  });
  const { folders, refused, notes } = report;
  const left = source.notes.filter((note) => note.refused === true).map(({ file }) => file);
  return {
    ...report,
    folders: [...made, ...folders],
    refused: [...left, ...refused],
    notes: [...source.notes, ...notes],
  };
}

function requireTarget(work: Work, path: string, made: string[]): Container {
  let at: Container = siteRoot(work.connection);
  for (const id of path.split('/').filter((segment) => segment !== '')) {
    const held = at.child(id);
    const next = held ?? createObject(work, at, { type: 'Folder', id, title: titleFrom(id) });
    if (held === undefined) made.push(next.path);
    if (!isContainer(next)) {
      throw new Invalid([{ field: 'target', message: `${next.path} is no folder` }]);
    }
    at = next;
  }
  return at;
}
