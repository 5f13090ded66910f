/**
 * The steps of a restoration from the past: what is moved about is taken out first, so that every place
 * is free, then everything is put in, containers before what they hold, and then given what it had.
 *
 * Permissions are asked at each step, of the object where it stands.
 */
import { type Oid, sameValue, type State, type Tid, tidToMs } from '../../odb/index.js';
import { Invalid, Taken } from '../errors.js';
import { minuteInWords } from '../words.js';
import { requireByHand } from './by-hand.js';
import { type Container, type Content, isContainer } from './content.js';
import { contentTypes } from './content-type.js';
import {
  deleteObjects,
  listed,
  requireAdd,
  requirePlace,
  requireRemovable,
  touched,
} from './edit.js';
import { isExecutable } from './executable.js';
import { giveParts } from './past-parts.js';
import type { PastSite } from './past-site.js';
import { siteRoot } from './places.js';
import { authorsOf, giveAuthorsOf } from './restored-authors.js';
import type { Left, Pair, Walk } from './restore-walk.js';
import { OF_MAIN } from './trash.js';
import { withinTrash } from './trash-view.js';
import { User, watchManagers } from './user.js';
import { Version } from './version.js';
import type { Work } from './work.js';

export interface RestoreRequest {
  /** Just after this transaction. */
  readonly at: Tid;
  /** Paths at which they stood then, or oids. */
  readonly objects: readonly (string | Oid)[];
  /** With all they held; so it is by default. */
  readonly below?: boolean;
  /** What was moved since goes back to its place of then, or stays where it is. By default it goes back. */
  readonly place?: 'then' | 'now';
  /** What was made since in the folders restored stays, as by default, or is deleted. */
  readonly newer?: 'stay' | 'go';
  /** Settings of security become those of then. */
  readonly security?: boolean;
  /** Where the objects themselves are put, in place of where they were. */
  readonly to?: Container;
  /** The id there, of a single object. */
  readonly id?: string;
  /** Says what would happen, and leaves everything as it is. */
  readonly dryRun?: boolean;
}

/** What became of one object. */
export interface RestoredObject {
  readonly kind: 'back' | 'moved' | 'changed';
  readonly title: string;
  readonly type: string;
  readonly path: string;
  /** Where it stood before; `undefined` for what was gone. */
  readonly pathBefore: string | undefined;
  /** What else changed, in words. */
  readonly parts: readonly string[];
}

export interface RestoreOutcome {
  /** The objects that were asked for, as they are now. */
  readonly tops: readonly Content[];
  /** Only what differs; empty when everything is like that already. */
  readonly restored: readonly RestoredObject[];
  /** Paths of what was made since, which stayed or went. */
  readonly newer: readonly string[];
  readonly left: readonly Left[];
  /** Objects that stay as they are since the user may not view them. */
  readonly hidden: number;
}

const SETTINGS = ['permissions', 'localRoles', 'roles', 'owner', 'proxyRoles'] as const;

/** Where an object is put. */
interface Target {
  readonly container: Container;
  readonly id: string;
  /** It is the place where it was then. */
  readonly isHome: boolean;
}

export class Restoration {
  readonly #work: Work;
  readonly #past: PastSite;
  readonly #request: RestoreRequest;

  constructor(work: Work, past: PastSite, request: RestoreRequest) {
    this.#work = work;
    this.#past = past;
    this.#request = request;
  }

  run(walk: Walk): RestoreOutcome {
    const work = this.#work;
    const root = siteRoot(work.connection);
    const { pairs, left, hidden } = walk;
    const touchesUsers = pairs.some(({ now }) => now instanceof User);
    const requireManager = touchesUsers ? watchManagers(work, root) : undefined;
    const targets = new Map(pairs.map((pair) => [pair, this.#targetOf(pair)]));
    const newer = this.#newerOf(walk);
    if (this.#request.newer === 'go' && newer.length > 0) this.#say(walk);
    for (const pair of pairs) if (targets.get(pair) !== undefined) this.#takeOut(pair, targets);
    for (const pair of pairs) this.#putIn(pair, targets.get(pair));
    const restored = pairs.flatMap((pair) => this.#give(pair, targets.get(pair)) ?? []);
    requireManager?.();
    work.policy.forget();
    if (restored.length > 0 && !(this.#request.newer === 'go' && newer.length > 0)) this.#say(walk);
    const tops = pairs.filter(({ parent }) => parent === undefined).map(({ now }) => now);
    return { tops, restored, newer, left, hidden };
  }

  #say({ pairs }: Walk): void {
    const { at, to } = this.#request;
    const paths = pairs.filter(({ parent }) => parent === undefined).map(({ was }) => was.path);
    const where = to === undefined ? '' : ` in ${to.path}`;
    this.#work.did(`Restored ${listed(paths)} as of ${minuteInWords(tidToMs(at))} UTC${where}`);
  }

  #newerOf({ pairs }: Walk): string[] {
    const { policy } = this.#work;
    return pairs.flatMap(({ now, newer }) => {
      if (!isContainer(now)) return [];
      const shown = newer.filter((id) => {
        const child = now.child(id);
        return child !== undefined && policy.may('View', child);
      });
      return shown.map((id) => `${now.path === '/' ? '' : now.path}/${id}`);
    });
  }

  /** Gives where an object is to be put; `undefined` when it stays where it is. */
  #targetOf(pair: Pair): Target | undefined {
    const { was, now, parent, pathNow } = pair;
    if (was.container === undefined) return undefined;
    const isSent = parent === undefined && this.#request.to !== undefined;
    if (this.#request.place === 'now' && pathNow !== undefined && !isSent) return undefined;
    const target = parent === undefined ? this.#targetOfTop(pair) : inside(parent, was.id);
    if (target === undefined) return undefined;
    return now.container === target.container && now.id === target.id ? undefined : target;
  }

  #targetOfTop({ was, pathNow }: Pair): Target | undefined {
    const { to, id = was.id } = this.#request;
    const home = this.#standing(was.container);
    if (to !== undefined) return { container: to, id, isHome: to === home };
    if (home !== undefined) return { container: home, id, isHome: true };
    // Its folder is gone: what stands elsewhere stays there.
    if (pathNow !== undefined) return undefined;
    const message = `The folder that ${was.path} was in is gone too. Say where it is to go.`;
    throw new Taken(message, { code: 'SRV_NO_HOME' });
  }

  #standing(container: Content | undefined): Container | undefined {
    const { connection } = this.#work;
    const now = container?.oid === undefined ? undefined : connection.find(container.oid);
    return isContainer(now) && now.isWithin(siteRoot(connection)) ? now : undefined;
  }

  /** Takes an object from where it is, for all that were moved about to find their places free. */
  #takeOut(pair: Pair, targets: ReadonlyMap<Pair, Target | undefined>): void {
    const { was, now, parent, pathNow } = pair;
    const target = targets.get(pair);
    if (now instanceof User) {
      const message = 'A user keeps name and folder: they are written into all that the user owns';
      if (pathNow !== undefined || target?.isHome !== true || target.id !== was.id) {
        throw new Invalid([{ field: 'to', message }]);
      }
    }
    if (pathNow === undefined) {
      // Elsewhere than it was, it is taken away from there, too.
      if (target?.isHome === false) this.#past.policy.require('Delete objects', was);
      if (parent === undefined) this.#requireWhole(now);
    } else {
      this.#work.policy.require('Delete objects', now);
      requireRemovable(now);
      touched(this.#work, now);
    }
    if (now.place !== undefined) now.place.container.remove(now.id);
    this.#work.policy.forget();
  }

  /** Asks that what comes back whole holds nothing that cannot come back with it. */
  #requireWhole(top: Content): void {
    const { version } = this.#work.connection;
    for (const each of withinTrash(top)) {
      if (contentTypes.get(each.type) === undefined) {
        throw new Taken(`${each.id} is of the kind ${each.type}, which no plugin brings any more`);
      }
      if (each instanceof Version) {
        throw new Taken(
          `It holds the version ${each.title || each.id}: restore it from the trash, or undo its deletion`,
          { code: 'SRV_VERSION_CHANGES' },
        );
      }
      if (version !== undefined && OF_MAIN.has(each.type)) {
        throw new Taken(
          'It holds users, who are restored outside of versions: leave this version first.',
          {
            code: 'SRV_IN_VERSION',
          },
        );
      }
    }
  }

  #putIn({ now, was, parent, pathNow, newer }: Pair, target: Target | undefined): void {
    const work = this.#work;
    if (target !== undefined) {
      const { container, id, isHome } = target;
      if (container === now || container.isWithin(now)) {
        const message = `${pathNow ?? was.path} cannot be put into itself`;
        throw new Invalid([{ field: 'to', message }]);
      }
      requirePlace(container, contentTypes.of(now), id);
      this.#requireAdd(now, container, { all: pathNow === undefined && parent === undefined });
      container.insert(now, id, isHome ? was.order : undefined);
      work.policy.forget();
    }
    if (this.#request.newer === 'go' && newer.length > 0 && isContainer(now)) {
      deleteObjects(
        work,
        now,
        newer.filter((id) => now.has(id)),
      );
    }
  }

  /** Asks to add an object, and, where all of it comes back, all it holds. */
  #requireAdd(top: Content, container: Container, { all }: { readonly all: boolean }): void {
    const asked = new Set<string>();
    for (const each of all ? withinTrash(top) : [top]) {
      const type = contentTypes.of(each);
      if (asked.has(type.addPermission)) continue;
      asked.add(type.addPermission);
      requireAdd(this.#work, type, container);
    }
  }

  #give(pair: Pair, target: Target | undefined): RestoredObject | undefined {
    const { now, was, parent, pathNow } = pair;
    const work = this.#work;
    const present = authorsOf(now);
    const parts = [...giveParts(work, now, was)];
    if (parts.includes('source') && isExecutable(now) && isExecutable(was)) {
      giveAuthorsOf(work, now, { past: was, present, at: this.#request.at });
    }
    if (parent !== undefined && target === undefined && this.#putInOrder(pair)) parts.push('order');
    if (this.#request.security === true && this.#giveSettings(pair)) parts.push('security');
    const isBack = pathNow === undefined;
    if (parts.length === 0 && target === undefined && !isBack) return undefined;
    touched(work, now);
    const isMoved = target !== undefined || (!isBack && pathNow !== now.path);
    return {
      kind: isBack ? 'back' : isMoved ? 'moved' : 'changed',
      title: now.title,
      type: now.type,
      path: now.path,
      pathBefore: pathNow,
      parts,
    };
  }

  #putInOrder({ now, was }: Pair): boolean {
    const { place } = now;
    if (place === undefined || place.order === was.order) return false;
    this.#work.policy.require('Delete objects', now);
    now.place = { ...place, order: was.order };
    return true;
  }

  #giveSettings({ now, was }: Pair): boolean {
    const before: State = {};
    const after: State = {};
    for (const name of SETTINGS) {
      if (!(name in now)) continue;
      const held = now[name as keyof Content] as unknown;
      const given = was[name as keyof Content] as unknown;
      if (sameValue(held, given)) continue;
      before[name] = held;
      after[name] = given;
    }
    if (Object.keys(after).length === 0) return false;
    requireByHand(this.#work, now, { before, after });
    Object.assign(now, after);
    this.#work.policy.forget();
    return true;
  }
}

function inside({ now }: Pair, id: string): Target | undefined {
  return isContainer(now) ? { container: now, id, isHome: true } : undefined;
}
