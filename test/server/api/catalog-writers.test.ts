/** Sixteen writers in several threads, and a catalog over all they write. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, startServer } from '../../support/server.js';

const WRITERS = 16;
const ROUNDS = 4;

test('sixteen writers of different documents never begin again because of a catalog', async () => {
  await using server = await startServer({ settings: { workers: 3 } });
  const admin = server.client(ADMIN);
  for (let n = 0; n < WRITERS; n += 1) {
    await admin.json('POST', '/@api/contents', { type: 'Document', id: `d${n}`, title: 'begun' });
  }
  const indexes = [
    { name: 'title', type: 'field' },
    { name: 'tags', type: 'keyword' },
    { name: 'text', type: 'text', fields: ['title', 'source'] },
    { name: 'modified', type: 'date' },
    { name: 'path', type: 'path' },
  ];
  const fields = { indexes, columns: ['title'] };
  const made = await admin.json('POST', '/@api/contents', { type: 'Catalog', id: 'find', fields });
  assert.equal(made.status, 201, made.text);

  await Promise.all(
    Array.from({ length: WRITERS }, async (_, n) => {
      const client = server.client(ADMIN);
      for (let round = 0; round < ROUNDS; round += 1) {
        const page = await client.json('PATCH', `/d${n}/@api`, {
          title: `round ${round}`,
          fields: { source: `The same words of all in round ${round}` },
          properties: [{ name: 'tags', type: 'lines', value: ['all', `r${round}`] }],
        });
        assert.equal(page.status, 200, page.text);
      }
    }),
  );

  const { conflicts } = (await admin.json('GET', '/@api/database')).json<{
    conflicts: { retried: number; refused: number; saved: number };
  }>();
  assert.deepEqual([conflicts.retried, conflicts.refused], [0, 0]);
  assert.ok(conflicts.saved >= WRITERS * ROUNDS);
  for (const query of ['tags=r3', 'title=round+3', 'text=%2Bwords+%2B3', 'tags=all']) {
    const found = (await admin.json('GET', `/find/@api/search?${query}`)).json();
    assert.equal(found['total'], WRITERS, query);
  }
  const gone = (await admin.json('GET', '/find/@api/search?tags=r2')).json();
  assert.equal(gone['total'], 0);
});
