/**
 * The catalog in the library, on LevelDB: indexing in bulk and one transaction each, and queries at
 * 10,000 and 100,000 documents. Two field indexes and a keyword index; the documents are ready. Then
 * the same with texts: `catalog-text.ts`.
 */
import type { CatalogStore } from '../../server/catalog/catalog-store.js';
import { benchDocuments } from './catalog-documents.js';
import { ask, COMMIT_EVERY, fill, openCatalog, shown, type Timing } from './catalog-measuring.js';
import { textCatalogs } from './catalog-text.js';
import { runAlone } from './measure.js';
import type { BenchRow } from './row.js';

const SMALL = 10_000;
const LARGE = 100_000;
const WARMING = 5_000;
const SINGLE_EDITS = 1_000;

const INDEXES = [
  { name: 'kind', type: 'field' },
  { name: 'price', type: 'field' },
  { name: 'tags', type: 'keyword' },
];
const COLUMNS = ['id', 'title', 'kind', 'price'];

function fieldSortBatch(store: CatalogStore): Timing {
  return ask((random) => {
    const kind = `kind${Math.floor(random() * 10)}`;
    return () => store.search({ kind }, { sort: '-price', limit: 20 });
  });
}

function rangeKeywordSortBatch(store: CatalogStore): Timing {
  return ask((random) => {
    const from = Math.floor(random() * 900);
    const tags = `tag${Math.floor(random() * 60)}`;
    const query = { price: { from, to: from + 100 }, tags };
    return () => store.search(query, { sort: 'price', limit: 20 });
  });
}

function everythingSortBatch(store: CatalogStore): Timing {
  return ask(() => () => store.search({ price: { from: 0 } }, { sort: 'price', limit: 20 }));
}

async function smallCatalog(): Promise<BenchRow[]> {
  await using opened = await openCatalog(INDEXES, COLUMNS);
  const documents = benchDocuments(SMALL);
  const bulk = await fill(opened, documents, COMMIT_EVERY);
  const { store } = opened;
  const fields = fieldSortBatch(store);
  const ranges = rangeKeywordSortBatch(store);
  const all = everythingSortBatch(store);
  const changed = documents
    .slice(0, SINGLE_EDITS)
    .map((document, i) => document.with({ title: `changed ${i}`, price: (i * 37) % 1_000 }));
  const single = await fill(opened, changed, 1);
  const name = `catalog of ${SMALL} documents`;
  return [
    {
      name: `${name}: indexing in bulk, without text`,
      figure: `${bulk} documents/s`,
      reference: 'ZCatalog 7.2.1, with text: 6,540/s',
      aim: '≥ 20,000/s',
    },
    {
      name: `${name}: changing two values, one transaction each`,
      figure: `${single} documents/s`,
      reference: 'ZCatalog, with text: 540/s',
      aim: '≥ 1,000/s',
    },
    {
      name: `${name}: field, sort, batch of 20`,
      figure: shown(fields),
      reference: 'ZCatalog: p50 0.59 ms, p99 1.1 ms',
      aim: 'p50 ≤ 0.59 ms',
    },
    {
      name: `${name}: price range, keyword, sort, batch of 20`,
      figure: shown(ranges),
      reference: 'ZCatalog: p50 0.25 ms, p99 0.76 ms',
      aim: 'p50 ≤ 0.25 ms',
    },
    {
      name: `${name}: range that all are in, sort, batch of 20`,
      figure: shown(all),
      reference: 'ZCatalog: p50 5.6 ms, p99 76 ms',
      aim: 'p50 ≤ 5.6 ms',
    },
  ];
}

async function largeCatalog(): Promise<BenchRow[]> {
  await using opened = await openCatalog(INDEXES, COLUMNS);
  const bulk = await fill(opened, benchDocuments(LARGE), COMMIT_EVERY);
  const { store } = opened;
  const name = `catalog of ${LARGE} documents`;
  return [
    {
      name: `${name}: indexing in bulk, without text`,
      figure: `${bulk} documents/s`,
      reference: '',
      aim: '≥ 20,000/s',
    },
    {
      name: `${name}: field, sort, batch of 20`,
      figure: shown(fieldSortBatch(store)),
      reference: '',
      aim: 'p95 < 3 ms',
    },
    {
      name: `${name}: price range, keyword, sort, batch of 20`,
      figure: shown(rangeKeywordSortBatch(store)),
      reference: '',
      aim: 'p95 < 3 ms',
    },
    {
      name: `${name}: range that all are in, sort, batch of 20`,
      figure: shown(everythingSortBatch(store)),
      reference: '',
      aim: '',
    },
  ];
}

/** Runs what is measured until it is compiled. */
async function warm(): Promise<void> {
  await using opened = await openCatalog(INDEXES, COLUMNS);
  await fill(opened, benchDocuments(WARMING, 3), COMMIT_EVERY);
  fieldSortBatch(opened.store);
  rangeKeywordSortBatch(opened.store);
  everythingSortBatch(opened.store);
}

/** Measures the catalog. */
export async function catalogs(): Promise<readonly BenchRow[]> {
  await warm();
  return [...(await smallCatalog()), ...(await largeCatalog()), ...(await textCatalogs())];
}

await runAlone(import.meta.url, catalogs);
