/**
 * Text indexes in the library, on LevelDB, beside lunr in the same run: building, finding, what
 * either holds in memory, and what one edit costs. lunr builds its index anew for each change.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import lunr from 'lunr';
import type { CatalogStore } from '../../server/catalog/catalog-store.js';
import { benchBodies, benchDocuments, wordFrom, type BenchDocument } from './catalog-documents.js';
import {
  ask,
  CACHE_OBJECTS,
  COMMIT_EVERY,
  fill,
  openCatalog,
  shown,
  type Opened,
  type Timing,
} from './catalog-measuring.js';
import { runAlone } from './measure.js';
import type { BenchRow } from './row.js';

const SMALL = 10_000;
const LARGE = 100_000;
const WARMING = 3_000;
const BODIES = 5_000;
const BODY_WORDS = 150;
const SINGLE_EDITS = 1_000;

const TITLES = [
  { name: 'title', type: 'text' },
  { name: 'kind', type: 'field' },
  { name: 'price', type: 'field' },
  { name: 'tags', type: 'keyword' },
];
const COLUMNS = ['id', 'title', 'kind', 'price'];
const TEXTS = [{ name: 'body', type: 'text' }];

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Megabytes that are held, after what nobody needs is gone. */
function heldMegabytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

interface Lunr {
  readonly index: lunr.Index;
  readonly perSecond: number;
  readonly megabytes: number;
}

/** Builds lunr's own index of one field. */
function lunrOf(documents: readonly BenchDocument[], field: string): Lunr {
  const before = heldMegabytes();
  const began = performance.now();
  const index = lunr(function () {
    this.ref('docid');
    this.field(field);
    for (const { docid, values } of documents) this.add({ docid, [field]: values[field] });
  });
  const perSecond = Math.round((documents.length * 1_000) / (performance.now() - began));
  return { index, perSecond, megabytes: heldMegabytes() - before };
}

function wordInLunr({ index }: Lunr): Timing {
  return ask((random) => {
    const word = wordFrom(random);
    return () => index.search(word).slice(0, 20);
  });
}

function wordRanked(store: CatalogStore, name: string): Timing {
  return ask((random) => {
    const query = { [name]: wordFrom(random) };
    return () => store.search(query, { limit: 20 });
  });
}

function wordFieldSortBatch(store: CatalogStore): Timing {
  return ask((random) => {
    const query = { title: wordFrom(random), kind: `kind${Math.floor(random() * 10)}` };
    return () => store.search(query, { sort: '-price', limit: 20 });
  });
}

function twoWordsRanked(store: CatalogStore): Timing {
  return ask((random) => {
    const title = `+${wordFrom(random)} +${wordFrom(random)}`;
    return () => store.search({ title }, { limit: 20 });
  });
}

function beginningRanked(store: CatalogStore): Timing {
  return ask((random) => {
    const title = `${wordFrom(random)}*`;
    return () => store.search({ title }, { limit: 20 });
  });
}

/** Changes some documents, one transaction each. */
function edit(opened: Opened, documents: readonly BenchDocument[]): Promise<number> {
  const changed = documents
    .slice(0, SINGLE_EDITS)
    .map((document, i) => document.with({ title: `word${i} changed`, price: (i * 37) % 1_000 }));
  return fill(opened, changed, 1);
}

async function titles(count: number): Promise<BenchRow[]> {
  const documents = benchDocuments(count);
  const before = heldMegabytes();
  await using opened = await openCatalog(TITLES, COLUMNS);
  const bulk = await fill(opened, documents, COMMIT_EVERY);
  const { store } = opened;
  const field = wordFieldSortBatch(store);
  const word = wordRanked(store, 'title');
  const both = twoWordsRanked(store);
  const beginning = beginningRanked(store);
  const megabytes = heldMegabytes() - before;
  const single = await edit(opened, documents);
  const own = lunrOf(documents, 'title');
  const name = `catalog of ${count} titles`;
  const isSmall = count === SMALL;
  return [
    {
      name: `${name}: indexing in bulk, two fields and keywords`,
      figure: `${bulk} documents/s`,
      reference: `lunr, the text alone: ${own.perSecond}/s; ZCatalog: 6,540/s`,
      aim: '≥ 7,500/s',
    },
    {
      name: `${name}: changing title and price, one transaction each`,
      figure: `${single} documents/s`,
      reference: 'lunr: all anew; ZCatalog: 540/s',
      aim: '≥ 1,000/s',
    },
    {
      name: `${name}: word, field, sort, batch of 20`,
      figure: shown(field),
      reference: isSmall ? 'ZCatalog: p50 0.40 ms, p99 2.1 ms' : '',
      aim: isSmall ? 'p50 ≤ 0.4 ms, p99 ≤ 2 ms' : 'p95 < 10 ms',
    },
    {
      name: `${name}: one word, ranked`,
      figure: shown(word),
      reference: `lunr: ${shown(wordInLunr(own))}`,
      aim: isSmall ? '' : 'p95 < 10 ms',
    },
    {
      name: `${name}: two words, both required, ranked`,
      figure: shown(both),
      reference: isSmall ? 'ZCatalog: p50 0.40 ms, p99 2.3 ms' : '',
      aim: isSmall ? 'p50 ≤ 0.4 ms' : 'p95 < 10 ms',
    },
    {
      name: `${name}: beginning of words, ranked`,
      figure: shown(beginning),
      reference: '',
      aim: '',
    },
    {
      name: `${name}: held in memory, of at most ${CACHE_OBJECTS} objects`,
      figure: `${megabytes.toFixed(0)} MB`,
      reference: `lunr, the text alone: ${own.megabytes.toFixed(0)} MB`,
      aim: 'bounded by the cache',
    },
  ];
}

async function bodies(): Promise<BenchRow[]> {
  const documents = benchBodies(BODIES, BODY_WORDS);
  await using opened = await openCatalog(TEXTS, ['id']);
  const bulk = await fill(opened, documents, COMMIT_EVERY);
  const word = wordRanked(opened.store, 'body');
  const own = lunrOf(documents, 'body');
  const name = `catalog of ${BODIES} bodies of ${BODY_WORDS} words`;
  return [
    {
      name: `${name}: indexing in bulk`,
      figure: `${bulk} documents/s`,
      reference: `lunr: ${own.perSecond}/s; ZCatalog: 2,260/s`,
      aim: '≥ 2,500/s',
    },
    {
      name: `${name}: one word, ranked`,
      figure: shown(word),
      reference: `lunr: ${shown(wordInLunr(own))}; ZCatalog, of 10,000: p50 1.0 ms, p99 11 ms`,
      aim: 'p50 ≤ 1 ms',
    },
  ];
}

/** Runs what is measured until it is compiled. */
async function warm(): Promise<void> {
  const documents = benchDocuments(WARMING, 3);
  await using opened = await openCatalog(TITLES, COLUMNS);
  await fill(opened, documents, COMMIT_EVERY);
  wordFieldSortBatch(opened.store);
  wordRanked(opened.store, 'title');
  beginningRanked(opened.store);
  await edit(opened, documents);
  wordInLunr(lunrOf(documents, 'title'));
  await using others = await openCatalog(TEXTS, ['id']);
  await fill(others, benchBodies(WARMING / 2, BODY_WORDS, 3), COMMIT_EVERY);
}

/** Measures text indexes. */
export async function textCatalogs(): Promise<readonly BenchRow[]> {
  await warm();
  return [...(await titles(SMALL)), ...(await bodies()), ...(await titles(LARGE))];
}

await runAlone(import.meta.url, textCatalogs);
