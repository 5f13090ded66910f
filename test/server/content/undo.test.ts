/** Undo: what comes back, who may, and what stands in the way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tid } from '../../../odb/index.js';
import { type Container, contentAt } from '../../../server/content/content.js';
import { copyObject } from '../../../server/content/copy.js';
import { Document } from '../../../server/content/document.js';
import { createObject, deleteObjects, updateObject } from '../../../server/content/edit.js';
import { isExecutable } from '../../../server/content/executable.js';
import { moveObject } from '../../../server/content/move.js';
import { setPermissions } from '../../../server/content/permissions.js';
import {
  undoTransactions,
  type UndoOutcome,
  type UndoRequest,
} from '../../../server/content/undo.js';
import type { Work } from '../../../server/content/work.js';
import { Invalid, Taken, Unauthorized } from '../../../server/errors.js';
import { principalKey } from '../../../server/security/principal.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { at, folderAt, memorySite, type MemorySite } from '../../support/site.js';

const LOW = '/acl_users:low';
const DAY_MS = 24 * 60 * 60 * 1000;

/** Does something as a user, and gives its transaction. */
async function step(
  site: MemorySite,
  run: (work: Work) => unknown,
  user = ADMIN_KEY,
): Promise<Tid> {
  await site.as(user, run);
  return site.tid;
}

function source(site: MemorySite, path: string): string {
  return site.read((object) => {
    const found = object(path);
    return isExecutable(found) ? found.source : '';
  });
}

function exists(site: MemorySite, path: string): boolean {
  return site.read((object) => contentAt(object('/') as Container, path) !== undefined);
}

function undo(
  site: MemorySite,
  transactions: readonly Tid[],
  rest: Omit<UndoRequest, 'transactions'> = {},
  user = ADMIN_KEY,
): Promise<UndoOutcome> {
  return site.as(user, (work) => undoTransactions(work, { transactions, ...rest }));
}

function setSource(path: string, text: string): (work: Work) => void {
  return (work) => {
    updateObject(work, at(work, path), { fields: { source: text } });
  };
}

async function pages(options: { readonly nowMs?: () => number } = {}): Promise<MemorySite> {
  const site = await memorySite(options);
  await site.add('/acl_users/low', { type: 'User' });
  await site.add('/pub', { type: 'Folder' });
  await site.add('/pub/page', { type: 'Document', fields: { source: 'one\ntwo\nthree\nfour\n' } });
  return site;
}

async function grant(site: MemorySite, ...names: readonly string[]): Promise<void> {
  await site.manage((work) => {
    const setting = { roles: ['Authenticated'], acquire: true };
    at(work, '/').permissions = Object.fromEntries(names.map((name) => [name, setting]));
  });
}

test('undoTransactions: an edit, and the undo of the undo', async () => {
  await using site = await pages();
  const edit = await step(site, setSource('/pub/page', 'new'));
  const outcome = await undo(site, [edit]);
  assert.deepEqual(outcome.objects, ['/pub/page']);
  assert.equal(source(site, '/pub/page'), 'one\ntwo\nthree\nfour\n');
  const record = site.read((object) => object('/').connection?.transactionRecord(site.tid));
  assert.deepEqual(record?.undoes, [edit]);
  assert.equal(record?.note, 'Undid “Changed /pub/page: source”');
  assert.deepEqual(record?.paths, ['/pub/page']);
  await undo(site, [site.tid]);
  assert.equal(source(site, '/pub/page'), 'new');
});

test('undoTransactions: an edit in the middle; later ones of other lines stay', async () => {
  await using site = await pages();
  const first = await step(site, setSource('/pub/page', 'ONE\ntwo\nthree\nfour\n'));
  await step(site, setSource('/pub/page', 'ONE\ntwo\nthree\nFOUR\n'));
  await undo(site, [first]);
  assert.equal(source(site, '/pub/page'), 'one\ntwo\nthree\nFOUR\n');
});

test('undoTransactions: what stands in the way is told by path, with what can be undone together', async () => {
  await using site = await pages();
  const first = await step(site, setSource('/pub/page', 'one\nTWO\nthree\nfour\n'));
  const second = await step(site, setSource('/pub/page', 'one\nTWO!\nthree\nfour\n'));
  const before = site.tid;
  const outcome = await undo(site, [first]);
  assert.deepEqual(outcome.objects, []);
  assert.deepEqual(
    outcome.conflicts.map(({ path, fields, blockedBy }) => ({ path, fields, blockedBy })),
    [{ path: '/pub/page', fields: ['source'], blockedBy: [second] }],
  );
  assert.deepEqual([...outcome.plan].sort(), [first, second]);
  assert.equal(site.tid, before);
  await undo(site, outcome.plan);
  assert.equal(source(site, '/pub/page'), 'one\ntwo\nthree\nfour\n');
});

test('undoTransactions: adding, deleting, moving and copying', async () => {
  await using site = await pages();
  const added = await step(site, (work) =>
    createObject(work, folderAt(work, '/pub'), { type: 'Document', id: 'more' }),
  );
  assert.deepEqual((await undo(site, [added])).objects, ['/pub/more']);
  assert.equal(exists(site, '/pub/more'), false);
  await undo(site, [site.tid]);
  assert.equal(exists(site, '/pub/more'), true);

  const deleted = await step(site, (work) => deleteObjects(work, folderAt(work, '/'), ['pub']));
  assert.equal(exists(site, '/pub/page'), false);
  assert.deepEqual((await undo(site, [deleted])).objects, ['/pub']);
  assert.equal(source(site, '/pub/page'), 'one\ntwo\nthree\nfour\n');

  const moved = await step(site, (work) =>
    moveObject(work, at(work, '/pub/page'), { to: folderAt(work, '/'), id: 'moved' }),
  );
  assert.deepEqual((await undo(site, [moved])).objects, ['/moved', '/pub/page']);
  assert.equal(exists(site, '/moved'), false);
  assert.equal(exists(site, '/pub/page'), true);

  const copied = await step(site, (work) =>
    copyObject(work, at(work, '/pub'), { to: folderAt(work, '/'), id: 'copy' }),
  );
  await undo(site, [copied]);
  assert.equal(exists(site, '/copy'), false);
  await undo(site, [site.tid]);
  assert.equal(source(site, '/copy/page'), 'one\ntwo\nthree\nfour\n');
});

test('undoTransactions: of a transaction, only what it did to some objects', async () => {
  await using site = await pages();
  const both = await step(site, (work) => {
    setSource('/pub/page', 'new')(work);
    createObject(work, folderAt(work, '/'), { type: 'Document', id: 'a' });
    createObject(work, folderAt(work, '/'), { type: 'Document', id: 'b' });
    deleteObjects(work, folderAt(work, '/acl_users'), ['low']);
  });
  assert.deepEqual((await undo(site, [both], { objects: ['/pub'] })).objects, ['/pub/page']);
  assert.equal(source(site, '/pub/page'), 'one\ntwo\nthree\nfour\n');
  assert.equal(exists(site, '/a'), true);
  assert.equal(exists(site, '/acl_users/low'), false);
  await undo(site, [both], { objects: ['/a', '/acl_users/low'] });
  assert.equal(exists(site, '/a'), false);
  assert.equal(exists(site, '/b'), true);
  assert.equal(exists(site, '/acl_users/low'), true);
});

test('undoTransactions: a dry run says what would happen, and nothing does', async () => {
  await using site = await pages();
  const edit = await step(site, setSource('/pub/page', 'new'));
  const outcome = await undo(site, [edit], { dryRun: true });
  assert.deepEqual(outcome.objects, ['/pub/page']);
  assert.equal(site.tid, edit);
  assert.equal(source(site, '/pub/page'), 'new');
  await assert.rejects(
    site.manage((work) => {
      setSource('/pub/page', 'newer')(work);
      undoTransactions(work, { transactions: [edit], dryRun: true });
    }),
    Taken,
  );
});

test('undoTransactions: what made the site stays, and what never was cannot be undone', async () => {
  await using site = await pages();
  const beginning = site.read((object) => object('/').tid);
  await assert.rejects(undo(site, [beginning]), Taken);
  await assert.rejects(undo(site, [1 as Tid]), Invalid);
});

test('undoTransactions: another’s transactions ask Undo changes, and what the same by hand would', async () => {
  await using site = await pages();
  const edit = await step(site, setSource('/pub/page', 'new'));
  await assert.rejects(undo(site, [edit], {}, LOW), Unauthorized);
  await grant(site, 'Undo changes');
  await assert.rejects(undo(site, [edit], {}, LOW), Unauthorized);
  await grant(site, 'Change Documents');
  await assert.rejects(undo(site, [edit], {}, LOW), Unauthorized);
  await grant(site, 'Undo changes', 'Change Documents');
  await undo(site, [edit], {}, LOW);
  assert.equal(source(site, '/pub/page'), 'one\ntwo\nthree\nfour\n');
});

test('undoTransactions: one’s own of the last seven days ask only what the same by hand would', async () => {
  let now = Date.UTC(2026, 10, 21);
  await using site = await pages({ nowMs: () => now });
  await grant(site, 'Change Documents');
  const edit = await step(site, setSource('/pub/page', 'new'), LOW);
  await grant(site, 'Add Documents');
  await assert.rejects(undo(site, [edit], {}, LOW), Unauthorized, 'no longer allowed by hand');
  await grant(site, 'Change Documents');
  now += 7 * DAY_MS + 60_000;
  await assert.rejects(undo(site, [edit], {}, LOW), Unauthorized, 'too long ago');
  now -= 2 * 60_000;
  await undo(site, [edit], {}, LOW);
  assert.equal(source(site, '/pub/page'), 'one\ntwo\nthree\nfour\n');
});

test('undoTransactions: giving back what was deleted asks to add it; taking back what was added, to delete it', async () => {
  await using site = await pages();
  const deleted = await step(site, (work) => deleteObjects(work, folderAt(work, '/pub'), ['page']));
  await grant(site, 'Undo changes');
  await assert.rejects(undo(site, [deleted], {}, LOW), Unauthorized);
  await grant(site, 'Undo changes', 'Add Documents');
  await undo(site, [deleted], {}, LOW);
  assert.equal(exists(site, '/pub/page'), true);
  const restored = site.tid;
  await assert.rejects(undo(site, [restored], {}, LOW), Unauthorized);
  await grant(site, 'Undo changes', 'Delete objects');
  await undo(site, [restored], {}, LOW);
  assert.equal(exists(site, '/pub/page'), false);
});

test('undoTransactions: settings of security ask Change permissions', async () => {
  await using site = await pages();
  const set = await step(site, (work) =>
    setPermissions(work, at(work, '/pub'), {
      permissions: { View: { roles: [], acquire: false } },
    }),
  );
  await grant(site, 'Undo changes', 'Change Folders');
  await assert.rejects(undo(site, [set], {}, LOW), Unauthorized);
  await grant(site, 'Undo changes', 'Change permissions');
  await undo(site, [set], {}, LOW);
});

test('undoTransactions: the authors of a source that comes back as it was come back with it', async () => {
  await using site = await pages();
  await grant(site, 'Change Documents');
  const authors = (): unknown =>
    site.read((object) => {
      const page = object('/pub/page');
      return page instanceof Document ? page.authors : undefined;
    });
  const edit = await step(site, setSource('/pub/page', 'theirs'), LOW);
  assert.deepEqual(authors(), [ADMIN_KEY, LOW]);
  await undo(site, [edit]);
  assert.deepEqual(authors(), [ADMIN_KEY]);
});

/** The authors of `/pub/page`, in order of their names. */
function authorsOf(site: MemorySite): readonly string[] {
  return site.read((object) => {
    const page = object('/pub/page');
    return page instanceof Document ? [...page.authors].sort() : [];
  });
}

test('undoTransactions: taking back one’s own work gives a source back its authors, and its look', async () => {
  await using site = await pages();
  const active = '<p>Hello</p><style>p { color: red }</style>';
  await site.manage((work) => {
    updateObject(work, at(work, '/pub/page'), { fields: { source: active, format: 'html' } });
  });
  await grant(site, 'Change Documents');
  const look = async (): Promise<string> => (await site.publish('/pub/page')).text;
  assert.match(await look(), /<style>/);

  const edit = await step(site, setSource('/pub/page', `${active}<p>More</p>`), LOW);
  assert.doesNotMatch(await look(), /<style>/);
  const undone = await step(site, (work) => undoTransactions(work, { transactions: [edit] }), LOW);
  assert.deepEqual(authorsOf(site), [ADMIN_KEY]);
  assert.match(await look(), /<style>/);

  const redone = await step(
    site,
    (work) => undoTransactions(work, { transactions: [undone] }),
    LOW,
  );
  assert.deepEqual(authorsOf(site), [ADMIN_KEY, LOW]);
  assert.doesNotMatch(await look(), /<style>/);
  await undo(site, [redone], {}, LOW);
  assert.deepEqual(authorsOf(site), [ADMIN_KEY]);
});

test('undoTransactions: several own edits, and a title that others changed meanwhile', async () => {
  await using site = await pages();
  await grant(site, 'Change Documents');
  const first = await step(site, setSource('/pub/page', 'a'), LOW);
  await step(site, (work) => updateObject(work, at(work, '/pub/page'), { title: 'Other' }));
  const second = await step(site, setSource('/pub/page', 'b'), LOW);
  await undo(site, [first, second], {}, LOW);
  assert.equal(source(site, '/pub/page'), 'one\ntwo\nthree\nfour\n');
  assert.deepEqual(authorsOf(site), [ADMIN_KEY]);
});

test('undoTransactions: who brings back what a manager took out of a source becomes its author', async () => {
  await using site = await pages();
  await step(site, setSource('/pub/page', 'dangerous'));
  const mended = await step(site, setSource('/pub/page', 'mended'));
  await grant(site, 'Undo changes', 'Change Documents');
  const back = await step(site, (work) => undoTransactions(work, { transactions: [mended] }), LOW);
  assert.equal(source(site, '/pub/page'), 'dangerous');
  assert.deepEqual(authorsOf(site), [ADMIN_KEY, LOW]);
  // Nor by going back and forth over it.
  const forth = await step(site, (work) => undoTransactions(work, { transactions: [back] }), LOW);
  assert.deepEqual(authorsOf(site), [ADMIN_KEY]);
  assert.equal(source(site, '/pub/page'), 'mended');
  await undo(site, [forth], {}, LOW);
  assert.deepEqual(authorsOf(site), [ADMIN_KEY, LOW]);
});

test('undoTransactions: own work together with a manager’s is a manager’s', async () => {
  await using site = await pages();
  await step(site, setSource('/pub/page', 'dangerous'));
  await grant(site, 'Undo changes', 'Change Documents');
  const mended = await step(site, setSource('/pub/page', 'mended'));
  const mine = await step(site, setSource('/pub/page', 'mine'), LOW);
  await undo(site, [mended, mine], {}, LOW);
  assert.equal(source(site, '/pub/page'), 'dangerous');
  assert.deepEqual(authorsOf(site), [ADMIN_KEY, LOW]);
});

test('undoTransactions: own work below a manager’s later change stays one’s own to answer for', async () => {
  await using site = await pages();
  await grant(site, 'Change Documents');
  const mine = await step(site, setSource('/pub/page', 'one\ntwo\nthree\n'), LOW);
  await step(site, setSource('/pub/page', 'ONE\ntwo\nthree\n'));
  await undo(site, [mine], {}, LOW);
  assert.equal(source(site, '/pub/page'), 'ONE\ntwo\nthree\nfour\n');
  assert.deepEqual(authorsOf(site), [ADMIN_KEY, LOW]);
});

test('undoTransactions: whoever took ownership since stays the author, and who took it back as well', async () => {
  await using site = await pages();
  await grant(site, 'Change Documents', 'Undo changes', 'Take ownership');
  const own = (work: Work): unknown =>
    setPermissions(work, at(work, '/pub/page'), { owner: principalKey(work.user) });
  const mine = await step(site, setSource('/pub/page', 'mine'), LOW);
  await step(site, own, LOW);
  await undo(site, [mine], {}, LOW);
  assert.deepEqual(authorsOf(site), [LOW], 'admin has not vouched for it as it is');

  await step(site, own);
  const narrowed = await step(site, own, LOW);
  assert.deepEqual(authorsOf(site), [LOW]);
  await grant(site, 'Change Documents', 'Undo changes', 'Take ownership');
  await site.add('/acl_users/other', { type: 'User' });
  await undo(site, [narrowed], {}, '/acl_users:other');
  assert.deepEqual(authorsOf(site), [ADMIN_KEY, LOW], 'not widened to admin alone');
});

test('undoTransactions: an author who lost the right since gets nothing back', async () => {
  await using site = await pages();
  const active = '<p>Hello</p><style>p { color: red }</style>';
  await site.manage((work) => {
    at(work, '/').permissions = {
      'Change Documents': { roles: ['Authenticated'], acquire: true },
      'Add active content': { roles: ['Authenticated'], acquire: true },
    };
  });
  await step(site, (work) =>
    setPermissions(work, at(work, '/'), {
      permissions: { 'Take ownership': { roles: ['Authenticated'], acquire: true } },
    }),
  );
  await step(
    site,
    (work) => {
      updateObject(work, at(work, '/pub/page'), { fields: { source: active, format: 'html' } });
    },
    LOW,
  );
  const edit = await step(site, setSource('/pub/page', 'plain'), LOW);
  await grant(site, 'Change Documents');
  await undo(site, [edit], {}, LOW);
  assert.deepEqual(authorsOf(site), [ADMIN_KEY, LOW]);
  assert.doesNotMatch((await site.publish('/pub/page')).text, /<style>/);
});

test('undoTransactions: no undo rids a source of those who wrote in it', async () => {
  await using site = await pages();
  await grant(site, 'Change Documents', 'Take ownership');
  const authors = (): unknown =>
    site.read((object) => {
      const page = object('/pub/page');
      return page instanceof Document ? [...page.authors].sort() : undefined;
    });
  const taken = await step(
    site,
    (work) => setPermissions(work, at(work, '/pub/page'), { owner: LOW }),
    LOW,
  );
  await step(site, setSource('/pub/page', 'theirs'), LOW);
  assert.deepEqual(authors(), [LOW]);
  await undo(site, [taken], {}, LOW);
  assert.equal(source(site, '/pub/page'), 'theirs');
  assert.deepEqual(authors(), [ADMIN_KEY, LOW]);
});

test('undoTransactions: what stands in the way is told to those who might undo it', async () => {
  await using site = await pages();
  const first = await step(site, setSource('/pub/page', 'one\nTWO\n'));
  await step(site, setSource('/pub/page', 'one\nTWO!\n'));
  for (const dryRun of [true, false]) {
    await assert.rejects(undo(site, [first], { dryRun }, LOW), Unauthorized);
  }
  await grant(site, 'Undo changes');
  assert.equal((await undo(site, [first], {}, LOW)).conflicts.length, 1);
});

test('undoTransactions: of what the user may not view, no path, field or id is told', async () => {
  await using site = await pages();
  const view = (roles: readonly string[]): Promise<void> =>
    site.manage((work) => {
      at(work, '/pub/page').permissions = { View: { roles, acquire: false } };
    });
  await grant(site, 'Undo changes', 'Change Documents');
  const edit = await step(site, setSource('/pub/page', 'one\nTWO\n'));
  await view(['Manager']);
  assert.deepEqual((await undo(site, [edit], { dryRun: true }, LOW)).objects, []);
  await view(['Anonymous']);
  assert.deepEqual((await undo(site, [edit], { dryRun: true }, LOW)).objects, ['/pub/page']);

  await step(site, setSource('/pub/page', 'one\nTWO!\n'));
  await view(['Manager']);
  const [hidden] = (await undo(site, [edit], {}, LOW)).conflicts;
  assert.deepEqual([hidden?.path, hidden?.fields], ['/pub', []]);
  const [shown] = (await undo(site, [edit])).conflicts;
  assert.deepEqual([shown?.path, shown?.fields], ['/pub/page', ['source']]);
});

test('undoTransactions: a refusal tells nothing of what the user may not view', async () => {
  await using site = await pages();
  const edit = await step(site, setSource('/pub/page', 'one\nTWO\n'));
  await site.manage((work) => {
    at(work, '/pub/page').permissions = { View: { roles: ['Manager'], acquire: false } };
  });
  await assert.rejects(undo(site, [edit], { dryRun: true }, LOW), (error) => {
    assert.ok(error instanceof Unauthorized);
    assert.doesNotMatch(JSON.stringify([error.message, error.decision]), /pub|page|Manager/);
    assert.equal(error.lacking, undefined);
    return true;
  });
});
