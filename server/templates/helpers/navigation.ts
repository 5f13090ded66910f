/** Helpers that write markup for finding one's way: pages of a list, menus, trees. */
import type { Acquirable } from '../../../acquisition/index.js';
import { isAcquirable } from '../../../acquisition/index.js';
import type { Batch, BatchWindow } from '../batch.js';
import { titleOf } from '../attributes.js';
import { unusable } from '../errors.js';
import type { Frame, Run } from '../frame.js';
import { escapeHtml, Html } from '../html.js';
import type { Helper } from '../language.js';
import { idOf, isFolder, viewable } from '../objects.js';
import { sorted } from '../sort.js';
import { textArgument, wholeArgument, wordOption } from './arguments.js';

/** Levels of a menu. */
const MENU_DEPTH_MAX = 10;

/** Pages shown on each side of the present one, beside the first and the last. */
const PAGES_AROUND = 2;

/** A folder's own page stands for the folder, and is no entry beside it. */
const FOLDER_PAGE = 'index_html';

const TYPES_SHOWN = ['Folder', 'Document'] as const;

/** The batch of the block around, or else of the last `#in`. */
function batchAt(frame: Frame): Batch | undefined {
  for (let data = frame.data; data !== undefined; data = data.up) {
    if (data.loop?.batch !== undefined) return data.loop.batch;
  }
  return frame.env.activation.batch;
}

interface PagerWords {
  readonly label: string;
  readonly previous: string;
  readonly next: string;
}

/** Links to the pages of a list; nothing where there is only one. */
function pager(run: Run, batch: Batch, words: PagerWords): Html {
  const { windows, current } = batch.pages;
  if (windows.length < 2) return new Html('');
  const link = (window: BatchWindow, text: string, attributes = ''): string =>
    `<li><a href="${escapeHtml(batch.hrefOf(window))}"${attributes}>${escapeHtml(text)}</a></li>`;
  const items: string[] = [];
  if (batch.previous !== undefined) items.push(link(batch.previous, words.previous, ' rel="prev"'));
  let last = -1;
  for (const [index, window] of windows.entries()) {
    const isNear = Math.abs(index - current) <= PAGES_AROUND;
    if (!isNear && index !== 0 && index !== windows.length - 1) continue;
    run.budget.step();
    if (index > last + 1) items.push('<li><span>…</span></li>');
    items.push(link(window, String(index + 1), index === current ? ' aria-current="page"' : ''));
    last = index;
  }
  if (batch.next !== undefined) items.push(link(batch.next, words.next, ' rel="next"'));
  const label = escapeHtml(words.label);
  return new Html(`<nav class="pager" aria-label="${label}"><ul>${items.join('')}</ul></nav>`);
}

interface MenuRules {
  readonly depth: number;
  readonly types: readonly string[];
  readonly sort: string | undefined;
  readonly current: Acquirable;
}

/** The entries of a folder as a list of links, with those of the folders in it down to `depth`. */
function menuList(run: Run, folder: Acquirable, rules: MenuRules): string {
  const shown = viewable(run, folder, rules.types).filter((object) => idOf(object) !== FOLDER_PAGE);
  const objects = rules.sort === undefined ? shown : sorted(run, shown, rules.sort);
  const entries = objects.map((object) => {
    run.budget.charge(10);
    const current = object === rules.current ? ' aria-current="page"' : '';
    const link = `<a href="${escapeHtml(run.world.urlOf(object))}"${current}>${escapeHtml(titleOf(run, object))}</a>`;
    const isOpen = rules.depth > 1 && isFolder(run, object);
    const inside = isOpen ? menuList(run, object, { ...rules, depth: rules.depth - 1 }) : '';
    const entry = `<li>${link}${inside}</li>`;
    run.budget.text(entry.length);
    return entry;
  });
  return entries.length === 0 ? '' : `<ul>${entries.join('')}</ul>`;
}

function typesOption(run: Run, types: unknown): readonly string[] {
  if (types === undefined) return TYPES_SHOWN;
  return Array.isArray(types)
    ? types.map((type) => textArgument(run, type))
    : [textArgument(run, types)];
}

export const navigationHelpers: readonly Helper[] = [
  {
    name: 'pager',
    arguments: [0, 0],
    options: ['label', 'previous', 'next'],
    escapes: true,
    call(_args, call) {
      const batch = batchAt(call.frame);
      if (batch === undefined) return new Html('');
      return pager(call.run, batch, {
        label: wordOption(call, 'label') ?? 'Pages',
        previous: wordOption(call, 'previous') ?? 'Previous',
        next: wordOption(call, 'next') ?? 'Next',
      });
    },
  },
  {
    name: 'menu',
    arguments: [0, 1],
    options: ['depth', 'types', 'sort', 'label'],
    takes: 'objects',
    escapes: true,
    call(args, call) {
      const { run, frame, options } = call;
      const root = args.length === 0 ? run.world.root : args[0];
      if (!isAcquirable(root) || !isFolder(run, root)) throw unusable('A menu is of a folder.');
      run.touch(root);
      const list = menuList(run, root, {
        depth: wholeArgument(run, options['depth'] ?? 1, {
          name: 'depth=',
          min: 1,
          max: MENU_DEPTH_MAX,
        }),
        types: typesOption(run, options['types']),
        sort: wordOption(call, 'sort'),
        current: frame.env.activation.context.object,
      });
      if (list === '') return new Html('');
      const label = escapeHtml(wordOption(call, 'label') ?? 'Menu');
      return new Html(`<nav class="menu" aria-label="${label}">${list}</nav>`);
    },
  },
];
