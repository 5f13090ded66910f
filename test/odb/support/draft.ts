/**
 * Work in a version whose half would show: a draft with a map of notes, lines and a file, which is
 * changed in main and in a version of its own, updated, checked in, discarded and taken back, by the
 * steps of `draft-model.ts`.
 */
import assert from 'node:assert/strict';
import type { Connection } from '../../../odb/connection/connection.js';
import { Database } from '../../../odb/database.js';
import { blob } from '../../../odb/objects/field.js';
import { Persistent } from '../../../odb/objects/persistent.js';
import { PersistentList } from '../../../odb/objects/persistent-list.js';
import { PersistentMap } from '../../../odb/objects/persistent-map.js';
import { asOid, type Oid } from '../../../odb/oid.js';
import type { Storage } from '../../../odb/storage.js';
import type { TransactionMeta, TransactionRecord } from '../../../odb/stored.js';
import { TID_MAX, TID_ZERO, type Tid } from '../../../odb/tid.js';
import { fileContent } from './desk.js';
import { inVersion, KEPT_STEPS, momentAt, roundOf, type Shown, stepAt } from './draft-model.js';

/** Who works on a draft, and in which version. */
export const VERSIONS: Readonly<Record<string, Oid>> = {
  dora: asOid(1_000_001),
  emil: asOid(1_000_002),
};

class Note extends Persistent {
  static {
    this.define('test.Note', { n: 0 });
  }

  declare n: number;
}

class Draft extends Persistent {
  static {
    this.define('test.Draft', {
      inMain: 0,
      inVersion: 0,
      notes: undefined,
      lines: undefined,
      file: blob(),
    });
  }

  declare inMain: number;
  declare inVersion: number;
  declare notes: PersistentMap<Note>;
  declare lines: PersistentList<number>;
  declare file: { readonly sha256: string } | undefined;
}

/** The last step of a writer, as its transaction says. */
interface LastStep {
  readonly n: number;
  readonly tid: Tid;
}

/** Does the next step of a writer, and answers its number. */
export async function workOn(database: Database, writer: string): Promise<number> {
  const { n: last, tid } = lastStep(database, writer);
  const n = last + 1;
  const version = VERSIONS[writer] ?? asOid(1_000_000);
  const meta = { user: writer, note: String(n) };
  const step = stepAt(n);
  const wasInside = ['version', 'update'].includes(step === 'undo' ? stepAt(last) : step);
  using connection = database.connect(wasInside ? { version } : {});
  let undoes: TransactionMeta = {};
  switch (step) {
    case 'main':
      changeInMain(connection, writer, n);
      break;
    case 'version':
      await changeInVersion({ database, connection }, writer, n);
      break;
    case 'update':
      connection.applyUpdate(await connection.planUpdate());
      break;
    case 'check-in':
      connection.applyCheckIn(await connection.planCheckIn(version));
      break;
    case 'discard':
      connection.applyDiscard(await connection.planDiscard(version));
      break;
    case 'undo':
      connection.applyUndo(connection.planUndo([tid]));
      undoes = { undoes: [tid] };
  }
  await connection.commit({ ...meta, ...undoes });
  return n;
}

function changeInMain({ root }: Connection, writer: string, n: number): void {
  const there = root.get(writer);
  const draft =
    there instanceof Draft
      ? there
      : new Draft({ notes: new PersistentMap<Note>(), lines: new PersistentList<number>() });
  if (draft !== there) root.set(writer, draft);
  draft.inMain = n;
  takeNote(draft, n);
}

async function changeInVersion(
  { database, connection }: { readonly database: Database; readonly connection: Connection },
  writer: string,
  n: number,
): Promise<void> {
  const draft = draftIn(connection, writer);
  const { sha256 } = await database.storage.blobs.put(fileContent(writer, n));
  draft.file = { sha256 };
  draft.inVersion = n;
  takeNote(draft, n);
  draft.lines.push(n);
  while ((draft.lines.get(0) ?? n) <= n - KEPT_STEPS) draft.lines.delete(0);
}

function takeNote({ notes }: Draft, n: number): void {
  notes.set(String(n), new Note({ n }));
  notes.delete(String(n - KEPT_STEPS));
}

function draftIn({ root }: Connection, writer: string): Draft {
  const draft = root.get(writer);
  assert.ok(draft instanceof Draft, `${writer} has a draft`);
  return draft;
}

function lastStep(database: Database, writer: string): LastStep {
  using connection = database.connect();
  const [record] = connection.transactions({ user: writer, version: 'all', limit: 1 }).items;
  return record === undefined ? { n: 0, tid: TID_ZERO } : numbered(record);
}

function numbered({ note, tid }: TransactionRecord): LastStep {
  return { n: Number(note), tid };
}

/** The newest moment that a pack may forget what is before: nobody takes an older step back. */
export function settledTid(database: Database): Tid {
  using connection = database.connect();
  const begun = Object.keys(VERSIONS).map((user) => {
    const { n } = lastStep(database, user);
    const query = { user, version: 'all', limit: n - roundOf(n) + 1 } as const;
    return n === 0 ? TID_MAX : (connection.transactions(query).items.at(-1)?.tid ?? TID_ZERO);
  });
  return Math.min(...begun) as Tid;
}

/** How far each writer came: a killed one was perhaps not told. */
export async function stepsIn(storage: Storage): Promise<Record<string, number>> {
  const database = await Database.open({ storage });
  const writers = Object.keys(VERSIONS);
  return Object.fromEntries(writers.map((writer) => [writer, lastStep(database, writer).n]));
}

/**
 * Looks whether main and each version show what the steps that are done come to: all that were
 * acknowledged, and at most one more of each writer.
 */
export async function assertDrafts(
  storage: Storage,
  acknowledged: Readonly<Record<string, number>>,
): Promise<void> {
  const database = await Database.open({ storage });
  for (const [writer, version] of Object.entries(VERSIONS)) {
    const { n } = lastStep(database, writer);
    const done = acknowledged[writer] ?? 0;
    assert.ok(n === done || n === done + 1, `${writer}: ${n} is ${done} or one more`);
    if (n === 0) continue;
    const moment = momentAt(n);
    using main = database.connect();
    assertShown({ storage, connection: main }, writer, moment.main);
    using inside = database.connect({ version });
    assertShown({ storage, connection: inside }, writer, inVersion(moment));
    const isHeld = (await database.versions()).some((held) => held.version === version);
    assert.equal(isHeld, moment.held !== undefined, `${writer}: the version holds what it should`);
  }
}

function assertShown(
  { storage, connection }: { readonly storage: Storage; readonly connection: Connection },
  writer: string,
  expected: Shown,
): void {
  const draft = draftIn(connection, writer);
  const notes = [...draft.notes.entries()].map(([key, note]) => {
    assert.equal(String(note.n), key);
    return note.n;
  });
  assert.deepEqual(
    {
      inMain: draft.inMain,
      inVersion: draft.inVersion,
      notes: notes.sort((a, b) => a - b),
      lines: [...draft.lines],
    },
    { ...expected, notes: [...expected.notes].sort((a, b) => a - b) },
    `${writer} in ${connection.version ?? 'main'}`,
  );
  if (expected.inVersion === 0) return;
  const content = storage.blobs.read(draft.file?.sha256 ?? '');
  assert.ok(content.equals(fileContent(writer, expected.inVersion)));
}
