/**
 * A documentation site to import: a real one where it lies beside the checkout, else a small one
 * of the same make: pages in Markdown and MDX with front matter, links between them, images.
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const top = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const REAL = path.resolve(top, '..', 'shared/data/express-docs');

/** A picture of one pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const FILES: Readonly<Record<string, string | Buffer>> = {
  'index.md': '---\ntitle: Documentation\n---\n\nSee [routing](docs/guide/routing.md).\n',
  'docs/guide/routing.md':
    '---\ntitle: Routing\ndescription: How requests find their way\n---\n\n## Paths\n\nSee [errors](./errors.mdx) and ![a picture](../../images/mw.png).\n',
  'docs/guide/errors.mdx':
    '---\ntitle: Errors\n---\n\nimport Alert from \'@c/Alert.astro\';\n\n<Alert type="warning">\n\nHandle *all* errors.\n\n</Alert>\n\nBack to [routing](/guide/routing).\n',
  'docs/starter/hello.md': '# Hello\n\n```js\nconst a = 1;\n```\n',
  'blog/2026-01-01-first.md': '---\ntitle: First\ntags: [news]\n---\n\nText.\n',
  'images/mw.png': PNG,
  'images/logo.svg':
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><title>Logo</title><path d="M0 0h8v8z"/></svg>\n',
  'LICENSE.md': 'Free to use.\n',
};

export interface SampleDocs {
  readonly directory: string;
  /** Paths below the directory of a guide's folder, and of a picture. */
  readonly guide: string;
  readonly image: string;
}

/** Gives the directory of the real site, or fills `scratch` with a small one. */
export async function sampleDocs(scratch: string): Promise<SampleDocs> {
  if (existsSync(REAL)) {
    return { directory: REAL, guide: 'docs/5x/guide', image: 'images/express-mw.png' };
  }
  for (const [name, content] of Object.entries(FILES)) {
    const file = path.join(scratch, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return { directory: scratch, guide: 'docs/guide', image: 'images/mw.png' };
}
