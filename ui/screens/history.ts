/**
 * History: what an object was, two of its states beside each other, and going back to one.
 *
 * The address says which two are compared and how they are shown. Of a past state one sees what one
 * may see of the object today, and what one might have seen then.
 */
import {
  BadRequest,
  Content,
  contentTypes,
  HISTORY_REVISIONS_MAX,
  listHistory,
  objectAsOf,
  type Oid,
  PresentMain,
  type PublishRequest,
  revertObject,
  type RevisionEntry,
  type Tid,
  tidToMs,
  Unauthorized,
  versionsToJoin,
} from '../../server/index.js';
import { diffContent, isReverted, type StoredState } from '../content-state.js';
import { pastControl } from '../activity.js';
import { byDay, momentOf, whenInWords } from '../days.js';
import { countInWords, timeInWords } from '../helpers.js';
import { partsOf, picturesOf } from '../history-parts.js';
import { addressWithout } from '../page.js';
import { restoreHref } from '../restore-link.js';
import { defineScreen, type Outcome, screenUrl, type ViewModel } from '../screen.js';
import { noteLine, undoWord } from '../transaction-words.js';
import { whoIs } from '../who.js';
import { inActivity } from '../version-inside.js';

/** Revisions on one page. */
const PAGE_REVISIONS = 30;

const LOOKS = [
  { value: 'split', title: 'Side by side' },
  { value: 'inline', title: 'Inline' },
] as const;

export const history = defineScreen({
  path: 'history',
  tab: 'History',
  icon: 'history',
  view: 'history',
  permission: 'View history',
  modules: ['history', 'moment'],
  styles: ['source', 'history', 'components-history', 'past'],
  appliesTo: (object): object is Content => object !== undefined,
  instead: inActivity,
  show,
  actions: { revert: { run: revert } },
});

/** What the address says. */
interface Choice {
  readonly from: RevisionEntry | undefined;
  readonly to: RevisionEntry | undefined;
  readonly look: 'split' | 'inline';
  readonly whole: boolean;
  readonly start: number;
}

function show(object: Content, request: PublishRequest): ViewModel {
  const revisions = listHistory(request, object);
  const choice = readChoice(request, revisions);
  const action = screenUrl(object, 'history');
  const address = (changes: Readonly<Record<string, string>>): string => {
    const query = new URLSearchParams();
    const said: Record<string, string> = {
      from: choice.from?.tid ?? '',
      to: choice.to?.tid ?? '',
      look: choice.look === 'split' ? '' : choice.look,
      whole: choice.whole ? '1' : '',
      start: choice.start === 0 ? '' : String(choice.start),
      ...changes,
    };
    for (const [name, value] of Object.entries(said)) if (value !== '') query.set(name, value);
    return query.size === 0 ? action : `${action}?${query.toString()}`;
  };
  const page = revisions.slice(choice.start, choice.start + PAGE_REVISIONS);
  const [fromAt, toAt] = [choice.from, choice.to].map((each) =>
    each === undefined ? -1 : revisions.indexOf(each),
  );
  const rows = page.map((entry, index) => {
    const at = choice.start + index;
    return rowOf(entry, {
      request,
      older: revisions[at + 1],
      isNow: at === 0,
      isFrom: at === fromAt,
      isTo: at === toAt,
      between: isBetween(at, fromAt ?? -1, toAt ?? -1),
      address,
    });
  });
  const earlier = choice.start + PAGE_REVISIONS;
  const { nowMs, carriedAt } = request;
  const shownMs = choice.from === undefined ? nowMs : Date.parse(choice.from.time);
  return {
    path: object.path,
    action,
    control: pastControl(request, object, {
      atMs: carriedAt === undefined ? shownMs : tidToMs(carriedAt),
      back: addressWithout(request, ['done', 'part', 'format']),
      object: String(object.oid ?? ''),
    }),
    several: revisions.length > 1,
    look: choice.look,
    whole: choice.whole,
    days: byDay(rows, (row) => Date.parse(row.iso), request.nowMs).map(({ day, items }) => ({
      day,
      revisions: items,
    })),
    elsewhere: [choice.from, choice.to].flatMap((entry, index) =>
      entry === undefined || page.includes(entry)
        ? []
        : [{ name: index === 0 ? 'from' : 'to', tid: entry.tid }],
    ),
    newestHref: choice.start === 0 ? '' : address({ start: '' }),
    earlierHref: earlier < revisions.length ? address({ start: String(earlier) }) : '',
    start: choice.start,
    undoHref: screenUrl(object, 'undo'),
    endWords:
      revisions.length === HISTORY_REVISIONS_MAX
        ? `These are the newest ${HISTORY_REVISIONS_MAX} revisions.`
        : 'These are all revisions that are kept.',
    onlyWords:
      'There is one revision. When the object is changed, its states can be compared here.',
    comparison: compare(object, request, choice, address) ?? null,
  };
}

function readChoice(request: PublishRequest, revisions: readonly RevisionEntry[]): Choice {
  const { query } = request;
  const find = (name: string): RevisionEntry | undefined =>
    revisions.find((entry) => entry.tid === query.text(name));
  const to = find('to') ?? revisions[0];
  const after = to === undefined ? -1 : revisions.indexOf(to);
  const from = find('from') ?? revisions[after + 1];
  const start = query.text('start');
  return {
    from,
    to,
    look: query.text('look') === 'inline' ? 'inline' : 'split',
    whole: query.text('whole') === '1',
    start: /^\d{1,4}$/.test(start) ? Number(start) : 0,
  };
}

function isBetween(at: number, from: number, to: number): boolean {
  return from !== -1 && to !== -1 && at > Math.min(from, to) && at < Math.max(from, to);
}

interface RowContext {
  readonly request: PublishRequest;
  readonly older: RevisionEntry | undefined;
  readonly isNow: boolean;
  readonly isFrom: boolean;
  readonly isTo: boolean;
  readonly between: boolean;
  readonly address: (changes: Readonly<Record<string, string>>) => string;
}

function rowOf(entry: RevisionEntry, context: RowContext) {
  const { request, older, isNow, isFrom, isTo, between, address } = context;
  const record = request.connection.transactionRecord(Number(entry.tid) as Tid);
  const undoes = record?.undoes ?? [];
  const note = noteLine(entry, request);
  return {
    ...momentOf(Date.parse(entry.time)),
    tid: entry.tid,
    // What this revision changed: itself against the one before it.
    href: address({ to: entry.tid, from: older?.tid ?? entry.tid }),
    note,
    label: `${timeInWords(Date.parse(entry.time), request.nowMs)}: ${note}`,
    user: whoIs(entry.user).user,
    sizeBytes: entry.size,
    now: isNow,
    undo: undoes.length > 0 ? undoWord(request, undoes) : '',
    isFrom,
    isTo,
    between,
  };
}

/** Compares the two revisions that were chosen; `undefined` when there are no two. */
function compare(
  object: Content,
  request: PublishRequest,
  choice: Choice,
  address: (changes: Readonly<Record<string, string>>) => string,
): ViewModel | undefined {
  const { from, to, whole, look } = choice;
  if (from === undefined || to === undefined || from === to) return undefined;
  const type = contentTypes.of(object);
  const { connection, policy } = request;
  const before = stateOf(object, request, Number(from.tid) as Tid);
  const after = stateOf(object, request, Number(to.tid) as Tid);
  const mayRead = type.protectedFields !== true || policy.may('View management screens', object);
  const seen = before !== undefined && after !== undefined && mayRead;
  const diff = diffContent(type, seen ? before : undefined, seen ? after : undefined, {
    pathOf: (oid) => {
      const found = connection.find(oid as Oid);
      return found instanceof Content ? found.path : undefined;
    },
    ...(whole ? { context: Infinity } : {}),
  });
  const pictures =
    seen && type.data === 'blob'
      ? picturesOf(request, object, {
          before: { tid: Number(from.tid) as Tid, state: before },
          after: { tid: Number(to.tid) as Tid, state: after },
        })
      : undefined;
  const [words, otherWords] = [wordsFor(from, to, request), wordsFor(to, from, request)];
  const mayChange = policy.may(type.changePermission, object);
  return {
    before: words,
    after: otherWords,
    tid: from.tid,
    action: screenUrl(object, 'history'),
    split: look === 'split',
    same: diff.same,
    sameWords: sameWords({ seen, hidden: diff.hidden }),
    mayRevert: mayChange && seen && connection.at === undefined,
    // In the past itself, only the page that asks about everything leads back into the present.
    restoreHref:
      connection.at !== undefined && seen ? restoreHref(request, { object }, from.tid) : '',
    choicesHref:
      connection.at === undefined && seen ? restoreHref(request, { object }, from.tid) : '',
    intoVersion: seen && mayWorkInVersions(request),
    pictures: pictures ?? null,
    parts: partsOf(diff, { hasPictures: pictures !== undefined }),
    mayNotWords:
      mayChange || connection.at !== undefined
        ? ''
        : `Restoring asks for the permission ${type.changePermission}.`,
    amounts: [
      { title: 'Changes only', href: address({ whole: '' }), current: !whole },
      { title: 'Whole text', href: address({ whole: '1' }), current: whole },
    ],
    looks: LOOKS.map(({ value, title }) => ({
      title,
      href: address({ look: value === 'split' ? '' : value }),
      current: value === look,
    })),
    diff: {
      ...diff,
      texts: diff.texts.map((text) => ({
        ...text,
        reverted: isReverted(text.name),
        caption: `${text.label} of ${object.path}: ${words}, and ${otherWords}`,
      })),
    },
  };
}

function mayWorkInVersions(request: PublishRequest): boolean {
  using main = new PresentMain(request);
  return versionsToJoin(main).length > 0;
}

/** Gives a past state, when the reader may see it; a past that was more private stays so. */
function stateOf(object: Content, request: PublishRequest, tid: Tid): StoredState | undefined {
  try {
    if (objectAsOf(request, object, tid) === undefined) return undefined;
  } catch (error) {
    if (error instanceof Unauthorized) return undefined;
    throw error;
  }
  return object.oid === undefined ? undefined : request.connection.stateAt(object.oid, tid);
}

/** When and by whom, told apart from another: by the second, or less, where the minute is the same. */
function wordsFor(entry: RevisionEntry, other: RevisionEntry, request: PublishRequest): string {
  const [ms, otherMs] = [Date.parse(entry.time), Date.parse(other.time)];
  const [words, otherWords] = [whenInWords(ms, request.nowMs), whenInWords(otherMs, request.nowMs)];
  const { clock, iso } = momentOf(ms);
  const exact = Math.floor(ms / 1000) === Math.floor(otherMs / 1000) ? 23 : 19;
  const full =
    words === otherWords ? `${words.replace(clock, '').trim()} ${iso.slice(11, exact)}` : words;
  return `${full}, ${whoIs(entry.user).user}`;
}

function sameWords({ seen, hidden }: { readonly seen: boolean; readonly hidden: boolean }): string {
  if (!seen) return 'One of these states was not for you to see, so nothing of it is shown.';
  return hidden ? 'Something differs that is not shown.' : 'Nothing differs between these two.';
}

function revert(object: Content, request: PublishRequest): Outcome {
  const { form } = request;
  const tid = form.text('tid');
  if (!/^\d{1,16}$/.test(tid)) throw new BadRequest('Choose the revision to restore first');
  const fields = form.all('fields');
  revertObject(request, object, Number(tid) as Tid, fields.length === 0 ? undefined : fields);
  const what = fields.length === 0 ? 'It is' : countInWords(fields.length, 'part is', 'parts are');
  return { goTo: 'history', message: `${what} like that already` };
}
