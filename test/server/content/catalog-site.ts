/** A site with a catalog, and what must hold of it whatever was done. */
import assert from 'node:assert/strict';
import type { Oid } from '../../../odb/index.js';
import { Catalog } from '../../../server/content/catalog.js';
import { explainObject, searchCatalog } from '../../../server/content/catalog-search.js';
import { isFound } from '../../../server/content/cataloged.js';
import type { Content } from '../../../server/content/content.js';
import { within } from '../../../server/content/deriving.js';
import type { Work } from '../../../server/content/work.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { at, memorySite, type MemorySite } from '../../support/site.js';

export const INDEXES = [
  { name: 'title', type: 'field' },
  { name: 'type', type: 'field' },
  { name: 'tags', type: 'keyword' },
  { name: 'path', type: 'path' },
  { name: 'modified', type: 'date' },
];

/** `/a` with documents `/a/one`, `/a/two` and `/a/sub/three`, `/b/four`, and the catalog `/find`. */
export async function catalogSite(where = '/find'): Promise<MemorySite> {
  const site = await memorySite();
  for (const path of ['/a', '/a/sub', '/b']) await site.add(path, { type: 'Folder' });
  for (const path of ['/a/one', '/a/two', '/a/sub/three', '/b/four']) {
    await site.add(path, { type: 'Document', title: path.slice(path.lastIndexOf('/') + 1) });
  }
  await site.add(where, {
    type: 'Catalog',
    fields: { indexes: INDEXES, columns: ['title', 'path'] },
  });
  return site;
}

export function catalogAt(work: Work, path = '/find'): Catalog {
  const catalog = at(work, path);
  assert.ok(catalog instanceof Catalog);
  return catalog;
}

/** Gives the paths of what is found, in order of the ids. */
export function found(
  work: Work,
  query: Readonly<Record<string, unknown>>,
  path?: string,
): readonly string[] {
  const { items } = searchCatalog(work, catalogAt(work, path), { query, limit: 1_000 });
  return items.map(({ object }) => object.path).sort();
}

/** The same in a transaction of its own. */
export function find(
  site: MemorySite,
  query: Readonly<Record<string, unknown>>,
  options: { readonly user?: string; readonly version?: Oid } = {},
): Promise<readonly string[]> {
  const { user = ADMIN_KEY, version } = options;
  return site.site.transact(user, (work) => found(work, query), { version });
}

/** Makes sure that a catalog has what is in its folder, as it is, and nothing else. */
export async function requireDerived(
  site: MemorySite,
  options: { readonly path?: string; readonly version?: Oid } = {},
): Promise<void> {
  const { path, version } = options;
  await site.site.transact(
    ADMIN_KEY,
    (work) => {
      const catalog = catalogAt(work, path);
      const { container: folder, store } = catalog;
      assert.ok(folder !== undefined);
      const objects: Content[] = [...within(folder)].filter(isFound);
      const oids = objects.map(({ oid }) => Number(oid)).sort((a, b) => a - b);
      assert.deepEqual(store.documentIds({ limit: 10_000 }), oids);
      assert.equal(store.size, oids.length);
      for (const object of objects) {
        const explained = explainObject(catalog, object);
        assert.ok(explained !== undefined, object.path);
        assert.equal(explained.container, object.container?.oid ?? 0, object.path);
        const own = [object.permissions, object.localRoles].some(
          (settings) => Object.keys(settings).length > 0,
        );
        assert.equal(explained.ownSettings, own, object.path);
        const stale = explained.indexes.filter(({ isCurrent }) => isCurrent !== true);
        assert.deepEqual(stale, [], object.path);
        if (catalog.columns.includes('path')) {
          assert.equal(explained.columns['path'], object.path);
        }
      }
    },
    { version },
  );
}
