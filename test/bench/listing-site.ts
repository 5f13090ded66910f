/**
 * The page that several benchmarks are about: 50 documents, listed by title, by a template and in
 * a layout that are both acquired. The plain server renders the same page from plain data.
 */
import type { Client } from '../support/client.js';

export const DOCUMENTS = 50;
const FOLDER = '/a/b/c';
export const LISTING_PATH = `${FOLDER}/listing`;

/** The layout, in the words of both engines: the block is what stands inside. */
export const LAYOUT = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{{title}}</title></head>
<body>
<header><a href="/">Home</a></header>
<main>{{> @partial-block}}</main>
<footer>Served from memory and disk</footer>
</body>
</html>
`;

/** The listing; \`rows\` stands for what each engine calls the documents. */
export function listingTemplate(rows: string): string {
  return `{{#> layout}}
<h1>{{title}}</h1>
<ul>
{{#each ${rows}}}
<li><a href="{{url}}">{{title}}</a> <small>({{id}})</small></li>
{{/each}}
</ul>
{{/layout}}
`;
}

export interface ListingRow {
  readonly id: string;
  readonly title: string;
  readonly url: string;
}

/** What is listed, in the order of titles. */
export function listingRows(): readonly ListingRow[] {
  return Array.from({ length: DOCUMENTS }, (_, index) => {
    const id = `document-${String(index).padStart(2, '0')}`;
    return { id, title: `About item number ${index + 100}`, url: `${FOLDER}/${id}` };
  });
}

/** Makes the listing and its documents on a server with an empty site. */
export async function makeListing(admin: Client): Promise<void> {
  const operations = [
    add('/', { type: 'Template', id: 'layout', fields: { source: LAYOUT } }),
    add('/', { type: 'Folder', id: 'a' }),
    add('/a', { type: 'Folder', id: 'b' }),
    add('/a/b', { type: 'Folder', id: 'c', title: 'All items' }),
    add('/a', {
      type: 'Template',
      id: 'listing',
      fields: { source: listingTemplate('(children sort="title")') },
    }),
    ...listingRows().map(({ id, title }) => add(FOLDER, { type: 'Document', id, title })),
  ];
  const page = await admin.json('POST', '/@api/batch', { operations });
  if (page.status !== 200) throw new Error(`The site was not made: ${page.text}`);
}

function add(folder: string, body: Readonly<Record<string, unknown>>) {
  return { method: 'POST', path: `${folder.replace(/\/$/, '')}/@api/contents`, body };
}
