/** Versions that main has moved something under: what they move on from there is in one place. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { check, type Connection, type Oid, type Resolution } from '../../../odb/index.js';
import { databaseKinds, newFolder, Page, type Folder } from '../databases.js';
import { checkIn, folderOf, inVersion, update, V1, withContent } from '../support/versions.js';

function childOf(folder: Folder, id: string): Page {
  const child = folder.children.get(id);
  assert.ok(child !== undefined, `there is ${id}`);
  return child;
}

function rename(connection: Connection, from: string, to: string): void {
  const child = childOf(folderOf(connection), from);
  folderOf(connection).remove(from);
  folderOf(connection).insert(child, to);
}

for (const { name, open } of databaseKinds.slice(0, 2)) {
  for (const isNew of [false, true]) {
    for (const isUpdated of [false, true]) {
      const [what, first] = [isNew ? 'a new' : 'a', isUpdated ? ', updated first' : ''];
      describe(`versions out of line (${name})`, () => {
        test(`what was moved to ${what} container, and on from where main moved it${first}`, async () => {
          await using database = await open();
          await withContent(database);
          const other = newFolder('other');
          const makeOther = (connection: Connection): void =>
            folderOf(connection).insert(other, 'other');
          if (!isNew) await database.transact(makeOther);
          await inVersion(database, V1, (connection) => {
            if (isNew) makeOther(connection);
            const page = childOf(folderOf(connection), 'child');
            folderOf(connection).remove('child');
            (childOf(folderOf(connection), 'other') as Folder).insert(page, 'moved');
          });
          await database.transact((main) => rename(main, 'child', 'main'));
          let oid: Oid | undefined;
          await inVersion(database, V1, (connection) => {
            oid = childOf(folderOf(connection), 'main').oid;
            rename(connection, 'main', 'last');
          });
          assert.ok(oid !== undefined);
          const resolve = new Map<Oid, Resolution>([[oid, 'version']]);
          if (isUpdated) await update(database, V1, { resolve });
          await checkIn(database, V1, isUpdated ? {} : { resolve });
          using main = database.connect();
          assert.deepEqual([...folderOf(main).children.keys()], ['last', 'other']);
          const folder = childOf(folderOf(main), 'other') as Folder;
          assert.deepEqual([...folder.children.keys()], []);
          assert.deepEqual((await check(database.storage)).findings, []);
        });
      });
    }
  }
}
