/**
 * A moment in the past: choosing one to see the whole site as of it, pages and admin alike. By day and
 * time, or just before or just after something that happened.
 */
import {
  type Content,
  Folder,
  listTransactions,
  type PublishRequest,
  siteRoot,
  type Tid,
  tidToMs,
  type TransactionEntry,
} from '../../server/index.js';
import { pastControl } from '../activity.js';
import { byDay, momentOf } from '../days.js';
import { cameFrom } from '../place-landing.js';
import { defineScreen, screenUrl, type ViewModel } from '../screen.js';
import { noteLine } from '../transaction-words.js';
import { whoIs } from '../who.js';

/** Transactions on one page. */
export const PAGE_MOMENTS = 25;

export const moment = defineScreen({
  path: 'moment',
  title: 'A moment in the past',
  isOfSite: true,
  icon: 'past',
  view: 'moment',
  help: 'past',
  permission: 'View history',
  modules: ['moment'],
  styles: ['history', 'past'],
  appliesTo: (object): object is Folder =>
    object instanceof Folder && object.container === undefined,
  show,
});

function show(root: Content, request: PublishRequest): ViewModel {
  const { query, nowMs, carriedAt } = request;
  const given = query.text('start');
  const start = /^\d{1,6}$/.test(given) ? Number(given) : 0;
  const { items } = listTransactions(request, root, { start, limit: PAGE_MOMENTS + 1 });
  const rows = items.slice(0, PAGE_MOMENTS).map((entry) => rowOf(entry, request));
  const action = screenUrl(root, 'moment');
  const atMs = carriedAt === undefined ? nowMs : tidToMs(carriedAt);
  return {
    control: pastControl(request, root, { atMs, ...cameFrom(request) }),
    days: byDay(rows, ({ iso }) => Date.parse(iso), nowMs).map(({ day, items: moments }) => ({
      day,
      moments,
    })),
    newestHref: start === 0 ? '' : action,
    earlierHref: items.length > PAGE_MOMENTS ? `${action}?start=${start + PAGE_MOMENTS}` : '',
  };
}

function rowOf(entry: TransactionEntry, request: PublishRequest) {
  const tid = Number(entry.tid) as Tid;
  const { previousTid: previous = 0, created = [] } =
    request.connection.transactionRecord(tid) ?? {};
  const { oid } = siteRoot(request.connection);
  const madeSite = oid !== undefined && created.includes(oid);
  const { paths } = entry;
  return {
    ...momentOf(Date.parse(entry.time)),
    // Before the transaction that made the site there is nothing to be seen.
    before: previous === 0 || madeSite ? '' : String(previous),
    after: previous === 0 && !madeSite ? '' : entry.tid,
    note: noteLine(entry, request),
    user: whoIs(entry.user).user,
    path: paths.length === 1 ? (paths[0] ?? '') : '',
    objects: paths.length,
  };
}
