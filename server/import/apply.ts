/**
 * Carries an import out: makes and updates objects in one transaction.
 *
 * What an import puts in place is marked with two digests: of what the file said, and of the object
 * as it was left. A later import changes an object only when its file says something new, and
 * leaves one alone that was edited on the site since, unless it is told to overwrite. What is no
 * longer among the files stays, and is named.
 */
import { type Container, type Content, isContainer } from '../content/content.js';
import { createObject, setData, updateObject } from '../content/edit.js';
import type { PropertyPatch } from '../content/properties.js';
import type { Work } from '../content/work.js';
import { Invalid } from '../errors.js';
import { leftBelow } from './earlier.js';
import { type ImportNote, refusedNote } from './note.js';
import { type ImportPlan, type PlannedObject, titleFrom } from './plan.js';
import { digestOf, digestOfBytes, readWanted, reasonOf, type Wanted } from './wanted.js';

export interface ImportOptions {
  readonly target: Container;
  /** Change also what was edited here since the last import, or made here. */
  readonly overwrite: boolean;
  /** Told after each file. */
  readonly progress?: (done: number, total: number) => void;
}

/** What an import did. Its figures count files; folders are apart, and only new ones are told. */
export interface ImportReport {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly unchanged: number;
  /** Left as they are, because they were made or edited here. */
  readonly kept: readonly string[];
  /** Names of files that did not come in; the notes say why. */
  readonly refused: readonly string[];
  /** Imported before, and no longer among the files; without what the user may not view. */
  readonly gone: readonly string[];
  /** Folders that were made. */
  readonly folders: readonly string[];
  readonly notes: readonly ImportNote[];
}

interface Progress {
  readonly created: string[];
  readonly updated: string[];
  readonly kept: string[];
  readonly folders: string[];
  readonly notes: ImportNote[];
  unchanged: number;
}

/**
 * Imports what was planned below the target. A file that cannot be taken is left out and named.
 *
 * @throws Unauthorized when the user may not import there, or not add or change what it takes
 */
export async function applyImport(
  work: Work,
  plan: ImportPlan,
  options: ImportOptions,
): Promise<ImportReport> {
  const { target, overwrite, progress } = options;
  work.policy.require('Import/Export objects', target);
  const quiet: Work = quietly(work);
  const state: Progress = {
    created: [],
    updated: [],
    kept: [],
    folders: [],
    notes: [...plan.notes],
    unchanged: 0,
  };

  for (const { segments } of plan.folders) requireFolder(quiet, target, segments, state);
  let done = 0;
  for (const planned of plan.objects) {
    const refused = await applyOne(quiet, planned, { plan, target, overwrite, state });
    state.notes.push(...refused);
    done += 1;
    progress?.(done, plan.objects.length);
  }
  const files = plan.objects.map(({ file }) => file);
  const gone = leftBelow(work, target, files).map(({ object }) => object.path);
  const { created, updated, unchanged, kept, folders, notes } = state;
  if (created.length + updated.length + folders.length > 0) {
    work.did(`Imported into ${target.path}: ${created.length} new, ${updated.length} changed`);
  }
  const refused = notes.filter((note) => note.refused === true).map(({ file }) => file);
  return { created, updated, unchanged, kept, refused, gone, folders, notes };
}

interface Place {
  readonly plan: ImportPlan;
  readonly target: Container;
  readonly overwrite: boolean;
  readonly state: Progress;
}

/** Carries out what one file asks for. Answers why it was not taken; nothing when it was. */
async function applyOne(
  work: Work,
  planned: PlannedObject,
  place: Place,
): Promise<readonly ImportNote[]> {
  const { plan, target, overwrite, state } = place;
  const file = planned.file.segments.join('/');
  const container = containerOf(target, planned.segments);
  const id = planned.segments.at(-1) ?? '';
  if (container === undefined) {
    return [refusedNote(file, `${planned.segments.slice(0, -1).join('/')} is no folder`)];
  }
  const wanted = await readWanted(planned, plan.links);
  if ('message' in wanted) return [wanted];
  const held = container.child(id);
  const decision = held === undefined ? 'create' : decide(held, planned, wanted, overwrite);
  if (decision === 'unchanged') {
    state.unchanged += 1;
  } else if (decision === 'kept') {
    const path = held?.path ?? '';
    state.kept.push(path);
    const message = `Left alone: ${path} was made or edited here`;
    state.notes.push({ file, message, about: 'kept' });
  } else {
    try {
      await put(work, planned, { wanted, container, id, held, state });
    } catch (error) {
      if (!(error instanceof Invalid)) return [refusedNote(file, reasonOf(error))];
      return error.errors.map(({ field, message, line }) =>
        refusedNote(file, `${field}: ${message}`, line),
      );
    }
  }
  // The form that a text got was told when it got it.
  const isNews = decision === 'create' || decision === 'update';
  state.notes.push(...wanted.notes.filter(({ about }) => isNews || about !== 'form'));
  return [];
}

/**
 * Makes or changes an object. Its bytes are stored before anything is touched, since they may turn
 * out not to be there.
 *
 * @throws Invalid when it refuses what its file says; then nothing was touched
 */
async function put(
  work: Work,
  { type, file }: PlannedObject,
  where: {
    readonly wanted: Wanted;
    readonly container: Container;
    readonly id: string;
    readonly held: Content | undefined;
    readonly state: Progress;
  },
): Promise<void> {
  const { wanted, container, id, held, state } = where;
  const { title, fields, contentType } = wanted;
  const blob = contentType === undefined ? undefined : await file.store(work.site.blobs);
  const properties = [
    ...(held === undefined ? [] : withoutOld(held, wanted)),
    ...wanted.properties,
  ];
  const object = held ?? createObject(work, container, { type, id, title, fields, properties });
  if (held !== undefined) updateObject(work, held, { title, fields, properties });
  if (blob !== undefined && contentType !== undefined) setData(work, object, { blob, contentType });
  const given =
    blob === undefined || contentType === undefined
      ? wanted.given
      : digestOfBytes(blob.sha256, contentType);
  object.imported = { file: file.segments.join('/'), given, left: digestOf(object) };
  (held === undefined ? state.created : state.updated).push(object.path);
}

function decide(
  held: Content,
  planned: PlannedObject,
  wanted: Wanted,
  overwrite: boolean,
): 'unchanged' | 'kept' | 'update' {
  if (held.type !== planned.type) return 'kept';
  const before = held.imported;
  const untouched = before !== undefined && before.left === digestOf(held);
  if (untouched && before.given === wanted.given) return 'unchanged';
  return untouched || overwrite ? 'update' : 'kept';
}

/** Properties that the last import gave an untouched object, and this one no longer does. */
function withoutOld(held: Content, { properties }: Wanted): readonly PropertyPatch[] {
  if (held.imported?.left !== digestOf(held)) return [];
  const still = new Set(properties.map(({ name }) => name));
  return Object.keys(held.properties)
    .filter((name) => !still.has(name))
    .map((name) => ({ name, value: null }));
}

function requireFolder(
  work: Work,
  target: Container,
  segments: readonly string[],
  state: Progress,
): void {
  const container = containerOf(target, segments);
  const id = segments.at(-1) ?? '';
  if (container === undefined || container.has(id)) return;
  const folder = createObject(work, container, { type: 'Folder', id, title: titleFrom(id) });
  state.folders.push(folder.path);
}

/** The folder that the last of the segments is to be in; `undefined` when something else is there. */
function containerOf(target: Container, segments: readonly string[]): Container | undefined {
  let at: Container = target;
  for (const id of segments.slice(0, -1)) {
    const next = at.child(id);
    if (next === undefined || !isContainer(next)) return undefined;
    at = next;
  }
  return at;
}

/** The same work, silent about each object: the import is told of as one. */
export function quietly(work: Work): Work {
  const { site, connection, policy, user, paths, undoes, nowMs } = work;
  return {
    ...{ site, connection, policy, user, paths, undoes, nowMs },
    get sql() {
      return work.sql;
    },
    note: (text) => work.note(text),
    did: () => {},
    waitFor: (promise) => work.waitFor(promise),
    atEnd: (task) => work.atEnd(task),
  };
}
