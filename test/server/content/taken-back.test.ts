/** Whether a transaction was taken back already. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tid } from '../../../odb/index.js';
import { createObject, updateObject } from '../../../server/content/edit.js';
import { takenBackBy } from '../../../server/content/taken-back.js';
import { undoTransactions } from '../../../server/content/undo.js';
import type { Work } from '../../../server/content/work.js';
import { at, folderAt, memorySite, type MemorySite } from '../../support/site.js';

async function step(site: MemorySite, run: (work: Work) => unknown): Promise<Tid> {
  await site.manage(run);
  return site.tid;
}

function undo(site: MemorySite, tid: Tid, objects?: readonly string[]): Promise<Tid> {
  const only = objects === undefined ? {} : { objects };
  return step(site, (work) => undoTransactions(work, { transactions: [tid], ...only }));
}

function by(site: MemorySite, tid: Tid): Promise<Tid | undefined> {
  return site.manage((work) => takenBackBy(work, tid));
}

test('takenBackBy: the newest undo that was not undone itself', async () => {
  await using site = await memorySite();
  const made = await step(site, (work) =>
    createObject(work, folderAt(work, '/'), { type: 'Document', id: 'a' }),
  );
  assert.equal(await by(site, made), undefined);
  const undone = await undo(site, made);
  assert.equal(await by(site, made), undone);
  const redone = await undo(site, undone);
  assert.equal(await by(site, made), undefined);
  assert.equal(await by(site, undone), redone);
  const again = await undo(site, redone);
  assert.equal(await by(site, made), again);
  assert.equal(await by(site, 1 as Tid), undefined);
});

test('takenBackBy: what was taken back in part was not', async () => {
  await using site = await memorySite();
  for (const id of ['a', 'b']) await site.add(`/${id}`, { type: 'Document' });
  const both = await step(site, (work) => {
    for (const path of ['/a', '/b']) updateObject(work, at(work, path), { title: 'Both' });
  });
  await undo(site, both, ['/a']);
  assert.equal(await by(site, both), undefined);
});
