/**
 * Trash: what was deleted from a folder and from all below it, by whom, when and where; at the root
 * of the site, everything. What is restored returns to its place; where that is gone or taken, the
 * form `trash-restore.ts` asks for another.
 */
import {
  BadRequest,
  type Container,
  contentTypes,
  listTrash,
  parseOid,
  parseTid,
  principalKey,
  type PublishRequest,
  restoreFromTrash,
  Taken,
  trashDaysOf,
  type TrashItem,
  type TrashName,
} from '../../server/index.js';
import { countInWords, sizeInWords } from '../helpers.js';
import { holdsContent } from '../holds-content.js';
import { queryWithout } from '../page.js';
import { defineScreen, type Outcome, screenUrl, type ViewModel } from '../screen.js';
import { type Who, whoIs } from '../who.js';

/** Entries on one page. */
export const PAGE_ENTRIES = 25;

/** Fields of the query that are about one visit, or one entry. */
const MOMENTARY = ['done', 'entry', 'part', 'format'];

export const trash = defineScreen({
  path: 'trash',
  under: 'contents',
  title: 'Trash',
  icon: 'trash',
  view: 'trash',
  permission: 'View management screens',
  styles: ['trash'],
  appliesTo: holdsContent,
  show,
  actions: { restore: { run: restore } },
});

interface TrashRow extends Who {
  /** Names the entry in forms and addresses. */
  readonly key: string;
  readonly heading: string;
  readonly icon: string;
  readonly type: string;
  readonly path: string;
  readonly timeMs: number;
  readonly heldWords: string;
  readonly keptUntilMs: number;
  /** A pack may remove it at any time. */
  readonly isOverdue: boolean;
  /** Where it would go: `''` when its folder is gone. */
  readonly home: string;
  readonly isMoved: boolean;
  readonly isTaken: boolean;
  readonly elsewhereHref: string;
}

interface TrashQuery {
  readonly text: string;
  readonly path: string;
  readonly who: string;
  readonly start: number;
}

async function show(folder: Container, request: PublishRequest): Promise<ViewModel> {
  const query = readQuery(request);
  const user = query.who === 'me' ? principalKey(request.user) : query.who;
  const page = await listTrash(request, {
    within: folder,
    text: query.text,
    start: query.start,
    limit: PAGE_ENTRIES,
    ...(query.path === '' ? {} : { path: query.path }),
    ...(user === '' ? {} : { user }),
  });
  const action = screenUrl(folder, 'trash');
  return {
    action,
    path: folder.path,
    isRoot: folder.container === undefined,
    query,
    who: whoChoices(query.who, page.people, request),
    rows: page.items.map((item) => rowOf(item, folder, request)),
    isFiltered: query.text !== '' || query.path !== '' || query.who !== '',
    isCut: page.isCut,
    days: trashDaysOf(request.site.storage),
    newer: pageAt(request, query.start - PAGE_ENTRIES, query.start > 0),
    older: pageAt(request, query.start + PAGE_ENTRIES, page.more),
  };
}

function readQuery({ query }: PublishRequest): TrashQuery {
  const start = query.text('start');
  const path = query.text('path').trim().replace(/\/+$/, '');
  return {
    text: query.text('q').trim(),
    path: path === '' || path.startsWith('/') ? path : `/${path}`,
    who: query.text('who'),
    start: /^\d{1,6}$/.test(start) ? Number(start) : 0,
  };
}

function pageAt(request: PublishRequest, start: number, isThere: boolean): string {
  if (!isThere) return '';
  return `?${queryWithout(request, [...MOMENTARY, 'start'], `start=${Math.max(0, start)}`)}`;
}

function whoChoices(who: string, people: readonly string[], request: PublishRequest): object[] {
  const me = principalKey(request.user);
  const others = people.filter((key) => key !== me);
  if (who !== '' && who !== 'me' && !others.includes(who)) others.push(who);
  return [
    { value: '', label: 'Everyone', chosen: who === '' },
    { value: 'me', label: 'Only me', chosen: who === 'me' },
    ...others.map((key) => ({ value: key, label: whoIs(key).user, chosen: key === who })),
  ];
}

function rowOf(item: TrashItem, folder: Container, request: PublishRequest): TrashRow {
  const type = contentTypes.get(item.type);
  const key = keyOf(item);
  const id = item.path.slice(item.path.lastIndexOf('/') + 1);
  const home = item.home ?? '';
  const query = queryWithout(request, MOMENTARY, `entry=${key}`);
  return {
    ...whoIs(item.user),
    key,
    heading: item.title === '' ? id : item.title,
    icon: type?.icon ?? 'file',
    type: type?.title ?? item.type,
    path: item.path,
    timeMs: item.timeMs,
    heldWords: heldInWords(item),
    keptUntilMs: item.keptUntilMs,
    isOverdue: item.keptUntilMs <= request.nowMs,
    home,
    isMoved: home !== '' && home !== containerOf(item.path),
    isTaken: item.isTaken,
    elsewhereHref: `${screenUrl(folder, 'trash/restore')}?${query}`,
  };
}

/** Gives the path of the folder that a path was in. */
export function containerOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** Says how much there is to restore: nothing besides the object itself is its size alone. */
export function heldInWords({ count, more, sizeBytes }: TrashItem): string {
  const size = sizeInWords(sizeBytes);
  if (count === 1) return size;
  const held = countInWords(count - 1, 'object');
  return more ? `more than ${held} in it` : `${held} in it, ${size}`;
}

/** Names an entry in forms and addresses. */
export function keyOf({ oid, tid }: TrashName): string {
  return `${oid}-${tid}`;
}

/** @throws BadRequest for what names no entry */
export function nameIn(key: string): TrashName {
  const [oid, tid] = key.split('-', 2).map((part) => (/^\d{1,16}$/.test(part) ? part : ''));
  const name = { oid: parseOid(oid ?? ''), tid: parseTid(tid ?? '') };
  if (name.oid === undefined || name.tid === undefined) {
    throw new BadRequest('Choose what is to be restored first');
  }
  return { oid: name.oid, tid: name.tid };
}

/** Puts an entry back where it was; what stands in the way is asked about on a form. */
async function restore(_folder: Container, request: PublishRequest): Promise<Outcome> {
  const key = request.form.text('entry');
  try {
    await restoreFromTrash(request, nameIn(key));
  } catch (error) {
    const isAsked = error instanceof Taken && ['SRV_TAKEN', 'SRV_NO_HOME'].includes(error.code);
    if (!isAsked || !request.wantsHtml) throw error;
    const query = queryWithout(request, MOMENTARY, `entry=${key}`);
    return { goTo: 'trash/restore', query, message: 'Not restored yet: it needs another place' };
  }
  return { goTo: 'trash', query: queryWithout(request, MOMENTARY) };
}
