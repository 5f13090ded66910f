/** lunr beside a text index: the same documents in both, and the same questions to both. */
import assert from 'node:assert/strict';
import lunr from 'lunr';
import type { CatalogStore } from '../../../server/catalog/catalog-store.js';
import { TestDocument } from './catalogs.js';

/** Scores nearer than this are equal: sums of the same numbers in another order. */
const NEAR = 1e-9;

export type Texts = Readonly<Record<string, string | undefined>>;

/** Documents in a catalog, from which lunr makes its index anew when it is asked. */
export class LunrTwin {
  readonly store: CatalogStore;
  readonly index: string;
  readonly fields: readonly string[];
  readonly boosts: Readonly<Record<string, number>>;
  readonly documents = new Map<number, Texts>();
  #built: lunr.Index | undefined;

  constructor(
    store: CatalogStore,
    index: string,
    fields: readonly string[],
    boosts: Readonly<Record<string, number>> = {},
  ) {
    this.store = store;
    this.index = index;
    this.fields = fields;
    this.boosts = boosts;
  }

  put(docid: number, texts: Texts): void {
    this.documents.set(docid, texts);
    this.store.indexDocument(docid, new TestDocument(texts));
    this.#built = undefined;
  }

  putAll(documents: Iterable<readonly [number, Texts]>): void {
    const all = [...documents];
    for (const [docid, texts] of all) this.documents.set(docid, texts);
    this.store.indexDocuments(all.map(([docid, texts]) => [docid, new TestDocument(texts)]));
    this.#built = undefined;
  }

  remove(docid: number): void {
    this.documents.delete(docid);
    this.store.removeDocument(docid);
    this.#built = undefined;
  }

  /** lunr's own index of what has text. */
  get lunr(): lunr.Index {
    const { fields, documents, boosts } = this;
    this.#built ??= lunr(function () {
      this.ref('docid');
      for (const field of fields) this.field(field, { boost: boosts[field] });
      for (const [docid, texts] of documents) {
        const hasText = fields.some((field) => /[^\s-]/.test(texts[field] ?? ''));
        if (hasText) this.add({ docid, ...texts });
      }
    });
    return this.#built;
  }

  /** Fails unless both find the same, score it alike, and give it in an order by those scores. */
  assertAlike(query: string): number {
    const theirs = new Map(
      this.lunr.search(query).map(({ ref, score }) => [Number(ref), score] as const),
    );
    const { hits, total } = this.store.search({ [this.index]: query }, { limit: 10_000 });
    const ids = (of: Iterable<number>): number[] => [...of].sort((a, b) => a - b);
    assert.deepEqual(ids(hits.map(({ docid }) => docid)), ids(theirs.keys()), `hits of ${query}`);
    assert.equal(total, theirs.size, `total of ${query}`);
    let before = Infinity;
    for (const { docid, score = Number.NaN } of hits) {
      const own = theirs.get(docid) ?? Number.NaN;
      assert.ok(Math.abs(score - own) <= NEAR * Math.max(1, own), `${query}: ${score}, not ${own}`);
      assert.ok(own <= before + NEAR, `${query}: the order of ${docid}`);
      before = own;
    }
    return total;
  }
}
