/**
 * Help: pages written in Markdown beside this code, shown in the frame of the object one is at.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Marked } from 'marked';
import { NotFound } from '../../server/index.js';
import { anyObject, defineScreen, restOf, screenUrl } from '../screen.js';

const FOLDER = fileURLToPath(new URL('../help/', import.meta.url));
const ENDING = '.md';
const FIRST = 'start';

interface HelpPage {
  readonly name: string;
  readonly title: string;
  readonly html: string;
}

let pages: ReadonlyMap<string, HelpPage> | undefined;

export const help = defineScreen({
  path: 'help',
  view: 'help',
  permission: 'View management screens',
  appliesTo: anyObject,

  show(object, request) {
    pages ??= readPages();
    const name = restOf(request)[0] ?? FIRST;
    const page = pages.get(name) ?? pages.get(FIRST);
    if (page === undefined) throw new NotFound(`There is no help page called ${name}`);
    return {
      title: page.title,
      html: page.html,
      pages: [...pages.values()].map((each) => ({
        title: each.title,
        href: screenUrl(object, `help/${each.name}`),
        current: each === page,
      })),
    };
  },
});

/** Reads every page, sorted by title with the first one in front. A page's first line is its title. */
function readPages(): ReadonlyMap<string, HelpPage> {
  const marked = new Marked({ gfm: true });
  const read = readdirSync(FOLDER)
    .filter((file) => file.endsWith(ENDING))
    .map((file) => {
      const [head = '', ...lines] = readFileSync(`${FOLDER}${file}`, 'utf8').split('\n');
      return {
        name: file.slice(0, -ENDING.length),
        title: head.replace(/^#\s*/, ''),
        html: marked.parse(lines.join('\n'), { async: false }),
      };
    })
    .sort((left, right) => {
      const first = Number(right.name === FIRST) - Number(left.name === FIRST);
      return first === 0 ? left.title.localeCompare(right.title, 'en') : first;
    });
  return new Map(read.map((page) => [page.name, page]));
}
