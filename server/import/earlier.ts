/**
 * What earlier imports left below a folder: objects whose files are not there any more.
 */
import { type Container, type Content, isContainer } from '../content/content.js';
import type { Work } from '../content/work.js';
import { type EarlierObject, INDEX_ID } from './link-names.js';
import type { SourceFile } from './source-file.js';

interface LeftObject {
  readonly object: Content;
  /** Path of its file below the source directory. */
  readonly file: string;
}

/** What was imported below a folder, and is not among these files; without what the user may not view. */
export function leftBelow(
  work: Work,
  target: Container,
  files: readonly Pick<SourceFile, 'segments'>[],
): readonly LeftObject[] {
  const present = new Set(files.map(({ segments }) => segments.join('/')));
  return importedBelow(target).flatMap((object) => {
    const file = object.imported?.file;
    const isLeft = file !== undefined && !present.has(file) && work.policy.may('View', object);
    return isLeft ? [{ object, file }] : [];
  });
}

/** Gives what earlier imports left below a folder, with the folders that it is in. */
export function earlierBelow(
  work: Work,
  target: Container,
  files: readonly Pick<SourceFile, 'segments'>[],
): readonly EarlierObject[] {
  const folders = new Map<string, EarlierObject>();
  const left = leftBelow(work, target, files).map(({ object, file }): EarlierObject => {
    const segments = file.split('/');
    let at: Container = target;
    for (const [index, name] of segments.slice(0, -1).entries()) {
      const next: Content | undefined = at.child(name);
      if (next === undefined || !isContainer(next) || !work.policy.may('View', next)) break;
      at = next;
      const inner = segments.slice(0, index + 1);
      const place = { url: at.url, isFolder: true, isIndex: false };
      folders.set(inner.join('/'), { segments: inner, ...place });
    }
    const isIndex = object.id === INDEX_ID;
    const url = isIndex ? (object.container?.url ?? object.url) : object.url;
    return { segments, url, isFolder: false, isIndex };
  });
  return [...left, ...folders.values()];
}

function importedBelow(container: Container): Content[] {
  return container
    .items()
    .flatMap((item) => (isContainer(item) ? [item, ...importedBelow(item)] : [item]));
}
