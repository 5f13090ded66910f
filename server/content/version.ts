/**
 * Versions: named overlays of the whole site, in which changes are made that nobody else sees.
 *
 * A Version object lives in main alone and is known by its oid, so it may be renamed and moved while
 * people work in it. What was changed in it lies in the database under that oid. Whatever takes the
 * object away, by whatever door, takes those changes along in the same transaction, so that undoing
 * it brings back both.
 */
import { type Oid, record } from '../../odb/index.js';
import { derivedOids } from './catalog-list.js';
import { Content } from './content.js';
import type { ContentType } from './content-type.js';
import { siteRoot } from './places.js';
import {
  type Missed,
  type OnItsWay,
  type Review,
  type Schedule,
  stateOf,
  type StoredComment,
  type VersionState,
} from './version-state.js';
import type { SiteServices, Work } from './work.js';

/** Lets one work in a version; asked on the Version, in main. */
export const JOIN_PERMISSION = 'Join/leave Versions';
/** Lets one check a version in, or discard it. */
export const PUBLISH_PERMISSION = 'Save/discard Version changes';

export class Version extends Content implements OnItsWay {
  static {
    this.define('canopy.Version', {
      review: record(),
      comments: record(),
      schedule: undefined,
      missed: undefined,
    });
  }

  /** What was said of it; `reviewOf` tells what of that is about this very version. */
  declare review: Review;
  /** What was said of single changes, by id: `listComments`. */
  declare comments: Readonly<Record<string, StoredComment>>;
  /** When it is to be checked in: `scheduleOf`. */
  declare schedule: Schedule | undefined;
  /** The last scheduled check-in that was not made: `missedOf`. */
  declare missed: Missed | undefined;

  /** How far it is on its way to be checked in. */
  get state(): VersionState {
    return stateOf(this);
  }

  get type(): string {
    return 'Version';
  }

  get size(): number {
    return 0;
  }

  protected override field(name: string): unknown {
    return name === 'state' ? this.state : super.field(name);
  }
}

export const versionType: ContentType<Version> = {
  name: 'Version',
  title: 'Version',
  icon: 'version',
  description: 'Changes of the site that nobody else sees until they are checked in.',
  class: Version,
  addPermission: 'Add Versions',
  changePermission: 'Change Versions',
  executable: false,
  isFound: false,
  fields: [
    { name: 'state', label: 'State', kind: 'text', readonly: true },
    { name: 'changes', label: 'Changes', kind: 'number', readonly: true },
  ],
  read: (version, site) => ({
    state: version.state,
    ...(site === undefined ? {} : { changes: entriesIn(site, version) }),
  }),
  apply: () => undefined,
};

/**
 * Counts what a version holds: objects, and lists of children. One key read, and where there are
 * catalogs, which hold what is derived, one for each of their parts.
 */
export function entriesIn(
  { storage, database }: Pick<SiteServices, 'storage' | 'database'>,
  { oid }: Version,
): number {
  if (oid === undefined) return 0;
  using reader = storage.snapshot();
  const entries = reader.overlaySize(oid);
  if (entries === 0) return 0;
  using main = database.connect();
  const derived = derivedOids(main).filter((part) => reader.overlay(oid, part) !== undefined);
  return entries - derived.length;
}

/** Gives the Version with an oid, where it stands on the site; `undefined` when it does not. */
export function versionWith(
  { connection }: Pick<Work, 'connection'>,
  oid: Oid,
): Version | undefined {
  const found = connection.find(oid);
  return found instanceof Version && found.isWithin(siteRoot(connection)) ? found : undefined;
}

/**
 * Lets go of the changes of every version that a transaction in main has taken away, when all else
 * is done. Reads one key for each version that holds anything.
 *
 * @param except a version whose changes went already
 */
export function discardRemoved(work: Work, except?: Version): void {
  if (work.connection.version !== undefined) return;
  work.atEnd(async () => {
    const { connection, site } = work;
    // What was given up meanwhile has removed nothing.
    if (!connection.hasChanges) return;
    for (const { version } of await site.database.versions()) {
      if (version === except?.oid || versionWith(work, version) !== undefined) continue;
      connection.applyDiscard(await connection.planDiscard(version));
    }
  });
}
