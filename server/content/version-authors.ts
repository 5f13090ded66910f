/**
 * The authors of what runs, when a version and main come together.
 *
 * Whoever wrote the source in the version stays its author, whoever checks it in. Where both sides
 * changed the text, nobody is dropped: text of theirs may be in it.
 */
import type { Oid, PlannedObject, State } from '../../odb/index.js';
import { isExecutable } from './executable.js';
import type { Work } from './work.js';

/** Reads the authors that objects are to have from a plan; to be given after it was carried out. */
export function authorsIn(objects: readonly PlannedObject[]): ReadonlyMap<Oid, readonly string[]> {
  const found = new Map<Oid, readonly string[]>();
  for (const { oid, base, main, version, after } of objects) {
    if (after?.['authors'] === undefined) continue;
    const writers = [main, version].filter(
      (side) => side !== undefined && textOf(side) !== textOf(base),
    );
    found.set(oid, [...new Set([after, ...writers].flatMap(writersOf))]);
  }
  return found;
}

export function giveAuthors(work: Work, authors: ReadonlyMap<Oid, readonly string[]>): void {
  for (const [oid, kept] of authors) {
    const object = work.connection.find(oid);
    if (!isExecutable(object)) continue;
    const isSame = object.authors.length === kept.length;
    if (!isSame) object.authors = kept;
  }
}

function writersOf(state: State | undefined): readonly string[] {
  return (state?.['authors'] ?? []) as readonly string[];
}

function textOf(state: State | undefined): unknown {
  return state?.['source'] ?? '';
}
