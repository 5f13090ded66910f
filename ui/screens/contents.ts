/**
 * Contents: what a folder holds, and what is done with several objects at once.
 */
import {
  type Container,
  contentTypes,
  NotFound,
  type PublishRequest,
  type SortKey,
} from '../../server/index.js';
import { addMenu } from '../addable.js';
import { acquiredNames } from '../answering.js';
import { arrange, arrangeBefore } from '../arrange.js';
import { readClipboard } from '../clipboard.js';
import {
  chooseNames,
  dropClipboard,
  override,
  paste,
  remove,
  toClipboard,
} from '../contents-actions.js';
import { holdsContent } from '../holds-content.js';
import { listFolder, PAGE_ROWS, readSelection, type Selection, SORT_KEYS } from '../listing.js';
import { queryWithout } from '../page.js';
import { type Attempt, defineScreen, screensFor, screenUrl, type ViewModel } from '../screen.js';

/** Columns that sort, with their words; the order they stand in the table's head. */
const COLUMNS = [
  { key: 'title', title: 'Title', cell: '' },
  { key: 'modified', title: 'Modified', cell: '' },
  { key: 'size', title: 'Size', cell: 'end' },
] as const;

/** What a listing can be sorted by, in words. */
const SORT_WORDS: Readonly<Record<SortKey, string>> = {
  title: 'title',
  id: 'id',
  type: 'type',
  modified: 'time of change',
  size: 'size',
  order: 'own order',
};

export const contents = defineScreen({
  path: 'contents',
  tab: 'Contents',
  icon: 'folder',
  view: 'contents',
  permission: 'View management screens',
  modules: ['selection', 'upload', 'sort'],
  parts: ['row-menu'],
  appliesTo: holdsContent,
  show,
  actions: {
    rename: { run: chooseNames },
    cut: { run: (folder, request) => toClipboard('cut', folder, request) },
    copy: { run: (folder, request) => toClipboard('copy', folder, request) },
    paste: { run: paste },
    drop: { run: dropClipboard },
    delete: { run: remove },
    override: { run: override },
    first: { run: (folder, request) => arrange(folder, request, 'first') },
    earlier: { run: (folder, request) => arrange(folder, request, 'earlier') },
    later: { run: (folder, request) => arrange(folder, request, 'later') },
    last: { run: (folder, request) => arrange(folder, request, 'last') },
    before: { run: arrangeBefore },
  },
});

function show(folder: Container, request: PublishRequest, attempt?: Attempt): ViewModel {
  const selection = readSelection(request);
  const clipboard = readClipboard(request);
  const cut = new Set(clipboard?.operation === 'cut' ? clipboard.objects : []);
  const ticked = new Set(attempt?.form.all('id') ?? request.query.all('tick'));
  const listing = listFolder(folder, request, { selection, marks: { ticked, cut } });
  const acquired = acquiredNames(folder, request, { all: request.query.has('all-names') });
  const { policy } = request;
  const mayDelete = policy.may('Delete objects', folder);
  const addGroups = addMenu(folder, request);
  return {
    title: folder.title,
    path: folder.path,
    ...listing,
    isEmpty: listing.total === 0,
    isFiltered: selection.filter !== '' || selection.type !== '',
    sortWords: SORT_WORDS[selection.sort],
    sortChoices: SORT_KEYS.map((key) => ({
      key,
      words: SORT_WORDS[key],
      chosen: key === selection.sort,
    })),
    columns: columnsOf(selection, request),
    selection,
    inOwnOrder: selection.sort === 'order' && !selection.descending,
    pages: pagesOf(selection, listing.found, request),
    typeChoices: listing.types.map((name) => ({
      name,
      title: contentTypes.get(name)?.title ?? name,
      chosen: name === selection.type,
    })),
    clipboard:
      clipboard === undefined
        ? null
        : { count: clipboard.objects.length, isCut: clipboard.operation === 'cut' },
    mayDelete,
    mayAdd: addGroups.length > 0,
    mayArrange: mayDelete,
    addGroups,
    addHref: screenUrl(folder, 'add'),
    uploadHref: screenUrl(folder, 'upload'),
    acquired: acquired.names,
    acquiredTotal: acquired.total,
    acquiredMore: acquired.total - acquired.names.length,
    allNamesHref: `?${queryWithout(request, ['all-names', 'done'], 'all-names=1')}`,
    visitors: visitorsSee(folder, request),
    menu: menuOf(folder, request),
    trashHref: screenUrl(folder, 'trash'),
  };
}

interface Column {
  readonly key: string;
  readonly title: string;
  readonly cell: string;
  readonly href: string;
  readonly sorted: 'ascending' | 'descending' | '';
}

function columnsOf(selection: Selection, request: PublishRequest): readonly Column[] {
  const kept = queryWithout(request, ['sort', 'order', 'start', 'done', 'tick']);
  return COLUMNS.map((column) => {
    const isSorted = column.key === selection.sort;
    const descending = isSorted && !selection.descending;
    const sort = `sort=${column.key}${descending ? '&order=desc' : ''}`;
    return {
      ...column,
      href: `?${kept === '' ? sort : `${kept}&${sort}`}`,
      sorted: isSorted ? (selection.descending ? 'descending' : 'ascending') : '',
    };
  });
}

/** The pager: what is shown, and the addresses of the pages before and after. */
function pagesOf(selection: Selection, found: number, request: PublishRequest): object | null {
  if (found <= PAGE_ROWS && selection.start === 0) return null;
  const { start } = selection;
  const pageAt = (at: number): string =>
    `?${queryWithout(request, ['start', 'done', 'tick'], `start=${at}`)}`;
  return {
    from: Math.min(start + 1, found),
    to: Math.min(start + PAGE_ROWS, found),
    found,
    earlier: start > 0 ? pageAt(Math.max(0, start - PAGE_ROWS)) : '',
    later: start + PAGE_ROWS < found ? pageAt(start + PAGE_ROWS) : '',
  };
}

/** What an empty folder's visitors get meanwhile: its front page acquired from above, or a list. */
function visitorsSee(folder: Container, request: PublishRequest): object {
  for (let above = folder.container; above !== undefined; above = above.container) {
    const front = above.child('index_html');
    if (front !== undefined && request.policy.may('View', front)) {
      return { front: front.path, url: folder.url };
    }
  }
  return { front: '', url: folder.url };
}

/** What may be done with the one object whose row menu is asked for. */
function menuOf(folder: Container, request: PublishRequest): object | null {
  if (request.query.text('part') !== 'row-menu') return null;
  const child = folder.child(request.query.text('id'));
  if (child === undefined || !request.policy.may('View', child)) {
    throw new NotFound(`${folder.path} has no such object any more`);
  }
  const type = contentTypes.of(child);
  return {
    id: child.id,
    viewHref: type.page === undefined ? '' : child.url,
    action: `${screenUrl(folder, 'contents')}?${queryWithout(request, ['part', 'id', 'done'])}`,
    screens: screensFor(child, request).flatMap((screen) =>
      screen.tab === undefined || screen.path === 'view'
        ? []
        : [
            {
              title: screen.tab,
              icon: screen.icon ?? 'arrow-right',
              href: screenUrl(child, screen.path),
            },
          ],
    ),
  };
}
