/** Comments on the changes of a version, by the JSON interface: who says what of which change. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from '../../support/client.js';
import { Desk } from '../version-desk.js';

let desk: Desk;

before(async () => {
  desk = await Desk.open();
});
after(() => desk[Symbol.asyncDispose]());

interface Comment {
  readonly id: string;
  readonly path: string;
  readonly user: string;
  readonly text: string;
  readonly outdated: boolean;
}

function say(at: string, path: string, text: string, as = desk.editor): Promise<Page> {
  return desk.send('POST', `${at}/@api/comments`, { path, text }, { as });
}

function drop(at: string, id: string, as = desk.editor): Promise<Page> {
  return desk.send('DELETE', `${at}/@api/comments`, { id }, { as });
}

async function comments(at: string, as = desk.admin): Promise<readonly Comment[]> {
  const page = await desk.write<{ items: Comment[] }>('GET', `${at}/@api/comments`, undefined, {
    as,
  });
  return page.items;
}

test('a comment is about one change, and says who wrote it and whether it is of an older state', async () => {
  await desk.add('/said');
  const at = await desk.begin('said-of', '/said');
  const said = await say(at, '/said', ' Line 3: keep the id. ', desk.writer);
  assert.equal(said.status, 200, said.text);
  const [first] = await comments(at);
  assert.deepEqual(
    [first?.path, first?.user, first?.text, first?.outdated],
    ['/said', '/acl_users:writer', 'Line 3: keep the id.', false],
  );
  await desk.write('PATCH', '/said/@api', { title: 'Kept' }, { version: at });
  assert.equal((await comments(at))[0]?.outdated, true);
});

test('a comment is taken away by whoever wrote it, and by whoever may check the version in', async () => {
  await desk.add('/taken');
  const at = await desk.begin('taken-away', '/taken');
  const ids = [];
  for (const text of ['one', 'two']) {
    ids.push(String((await say(at, '/taken', text, desk.editor)).json()['id']));
  }
  const [one = '', two = ''] = ids;
  assert.equal((await drop(at, one, desk.writer)).status, 403);
  assert.equal((await drop(at, one, desk.editor)).status, 200);
  assert.equal((await drop(at, one, desk.editor)).status, 404);
  assert.equal((await drop(at, two, desk.admin)).status, 200);
  assert.deepEqual(await comments(at), []);
});

test('comments go with their changes, and undoing the check-in brings back both', async () => {
  await desk.add('/gone');
  const at = await desk.begin('gone-with', '/gone');
  await say(at, '/gone', 'Good');
  const { tid } = await desk.write<{ tid: string }>('POST', `${at}/@api/check-in`, {});
  assert.deepEqual(await comments(at), []);
  await desk.write('POST', '/@api/undo', { transactions: [tid] });
  assert.deepEqual(
    (await comments(at)).map(({ text }) => text),
    ['Good'],
  );
});

test('nothing is said of what is not changed, and nothing is not said', async () => {
  await desk.add('/still');
  const at = await desk.begin('strict', '/still');
  for (const [path, text] of [
    ['/', 'x'],
    ['/nowhere', 'x'],
    ['/still', ' '],
    ['/still', 'x'.repeat(4001)],
  ] as const) {
    assert.equal((await say(at, path, text)).status, 422, `${path} ${text.length}`);
  }
  assert.deepEqual(await comments(at), []);
});
