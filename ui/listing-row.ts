/**
 * A row of a folder's listing: what it says of its object, and what can be done with it. Plain values,
 * so that a row is rendered again only when it says something else.
 */
import {
  type Content,
  contentTypes,
  Folder,
  type PublishRequest,
  type Tid,
  tidToMs,
} from '../server/index.js';
import { countInWords, sizeInWords, timeInWords } from './helpers.js';
import { restoreHref } from './restore-link.js';
import type { Mark, RowMarks } from './row-marks.js';
import { userOf } from './transaction-user.js';

export interface Row {
  readonly key: string;
  readonly id: string;
  readonly heading: string;
  /** Address of its first screen; `''` where the reader may not open it. */
  readonly href: string;
  readonly type: string;
  readonly icon: string;
  readonly isFolder: boolean;
  readonly modifiedMs: number;
  readonly modifiedWords: string;
  /** `by mara`; `''` where the transaction names nobody. */
  readonly modifiedBy: string;
  /** Whether there is anything to say about its state. */
  readonly hasState: boolean;
  /** How it stands to main, or to the present; `''` where that is the same. */
  readonly mark: Mark['state'];
  /** Main has changed it, too. */
  readonly elsewhere: boolean;
  /** Main has removed it. */
  readonly isGone: boolean;
  /** Where one sees what main did to it; `''` where the reader may not. */
  readonly elsewhereHref: string;
  readonly oid: string;
  /** What its row is styled by: `is-changed`. */
  readonly rowClass: string;
  /** The field that ticks it: by its id what is here, by its oid what would be brought back. */
  readonly pick: 'id' | 'object' | '';
  /** It can be brought back at once. */
  readonly mayRestore: boolean;
  /** Where one sees first what bringing it back would do; `''` where there is no need. */
  readonly restoreHref: string;
  readonly sizeWords: string;
  readonly isCut: boolean;
  /** Roles that may view it, where it lets not everybody; `''` otherwise. */
  readonly restriction: string;
  readonly isTicked: boolean;
}

/** What a row says besides what its object does. */
export interface RowState {
  /** Ids, and oids of what was removed, that were ticked when the form came back. */
  readonly ticked: ReadonlySet<string>;
  /** On the clipboard, to be moved. */
  readonly cut: ReadonlySet<Content>;
  readonly marks: RowMarks;
  /** The screen that shows what main has changed, too; `''` where there is none. */
  readonly elsewhereHref: string;
  /** From where objects can be brought back; `undefined`: from nowhere. */
  readonly restore: 'past' | 'removed' | undefined;
}

/** An object of a listing. */
export interface Entry {
  readonly item: Content;
  /** The transaction that removed it in the version. */
  readonly removed: Tid | undefined;
  /** Main removed it, and the version has changed it. */
  readonly isGone: boolean;
}

export interface RowOptions {
  /** Address of the folder, with a slash at its end. */
  readonly base: string;
  readonly request: PublishRequest;
  readonly state: RowState;
}

/** Makes the row of an object. A look-up or two; of a folder, its children are counted. */
export function rowOf(entry: Entry, options: RowOptions): Row {
  const { base, request, state } = options;
  const { item, removed, isGone } = entry;
  const { id } = item;
  const oid = String(item.oid ?? '');
  const type = contentTypes.of(item);
  const name = userOf(removed ?? item.tid, request);
  const { state: mark, elsewhere } = state.marks.of(item);
  const isHere = removed === undefined && !isGone;
  const isCut = state.cut.has(item);
  const restoring = isGone ? NOT_RESTORED : restoringOf(item, mark, options);
  const restriction = restrictionOf(item);
  const modifiedMs = changedMs(entry);
  const href = `${base}${encodeURIComponent(id)}/@manage`;
  const mayOpen = isHere && request.policy.may('View management screens', item);
  return {
    key: isHere ? href : `${href} ${oid}`,
    id,
    oid,
    heading: item.title === '' ? id : item.title,
    href: mayOpen ? href : '',
    type: type.title,
    icon: type.icon,
    isFolder: item.isFolder,
    modifiedMs,
    modifiedWords: timeInWords(modifiedMs, request.nowMs),
    modifiedBy: name === '' ? '' : `by ${name}`,
    sizeWords: sizeOf(item),
    hasState: isCut || restriction !== '' || mark !== '' || elsewhere,
    mark,
    elsewhere,
    isGone,
    elsewhereHref: elsewhere ? addressFor(item, state.elsewhereHref) : '',
    isCut,
    restriction,
    isTicked: state.ticked.has(restoring.pick === 'id' ? id : oid),
    rowClass: classOf({ state: mark, elsewhere }, isCut),
    ...restoring,
  };
}

function addressFor({ path }: Content, screen: string): string {
  return screen === '' ? '' : `${screen}?${new URLSearchParams({ path }).toString()}`;
}

/** Signs of the past are in its words alone: nothing there was changed by whoever looks. */
function classOf({ state, elsewhere }: Mark, isCut: boolean): string {
  const names = [isCut ? 'is-cut' : '', elsewhere ? 'is-conflict' : ''];
  if (state === 'removed' || (!elsewhere && (state === 'added' || state === 'changed'))) {
    names.push(`is-${state}`);
  }
  return names.filter((name) => name !== '').join(' ');
}

/** How a row is ticked, and how its object is brought back. */
type Restoring = Pick<Row, 'pick' | 'mayRestore' | 'restoreHref'>;

const NOT_RESTORED: Restoring = { pick: '', mayRestore: false, restoreHref: '' };

/** What was removed comes back at once; from the past, what a folder held comes too, and is shown first. */
function restoringOf(
  item: Content,
  mark: Mark['state'],
  { request, state }: RowOptions,
): Restoring {
  const { at } = request.connection;
  if (at === undefined && mark !== 'removed') return { ...NOT_RESTORED, pick: 'id' };
  const isOther = mark === 'removed' || mark === 'differs' || mark === 'gone';
  if (state.restore === undefined || !(isOther || item.isFolder)) return NOT_RESTORED;
  const isFirstShown = isOther && at !== undefined && item.isFolder;
  return {
    pick: 'object',
    mayRestore: isOther && !isFirstShown,
    restoreHref: isFirstShown ? restoreHref(request, { object: String(item.oid) }) : '',
  };
}

/** A folder's size is how many objects it holds; counting them asks no permission of each. */
function sizeOf(item: Content): string {
  return item instanceof Folder
    ? countInWords(item.children.size, 'object')
    : sizeInWords(item.size);
}

function restrictionOf(item: Content): string {
  const setting = item.permissionSetting('View');
  if (setting === undefined || setting.acquire || setting.roles.includes('Anonymous')) return '';
  return setting.roles.length === 0 ? 'Nobody' : `Only ${setting.roles.join(', ')}`;
}

/** When it was changed, or removed. */
function changedMs({ item, removed }: Entry): number {
  return removed === undefined ? item.modified.getTime() : tidToMs(removed);
}
