/**
 * What is different in a version, as its first screen shows it: a page of changes, each with what the
 * version did to it. What main has done to it since is told beside it, and blamed on nobody here.
 *
 * Which changes are shown stands in the address. What somebody has marked as seen is not shown to them
 * until they ask for it.
 */
import {
  type ChangesCounted,
  type ChangeSides,
  contentAt,
  contentTypes,
  COMMENT_CHARACTERS_MAX,
  listChanges,
  listComments,
  type PublishRequest,
  type SideState,
  siteRoot,
  type Version,
  type VersionChange,
  type VersionComment,
} from '../server/index.js';
import { withoutInWords } from './active-notice.js';
import { diffContent, type StoredState } from './content-state.js';
import { errorOf } from './form-fields.js';
import { userOf } from './transaction-user.js';
import { queryWithout } from './page.js';
import { pageAt, screenAt } from './path-address.js';
import { type Attempt, screenUrl } from './screen.js';
import { type Who, whoIs } from './who.js';

/** The action that says something of a change: its path is sent as `object`, the words as `text`. */
export const COMMENT_ACTION = 'comment';

/** Changes on one page. */
export const PAGE_CHANGES = 50;

/** Lines of a difference that are shown unfolded; more are folded. */
const OPEN_LINES_MAX = 40;

/** Fields of the query that one visit needs and the next does not. */
const MOMENTARY = ['done', 'part', 'format', 'job'];

const KINDS = [
  { kind: 'added', title: 'Added', sign: '+', tone: 'add' },
  { kind: 'changed', title: 'Changed', sign: '~', tone: 'change' },
  { kind: 'removed', title: 'Removed', sign: '−', tone: 'remove' },
] as const;

const UNTOLD: ChangeSides = { base: null, main: null, version: null, after: null };

type Diff = ReturnType<typeof diffContent>;

export interface ShownChange extends Who {
  readonly path: string;
  readonly kind: VersionChange['kind'];
  readonly word: string;
  readonly sign: string;
  readonly tone: string;
  readonly typeTitle: string;
  readonly icon: string;
  readonly modifiedMs: number;
  readonly reviewed: boolean;
  readonly conflict: boolean;
  /** Who changed it on main last; `''` where that is not in the way. */
  readonly onMain: string;
  readonly conflictHref: string;
  /** Address of its first screen in the version; `''` for what is not there any more. */
  readonly href: string;
  /** Address of its page; `''` for what has none. */
  readonly pageHref: string;
  /** What taking the change out of the version is called. */
  readonly backWords: string;
  /** Words above what differs, where it is folded: it came or went as a whole, or is long. */
  readonly foldWords: string;
  readonly remark: string;
  /** What main serves of it and would not after a check-in, and because of whom; `''` for nothing. */
  readonly loses: string;
  readonly diff: Diff;
  /** What main has changed of it since. */
  readonly meanwhile: Meanwhile | undefined;
  /** What was said of it, the oldest first. */
  readonly comments: readonly ShownComment[];
  /** What was written and not taken; `''` where nothing was. */
  readonly draft: string;
  readonly draftError: string;
}

interface ShownComment extends Who {
  readonly id: string;
  readonly text: string;
  readonly timeMs: number;
  readonly outdated: boolean;
  readonly mayRemove: boolean;
}

/** What a check-in would have from main, where both changed an object. */
interface Meanwhile {
  /** Who changed it on main last; `''` where that is not known. */
  readonly by: string;
  /** From what the version has to what main would have; nothing where that is the same. */
  readonly diff: Diff;
}

export interface ChangesShown {
  readonly items: readonly ShownChange[];
  readonly all: ChangesCounted;
  /** How many fit what the address says. */
  readonly found: number;
  /** Of those that the address asks for, how many are hidden since they were seen. */
  readonly hidden: number;
  readonly kinds: readonly {
    readonly title: string;
    readonly sign: string;
    readonly count: number;
    readonly href: string;
    readonly current: boolean;
  }[];
  readonly commentMax: number;
  readonly showsReviewed: boolean;
  /** Address of the same list with what was seen shown, or hidden. */
  readonly reviewedHref: string;
  readonly pages:
    | {
        readonly earlier: string;
        readonly later: string;
        readonly from: number;
        readonly to: number;
      }
    | undefined;
}

/** Shows a page of changes, as the address says. */
export async function shownChanges(
  request: PublishRequest,
  version: Version,
  attempt?: Attempt,
): Promise<ChangesShown> {
  const { query } = request;
  const said = listComments(request, version);
  const kind = KINDS.find((each) => each.kind === query.text('show'))?.kind;
  const showsReviewed = query.text('reviewed') === 'shown';
  const start = /^\d{1,7}$/.test(query.text('start')) ? Number(query.text('start')) : 0;
  const page = await listChanges(request, version, {
    ...{ start, limit: PAGE_CHANGES, withSides: true, kind },
    ...(showsReviewed ? {} : { reviewed: false }),
  });
  const { all, total: found } = page;
  const ofKind = kind === undefined ? all.total : all[kind];
  const address = (name: string, value: string): string => {
    const more = value === '' ? '' : `${name}=${value}`;
    const kept = queryWithout(request, [...MOMENTARY, 'start', name], more);
    return kept === '' ? screenUrl(version, 'changes') : `${screenUrl(version, 'changes')}?${kept}`;
  };
  const end = start + page.items.length;
  const isPaged = found > PAGE_CHANGES || start > 0;
  return {
    items: page.items.map((change) => ({
      ...shownChange(change, version, request),
      comments: said.filter(({ path }) => path === change.path).map(shownComment),
      ...draftOf(change, attempt),
    })),
    commentMax: COMMENT_CHARACTERS_MAX,
    all,
    found,
    hidden: showsReviewed ? 0 : ofKind - found,
    kinds: [
      { title: 'All', sign: '', count: all.total, href: address('show', ''), current: !kind },
      ...KINDS.map((each) => ({
        ...{ title: each.title, sign: each.sign, count: all[each.kind] },
        href: address('show', each.kind),
        current: each.kind === kind,
      })),
    ],
    showsReviewed,
    reviewedHref: address('reviewed', showsReviewed ? '' : 'shown'),
    pages: isPaged
      ? {
          earlier: start > 0 ? address('start', String(Math.max(0, start - PAGE_CHANGES))) : '',
          later: end < found ? address('start', String(end)) : '',
          from: Math.min(start + 1, found),
          to: end,
        }
      : undefined,
  };
}

function shownChange(
  change: VersionChange,
  version: Version,
  request: PublishRequest,
): Omit<ShownChange, 'comments' | 'draft' | 'draftError'> {
  const { path, kind, conflict, elsewhere, sides = UNTOLD } = change;
  const type = contentTypes.get(wordIn(sides.version ?? sides.main, 'type'));
  const [said = KINDS[1]] = KINDS.filter((each) => each.kind === kind);
  const diff = diffSides(sides.base, sides.version);
  const query = new URLSearchParams({ path });
  return {
    ...whoIs(change.user),
    path,
    kind,
    word: said.title,
    sign: said.sign,
    tone: said.tone,
    typeTitle: type?.title ?? 'Object',
    icon: type?.icon ?? 'file',
    modifiedMs: Date.parse(change.modified),
    reviewed: change.reviewed,
    conflict,
    onMain: conflict ? changedOnMain(sides.main, request) : '',
    conflictHref: `${screenUrl(version, 'conflicts')}?${query.toString()}`,
    href: kind === 'removed' ? '' : screenAt(path),
    pageHref: kind === 'removed' || type?.page === undefined ? '' : pageAt(path),
    backWords: kind === 'removed' ? 'Restore' : 'Take out',
    foldWords: foldWords(kind, diff),
    remark: kind === 'changed' ? remarkOn(sides, diff) : '',
    loses: sides.without === undefined ? '' : withoutInWords(sides.without),
    diff: withCaptions(diff, `${path}: before, and in the version`),
    meanwhile: elsewhere && !conflict ? meanwhile(sides, path, request) : undefined,
  };
}

function shownComment({ user, path: _path, ...comment }: VersionComment): ShownComment {
  return { ...whoIs(user), ...comment };
}

/** Gives a comment that was refused back to whoever wrote it. */
function draftOf(
  { path }: VersionChange,
  attempt: Attempt | undefined,
): Pick<ShownChange, 'draft' | 'draftError'> {
  const isHere = attempt?.action === COMMENT_ACTION && attempt.form.text('object') === path;
  if (!isHere) return { draft: '', draftError: '' };
  return { draft: attempt.form.text('text'), draftError: errorOf('text', attempt.errors) ?? '' };
}

/** Tells what main has made of an object that the version changed, where both are kept. */
function meanwhile(
  { main, version, after }: ChangeSides,
  path: string,
  request: PublishRequest,
): Meanwhile {
  const diff = diffSides(version, after);
  const captions = `${path}: in the version, and on main after a check-in`;
  return { by: changedOnMain(main, request), diff: withCaptions(diff, captions) };
}

/** Says what differs that no field says. */
function remarkOn({ base, version }: ChangeSides, diff: Diff): string {
  if (base?.['order'] !== version?.['order']) return 'Its place among its neighbours differs.';
  return diff.same ? 'Something differs that you may not see, or that is not shown.' : '';
}

function foldWords(kind: VersionChange['kind'], diff: Diff): string {
  if (kind === 'added') return 'What it is';
  if (kind === 'removed') return 'What it was';
  return diff.added + diff.removed > OPEN_LINES_MAX ? 'What differs' : '';
}

function withCaptions(diff: Diff, between: string): Diff {
  const texts = diff.texts.map((text) => ({ ...text, caption: `${text.label} of ${between}` }));
  return { ...diff, texts };
}

/** Who changed on main what the version changed, too. */
function changedOnMain(main: SideState | null, request: PublishRequest): string {
  const object = contentAt(siteRoot(request.connection), wordIn(main, 'path'));
  return object === undefined ? '' : userOf(object.tid, request);
}

/** Compares two states of an object, as far as they were told. */
export function diffSides(before: SideState | null, after: SideState | null): Diff {
  const type = contentTypes.get(wordIn(after ?? before, 'type'));
  const containers = [before, after].map((side) => containerOf(wordIn(side, 'path')));
  return diffContent(type, stored(before, 0), stored(after, 1), {
    pathOf: (side) => containers[side],
  });
}

/** Puts what a side has into the form that is stored; its container is known by the side it is on. */
function stored(state: SideState | null, side: number): StoredState | undefined {
  if (state === null) return undefined;
  const { title, owner, fields, properties, permissions, localRoles, roles, proxyRoles } = state;
  const path = wordIn(state, 'path');
  const id = path.slice(path.lastIndexOf('/') + 1);
  return {
    ...recordOf(fields),
    title,
    owner: owner ?? undefined,
    properties: Object.fromEntries(
      (isList(properties) ? (properties as readonly { readonly name: string }[]) : []).map(
        (property) => [property.name, property],
      ),
    ),
    permissions: recordOf(permissions),
    localRoles: recordOf(localRoles),
    ...(isList(roles) ? { roles } : {}),
    ...(isList(proxyRoles) ? { proxyRoles } : {}),
    ...(path === '/' ? {} : { place: { container: { oid: side }, id } }),
  };
}

function wordIn(state: SideState | null, name: 'type' | 'path'): string {
  const value = state?.[name];
  return typeof value === 'string' ? value : '';
}

function containerOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}
