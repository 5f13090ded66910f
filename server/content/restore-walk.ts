/**
 * What a restoration from the past is about: each object as it was, beside the same object of today.
 *
 * Nothing is changed here. Of the past there is only what its user might see then and may see today.
 */
import { type Oid, OdbError } from '../../odb/index.js';
import { Invalid, NotFound, Taken, TooLarge } from '../errors.js';
import { type Container, Content, contentAt, isContainer } from './content.js';
import { Folder } from './folder.js';
import type { PastSite } from './past-site.js';
import { siteRoot } from './places.js';
import { OF_MAIN } from './trash.js';
import { Version } from './version.js';
import type { Work } from './work.js';

/** How many objects one transaction restores. */
export const RESTORE_OBJECTS_MAX = 10_000;

/** One object of then and of today. */
export interface Pair {
  readonly was: Content;
  /** The same object; it stands nowhere when it is gone. */
  readonly now: Content;
  /** The pair that holds it; `undefined` for what was asked for itself. */
  readonly parent: Pair | undefined;
  /** Where it stands; `undefined` when it is gone. */
  readonly pathNow: string | undefined;
  /** Ids of what is in it today and was nowhere then. */
  readonly newer: readonly string[];
}

/** Why something in a folder is not restored with it. */
export type LeftWhy =
  /** Versions come back from the trash, or with an undo. */
  | 'version'
  /** Users are of the site itself, whatever version the work is done in. */
  | 'user'
  /** A pack has removed it, or no code knows what it was. */
  | 'lost';

export interface Left {
  readonly path: string;
  readonly why: LeftWhy;
}

export interface Walk {
  /** Containers before what they held. */
  readonly pairs: readonly Pair[];
  readonly left: readonly Left[];
  /** Objects that stay as they are, with all they hold, since the user may not view them. */
  readonly hidden: number;
}

/**
 * Pairs objects with what they are today.
 *
 * @param objects paths at which they stood then, or their oids
 * @param options.below with all they held
 * @throws Invalid for one that was not there then, or not for the user to see
 * @throws Unauthorized unless the user may see the past there
 * @throws TooLarge past `RESTORE_OBJECTS_MAX`
 */
export function pairUp(
  work: Work,
  past: PastSite,
  objects: readonly (string | Oid)[],
  options: { readonly below: boolean },
): Walk {
  const tops = objects.map((named, at) => {
    const was = typeof named === 'string' ? contentAt(past.root, named) : past.find(named);
    if (was === undefined || !past.policy.may('View', was)) throw notThere(at, named);
    past.policy.requireToday('View history', was);
    return was;
  });
  const outermost = [...new Set(tops)].filter(
    (top) => !options.below || !tops.some((other) => other !== top && top.isWithin(other)),
  );
  const walk = new PairWalk(work, past, options);
  try {
    for (const top of outermost) walk.begin(top);
  } catch (error) {
    if (!(error instanceof OdbError) || error.code !== 'ODB_NO_OBJECT') throw error;
    throw new NotFound('A pack has forgotten a part of what was there then', { cause: error });
  }
  return walk;
}

function notThere(at: number, named: string | Oid): Invalid {
  const message =
    typeof named === 'string' ? `There was no ${named} then` : 'It was not on the site then';
  return new Invalid([{ field: `objects.${at}`, message }]);
}

class PairWalk implements Walk {
  readonly pairs: Pair[] = [];
  readonly left: Left[] = [];
  hidden = 0;
  readonly #work: Work;
  readonly #past: PastSite;
  readonly #below: boolean;

  constructor(work: Work, past: PastSite, { below }: { readonly below: boolean }) {
    this.#work = work;
    this.#past = past;
    this.#below = below;
  }

  begin(was: Content): void {
    const why = this.#leftOut(was);
    if (why === 'version') {
      throw new Taken(
        'A version is brought back from the trash, or by undoing what ended it, with its changes',
      );
    }
    if (why === 'user') {
      const message = 'Users are restored outside of versions: leave this version first.';
      throw new Taken(message, { code: 'SRV_IN_VERSION' });
    }
    const now = this.#today(was);
    if (now === undefined) throw new NotFound(`${was.path} is not kept any more`);
    this.#add(was, now, undefined);
  }

  #add(was: Content, now: Content, parent: Pair | undefined): void {
    if (this.pairs.length === RESTORE_OBJECTS_MAX) {
      throw new TooLarge(
        `More than ${RESTORE_OBJECTS_MAX} objects cannot be restored at once. Restore parts of it.`,
      );
    }
    const root = siteRoot(this.#work.connection);
    const pathNow = now.isWithin(root) ? now.path : undefined;
    const newer = this.#below && isContainer(now) ? this.#newerIn(now) : [];
    const pair: Pair = { was, now, parent, pathNow, newer };
    this.pairs.push(pair);
    if (this.#below && isContainer(was)) this.#descend(pair, was);
  }

  #descend(pair: Pair, was: Container): void {
    this.#countUnknown(was);
    for (const child of was.items()) {
      if (!this.#past.policy.may('View', child)) {
        this.hidden += 1;
        continue;
      }
      const why = this.#leftOut(child);
      const now = why === undefined ? this.#today(child) : undefined;
      if (now === undefined) this.left.push({ path: child.path, why: why ?? 'lost' });
      else this.#add(child, now, pair);
    }
  }

  /** Objects whose type no plugin brings any more are stored, and cannot be read. */
  #countUnknown(was: Container): void {
    if (!(was instanceof Folder)) return;
    for (const [id, child] of was.children.entries() as Iterable<[string, unknown]>) {
      if (!(child instanceof Content)) this.left.push({ path: `${was.path}/${id}`, why: 'lost' });
    }
  }

  #leftOut(was: Content): LeftWhy | undefined {
    if (was instanceof Version) return 'version';
    return this.#work.connection.version !== undefined && OF_MAIN.has(was.type)
      ? 'user'
      : undefined;
  }

  #today({ oid, type }: Content): Content | undefined {
    const now = oid === undefined ? undefined : this.#work.connection.find(oid);
    return now instanceof Content && now.type === type ? now : undefined;
  }

  /** What was elsewhere then has moved here, and is not new. */
  #newerIn(container: Container): string[] {
    return container
      .items()
      .filter((child) => this.#past.find(child.oid) === undefined)
      .map(({ id }) => id);
  }
}
