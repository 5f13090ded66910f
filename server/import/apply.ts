/**
 * Carries an import out: makes and updates objects in one transaction.
 *
 * What an import puts in place is marked with two digests: of what the file said, and of the object
 * as it was left. A later import changes an object only when its file says something new, and
 * leaves one alone that was edited on the site since, unless it is told to overwrite. What is no
 * longer among the files stays, and is named.
 */
import { createHash } from 'node:crypto';
import { type Container, type Content, isContainer } from '../content/content.js';
import { contentTypes } from '../content/content-type.js';
import { createObject, setData, updateObject } from '../content/edit.js';
import type { PropertyPatch } from '../content/properties.js';
import type { Work } from '../content/work.js';
import { contentTypeOf } from '../content/data.js';
import { Invalid } from '../errors.js';
import {
  type ImportNote,
  type ImportPlan,
  type PlannedObject,
  planText,
  titleFrom,
} from './plan.js';

export interface ImportOptions {
  readonly target: Container;
  /** Change also what was edited here since the last import, or made here. */
  readonly overwrite: boolean;
  /** Told after each file. */
  readonly progress?: (done: number, total: number) => void;
}

export interface ImportReport {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly unchanged: number;
  /** Left as they are, because they were made or edited here. */
  readonly kept: readonly string[];
  /** Imported before, and no longer among the files. */
  readonly gone: readonly string[];
  readonly notes: readonly ImportNote[];
}

interface Progress {
  readonly created: string[];
  readonly updated: string[];
  readonly kept: string[];
  readonly notes: ImportNote[];
  unchanged: number;
}

/** What a file says its object should be. */
interface Wanted {
  readonly title: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly properties: readonly PropertyPatch[];
  readonly bytes?: Uint8Array;
  readonly contentType?: string;
  readonly digest: string;
}

/**
 * Imports what was planned below the target.
 *
 * @throws Unauthorized when the user may not import there, or not add or change what it takes
 * @throws Invalid naming the file when an object refuses what its file says
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
    notes: [...plan.notes],
    unchanged: 0,
  };

  for (const { segments } of plan.folders) requireFolder(quiet, target, segments, state);
  let done = 0;
  for (const planned of plan.objects) {
    await applyOne(quiet, planned, { plan, target, overwrite, state });
    done += 1;
    progress?.(done, plan.objects.length);
  }
  const files = new Set(plan.objects.map(({ file }) => file.segments.join('/')));
  const gone = importedBelow(target)
    .filter((object) => object.imported !== undefined && !files.has(object.imported.file))
    .map(({ path }) => path);
  const { created, updated, unchanged, kept, notes } = state;
  if (created.length + updated.length > 0) {
    work.did(`Imported into ${target.path}: ${created.length} new, ${updated.length} changed`);
  }
  return { created, updated, unchanged, kept, gone, notes };
}

interface Place {
  readonly plan: ImportPlan;
  readonly target: Container;
  readonly overwrite: boolean;
  readonly state: Progress;
}

async function applyOne(work: Work, planned: PlannedObject, place: Place): Promise<void> {
  const { plan, target, overwrite, state } = place;
  const file = planned.file.segments.join('/');
  const container = containerOf(target, planned.segments);
  const id = planned.segments.at(-1) ?? '';
  if (container === undefined) {
    state.notes.push({
      file,
      message: `Not imported: ${planned.segments.slice(0, -1).join('/')} is no folder`,
    });
    return;
  }
  const wanted = await readWanted(planned, plan, state);
  if (wanted === undefined) return;
  const held = container.child(id);
  try {
    if (held === undefined) {
      const created = createObject(work, container, {
        type: planned.type,
        id,
        title: wanted.title,
        fields: wanted.fields,
        properties: wanted.properties,
      });
      setBytes(work, created, wanted);
      mark(created, file, wanted);
      state.created.push(created.path);
      return;
    }
    const decision = decide(held, planned, wanted, overwrite);
    if (decision === 'unchanged') state.unchanged += 1;
    if (decision === 'kept') {
      state.kept.push(held.path);
      state.notes.push({ file, message: `Left alone: ${held.path} was made or edited here` });
    }
    if (decision !== 'update') return;
    updateObject(work, held, {
      title: wanted.title,
      fields: wanted.fields,
      properties: [...withoutOld(held, wanted), ...wanted.properties],
    });
    setBytes(work, held, wanted);
    mark(held, file, wanted);
    state.updated.push(held.path);
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    throw new Invalid(
      error.errors.map((each) => ({ ...each, message: `${file}: ${each.message}` })),
      { cause: error },
    );
  }
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
  if (untouched && before.given === wanted.digest) return 'unchanged';
  return untouched || overwrite ? 'update' : 'kept';
}

async function readWanted(
  planned: PlannedObject,
  plan: ImportPlan,
  state: Progress,
): Promise<Wanted | undefined> {
  const { file, type } = planned;
  const name = file.segments.at(-1) ?? '';
  const bytes = await file.read();
  if (type === 'File' || type === 'Image') {
    const contentType = contentTypeOf(name);
    const fields = { contentType, filename: name };
    const digest = sha256(bytes, contentType);
    const title = titleFrom(name.replace(/\.[^.]+$/, ''));
    return { title, fields, properties: [], bytes, contentType, digest };
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    state.notes.push({
      file: file.segments.join('/'),
      message: 'Not imported: its text is not UTF-8',
    });
    return undefined;
  }
  const { title, fields, properties, notes } = planText(planned, text, plan.links);
  state.notes.push(...notes);
  return { title, fields, properties, digest: sha256(JSON.stringify([title, fields, properties])) };
}

function setBytes(work: Work, object: Content, { bytes, contentType }: Wanted): void {
  if (bytes === undefined) return;
  setData(work, object, { bytes, ...(contentType === undefined ? {} : { contentType }) });
}

/** Properties that the last import gave an untouched object, and this one no longer does. */
function withoutOld(held: Content, { properties }: Wanted): readonly PropertyPatch[] {
  if (held.imported?.left !== digestOf(held)) return [];
  const still = new Set(properties.map(({ name }) => name));
  return Object.keys(held.properties)
    .filter((name) => !still.has(name))
    .map((name) => ({ name, value: null }));
}

function mark(object: Content, file: string, wanted: Wanted): void {
  object.imported = { file, given: wanted.digest, left: digestOf(object) };
}

/** Digest of what an import sets: title, fields, properties. */
function digestOf(object: Content): string {
  const fields = contentTypes.of(object).read(object);
  return sha256(JSON.stringify([object.title, fields, object.properties]));
}

function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('base64url');
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
  state.created.push(folder.path);
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

function importedBelow(container: Container): Content[] {
  return container
    .items()
    .flatMap((item) => (isContainer(item) ? [item, ...importedBelow(item)] : [item]));
}

/** The same work, silent about each object: the import is told of as one. */
export function quietly(work: Work): Work {
  const { site, connection, policy, user, paths, undoes, nowMs } = work;
  return {
    ...{ site, connection, policy, user, paths, undoes, nowMs },
    note: (text) => work.note(text),
    did: () => {},
    waitFor: (promise) => work.waitFor(promise),
  };
}
