/** What several writers make of their documents at once: the same words, tags and numbers. */
import { TestDocument } from './catalogs.js';

export const INDEXES = [
  { name: 'title', type: 'text' },
  { name: 'price', type: 'field' },
  { name: 'tags', type: 'keyword' },
];

/** A document as it was made. */
export function newDocument(): TestDocument {
  return new TestDocument({ title: 'a page that was made', price: 1, tags: ['all', 'made'] });
}

/** A document as all writers leave it in a round. */
export function changedDocument(round: number): TestDocument {
  return new TestDocument({
    title: `the same words of all in round r${round}`,
    price: 10 + round,
    tags: ['all', `r${round}`],
  });
}
