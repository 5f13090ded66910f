/**
 * Contents: what a folder holds, and what is done with several objects at once.
 */
import {
  type Container,
  contentTypes,
  minuteInWords,
  NotFound,
  type PublishRequest,
  type SortKey,
  tidToMs,
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
import { addressWithout, queryWithout } from '../page.js';
import { restoreHref, restoreLink } from '../restore-link.js';
import { RowMarks } from '../row-marks.js';
import {
  type Attempt,
  defineScreen,
  findScreen,
  screensFor,
  screenUrl,
  type ViewModel,
} from '../screen.js';

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

async function show(
  folder: Container,
  request: PublishRequest,
  attempt?: Attempt,
): Promise<ViewModel> {
  const selection = readSelection(request);
  const clipboard = readClipboard(request);
  const cut = new Set(clipboard?.operation === 'cut' ? clipboard.objects : []);
  const ticked = new Set(tickedIn(request, attempt));
  const restore = restoreForm(request);
  using marks = await RowMarks.open(request);
  const elsewhereHref = conflictsAddress(request);
  const listing = listFolder(folder, request, {
    selection,
    state: { ticked, cut, marks, elsewhereHref, restore: restore?.kind },
  });
  const acquired = acquiredNames(folder, request, { all: request.query.has('all-names') });
  const { policy } = request;
  const isPast = request.connection.at !== undefined;
  const mayDelete = !isPast && policy.may('Delete objects', folder);
  const addGroups = isPast ? [] : addMenu(folder, request);
  return {
    title: folder.title,
    path: folder.path,
    ...listing,
    isEmpty: listing.all === 0,
    isPast,
    onDay: isPast ? dayOf(request) : '',
    restore: restore ?? null,
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
    pages: pagesOf(selection, listing.found + listing.removed + listing.gone, request),
    typeChoices: listing.types.map((name) => ({
      name,
      title: contentTypes.get(name)?.title ?? name,
      chosen: name === selection.type,
    })),
    clipboard:
      clipboard === undefined || isPast
        ? null
        : { count: clipboard.objects.length, isCut: clipboard.operation === 'cut' },
    mayDelete,
    mayAdd: addGroups.length > 0,
    mayArrange: mayDelete,
    addGroups,
    addHref: screenUrl(folder, 'add'),
    uploadHref: screenUrl(folder, 'upload'),
    acquired: isPast
      ? acquired.names.map((name) => ({ ...name, mayOverride: false }))
      : acquired.names,
    acquiredTotal: acquired.total,
    acquiredMore: acquired.total - acquired.names.length,
    allNamesHref: `?${queryWithout(request, ['all-names', 'done'], 'all-names=1')}`,
    visitors: visitorsSee(folder, request),
    menu: menuOf(folder, request),
    trashHref: isPast ? '' : screenUrl(folder, 'trash'),
  };
}

/** What was ticked when the form came back: ids, and oids of what was removed. */
function tickedIn({ query }: PublishRequest, attempt: Attempt | undefined): readonly string[] {
  if (attempt === undefined) return query.all('tick');
  return [...attempt.form.all('id'), ...attempt.form.all('object')];
}

/** What is sent, and where, to bring objects back. */
interface RestoreForm {
  /** From the past into the present, or from main into the version. */
  readonly kind: 'past' | 'removed';
  readonly action: string;
  /** The moment; `''` for what the version removed. */
  readonly at: string;
  readonly back: string;
}

/** The form for it; `undefined` where nothing is to be brought back. */
function restoreForm(request: PublishRequest): RestoreForm | undefined {
  const { connection, version } = request;
  const past = restoreLink(request);
  if (past !== undefined) return { kind: 'past', ...past };
  if (version === undefined || connection.at !== undefined) return undefined;
  const back = addressWithout(request, ['done', 'part', 'id', 'tick']);
  return { kind: 'removed', action: screenUrl(version.object, 'restored'), at: '', back };
}

/** The screen of the version that shows what main has changed, too, and whether that merges. */
function conflictsAddress({ version, connection }: PublishRequest): string {
  if (version === undefined || connection.at !== undefined) return '';
  const isThere = findScreen(version.object, ['conflicts']) !== undefined;
  return isThere ? screenUrl(version.object, 'conflicts') : '';
}

/** `12 Nov 2026`: the day that the reader looks at. */
function dayOf({ connection }: PublishRequest): string {
  const [day = ''] = minuteInWords(tidToMs(connection.tid)).split(', ');
  return day;
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
  const isPast = request.connection.at !== undefined;
  return {
    id: child.id,
    restoreHref: isPast ? restoreHref(request, { object: String(child.oid) }) : '',
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
