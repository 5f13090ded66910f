/**
 * What is different in a version, as its first screen shows it: a page of changes, each with the
 * difference between main and the version.
 *
 * Which changes are shown stands in the address. What somebody has marked as seen is not shown to them
 * until they ask for it.
 */
import {
  type ChangesCounted,
  contentAt,
  contentTypes,
  listChanges,
  type PublishRequest,
  type SideState,
  siteRoot,
  type Version,
  type VersionChange,
} from '../server/index.js';
import { diffContent, type StoredState } from './content-state.js';
import { userOf } from './transaction-user.js';
import { queryWithout } from './page.js';
import { pageAt, screenAt } from './path-address.js';
import { screenUrl } from './screen.js';
import { type Who, whoIs } from './who.js';

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
): Promise<ChangesShown> {
  const { query } = request;
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
    items: page.items.map((change) => shownChange(change, version, request)),
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
): ShownChange {
  const { path, kind, sides = { main: null, version: null } } = change;
  const type = contentTypes.get(wordIn(sides.version ?? sides.main, 'type'));
  const [said = KINDS[1]] = KINDS.filter((each) => each.kind === kind);
  const diff = diffSides(sides.main, sides.version);
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
    conflict: change.conflict,
    onMain: change.conflict ? changedOnMain(sides.main, request) : '',
    conflictHref: `${screenUrl(version, 'conflicts')}?${query.toString()}`,
    href: kind === 'removed' ? '' : screenAt(path),
    pageHref: kind === 'removed' || type?.page === undefined ? '' : pageAt(path),
    backWords: kind === 'removed' ? 'Restore' : 'Take out',
    foldWords: foldWords(kind, diff),
    remark: kind === 'changed' ? remarkOn(sides, diff) : '',
    diff: withCaptions(diff, path),
  };
}

/** Says what differs that no field says. */
function remarkOn({ main, version }: NonNullable<VersionChange['sides']>, diff: Diff): string {
  if (main?.['order'] !== version?.['order']) return 'Its place among its neighbours differs.';
  return diff.same ? 'Something differs that you may not see, or that is not shown.' : '';
}

function foldWords(kind: VersionChange['kind'], diff: Diff): string {
  if (kind === 'added') return 'What it is';
  if (kind === 'removed') return 'What it was';
  return diff.added + diff.removed > OPEN_LINES_MAX ? 'What differs' : '';
}

function withCaptions(diff: Diff, path: string): Diff {
  const texts = diff.texts.map((text) => {
    return { ...text, caption: `${text.label} of ${path}: on main, and in the version` };
  });
  return { ...diff, texts };
}

/** Who changed on main what the version changed, too. */
function changedOnMain(main: SideState | null, request: PublishRequest): string {
  const object = contentAt(siteRoot(request.connection), wordIn(main, 'path'));
  return object === undefined ? '' : userOf(object.tid, request);
}

/** Compares what main and a version have of an object, as far as that was told. */
export function diffSides(main: SideState | null, version: SideState | null): Diff {
  const type = contentTypes.get(wordIn(version ?? main, 'type'));
  const containers = [main, version].map((side) => containerOf(wordIn(side, 'path')));
  return diffContent(type, stored(main, 0), stored(version, 1), {
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
