/** What transactions say of themselves: undo and redo in one wording, to those who may read it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tid } from '../../../odb/index.js';
import { contentAt } from '../../../server/content/content.js';
import { updateObject } from '../../../server/content/edit.js';
import { setPermissions } from '../../../server/content/permissions.js';
import { siteRoot } from '../../../server/content/places.js';
import { nameUndo, noteSeenBy } from '../../../server/content/transaction-notes.js';
import { undoTransactions } from '../../../server/content/undo.js';
import type { Work } from '../../../server/content/work.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { memorySite, type MemorySite } from '../../support/site.js';

const LOW = '/acl_users:low';

async function pages(): Promise<MemorySite> {
  const site = await memorySite();
  await site.add('/acl_users/low', { type: 'User' });
  await site.add('/a', { type: 'Document', fields: { source: 'one' } });
  await site.add('/b', { type: 'Document', fields: { source: 'one' } });
  return site;
}

async function write(site: MemorySite, path: string, source: string): Promise<Tid> {
  await site.as(ADMIN_KEY, (work) => {
    const object = contentAt(siteRoot(work.connection), path);
    assert.ok(object);
    updateObject(work, object, { fields: { source } });
  });
  return site.tid;
}

async function undo(site: MemorySite, ...transactions: readonly Tid[]): Promise<string> {
  await site.as(ADMIN_KEY, (work) => undoTransactions(work, { transactions }));
  return noteOf(site, site.tid);
}

function noteOf(site: MemorySite, tid: Tid): string {
  return site.read((object) => object('/').connection?.transactionRecord(tid)?.note ?? '');
}

test('undo of undo: it is called a redo of the first, however often it goes back and forth', async () => {
  await using site = await pages();
  const edit = await write(site, '/a', 'two');
  let last = edit;
  for (let round = 0; round < 4; round += 1) {
    assert.equal(await undo(site, last), 'Undid “Changed /a: source”');
    assert.equal(await undo(site, site.tid), 'Redid “Changed /a: source”');
    last = site.tid;
  }
});

test('undo of several: each is named once, and an undo among them by what it took back', async () => {
  await using site = await pages();
  const first = await write(site, '/a', 'two');
  const second = await write(site, '/b', 'two');
  assert.equal(await undo(site, first, second), 'Undid “Changed /a: source”, “Changed /b: source”');
  assert.equal(await undo(site, site.tid), 'Redid “Changed /a: source”, “Changed /b: source”');
  await undo(site, first);
  const undone = site.tid;
  assert.equal(
    await undo(site, undone, second),
    'Undid the undo of “Changed /a: source”, “Changed /b: source”',
  );
});

test('undo: of a long note the beginning is quoted, cut between characters', async () => {
  await using site = await pages();
  await site.as(ADMIN_KEY, (work) => {
    work.note('🌳'.repeat(200));
    const object = contentAt(siteRoot(work.connection), '/a');
    assert.ok(object);
    updateObject(work, object, { title: 'A' });
  });
  assert.equal(await undo(site, site.tid), `Undid “${'🌳'.repeat(79)}…”`);
});

test('notes: they are for their author, and for those who may view all they are about', async () => {
  await using site = await pages();
  await site.as(ADMIN_KEY, (work) => {
    const object = contentAt(siteRoot(work.connection), '/a');
    assert.ok(object);
    setPermissions(work, object, {
      permissions: { View: { roles: ['Manager'], acquire: false } },
    });
  });
  const closed = await write(site, '/a', 'two');
  const open = await write(site, '/b', 'two');
  const seen = (work: Work, tid: Tid): string | undefined => {
    const record = work.connection.transactionRecord(tid);
    assert.ok(record);
    return noteSeenBy(work, record);
  };
  await site.as(LOW, (work) => {
    assert.equal(seen(work, closed), undefined);
    assert.equal(seen(work, open), 'Changed /b: source');
    assert.equal(nameUndo(work, [closed]).what, 'a change');
  });
  await site.as(ADMIN_KEY, (work) => {
    assert.equal(seen(work, closed), 'Changed /a: source');
  });
});
