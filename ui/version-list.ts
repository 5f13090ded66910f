/**
 * All versions that somebody may be in, as rows: how far each is, what is changed in it, whose it is.
 *
 * To say what is changed, and what of it is in conflict, a version is compared with main. That is done
 * for as many as fit a bound; of the others the row says how much they hold, and their own screen says
 * the rest.
 */
import {
  type ChangesPage,
  entriesIn,
  listChanges,
  type PublishRequest,
  Taken,
  type Version,
  versionsToJoin,
} from '../server/index.js';
import { countInWords } from './helpers.js';
import { screenUrl } from './screen.js';
import { isInVersion } from './version-inside.js';
import { type StateChip, stateChip } from './version-review.js';
import { type Who, whoIs } from './who.js';

/** How many entries of versions are compared with main for one list. */
export const COMPARED_ENTRIES_MAX = 2000;

export interface VersionListRow {
  readonly oid: string;
  /** The browser is in it. */
  readonly current: boolean;
  readonly title: string;
  readonly path: string;
  readonly href: string;
  readonly chip: StateChip;
  readonly changes: string;
  readonly conflicts: string;
  readonly conflictsHref: string;
  readonly owner: Who | undefined;
  readonly begunMs: number;
  /** `0` where that is not known, or nothing is changed. */
  readonly changedMs: number;
  readonly changedBy: string;
}

/** Lists the versions that the reader may be in, by title. `request` is in main. */
export async function versionRows(request: PublishRequest): Promise<readonly VersionListRow[]> {
  const rows: VersionListRow[] = [];
  let left = COMPARED_ENTRIES_MAX;
  for (const version of versionsToJoin(request)) {
    const entries = entriesIn(request.site, version);
    const isCompared = entries <= left;
    if (isCompared) left -= entries;
    rows.push(await rowOf(version, request, { entries, isCompared }));
  }
  return rows;
}

async function rowOf(
  version: Version,
  request: PublishRequest,
  { entries, isCompared }: { readonly entries: number; readonly isCompared: boolean },
): Promise<VersionListRow> {
  const { oid, title, id, path, owner, createdMs, state } = version;
  const about = {
    ...{ oid: String(oid ?? ''), title: title === '' ? id : title, path },
    current: isInVersion(request, version),
    href: screenUrl(version, 'changes'),
    chip: stateChip(state),
    conflictsHref: screenUrl(version, 'conflicts'),
    owner: owner === undefined ? undefined : whoIs(owner),
    begunMs: createdMs,
  };
  if (!isCompared) {
    const changes = `up to ${countInWords(entries, 'change')}`;
    return { ...about, changes, conflicts: '', changedMs: 0, changedBy: '' };
  }
  const compared = await compare(version, request, entries);
  if (compared === undefined) {
    return { ...about, changes: 'not known now', conflicts: '', changedMs: 0, changedBy: '' };
  }
  const { items, all } = compared;
  let last = items[0];
  for (const item of items) if (last !== undefined && item.modified > last.modified) last = item;
  return {
    ...about,
    changes: all.total === 0 ? '' : countInWords(all.total, 'change'),
    conflicts: all.conflicts === 0 ? '' : countInWords(all.conflicts, 'conflict'),
    changedMs: last === undefined ? 0 : Date.parse(last.modified),
    changedBy: last === undefined ? '' : whoIs(last.user).user,
  };
}

/** Compares a version with main; `undefined` where that cannot be done until it is updated. */
async function compare(
  version: Version,
  request: PublishRequest,
  limit: number,
): Promise<ChangesPage | undefined> {
  try {
    return await listChanges(request, version, { start: 0, limit, withSides: false });
  } catch (error) {
    if (error instanceof Taken) return undefined;
    throw error;
  }
}
