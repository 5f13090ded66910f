/**
 * What was found out about versions, kept in each thread until anything is saved.
 *
 * To plan what a check-in would do takes seconds for a version of tens of thousands of objects, and
 * people turn the pages of its changes. What is kept rests on the newest transaction there is, in main
 * or in any version, so it is never old; and what rests on rights is kept for one user alone.
 */
import type { Oid, VersionConflict } from '../../odb/index.js';
import { planned } from './version-plans.js';
import type { SiteServices, Work } from './work.js';

/** How many things a thread keeps altogether, of one sort: changes, say. */
export const FINDINGS_KEPT_MAX = 100_000;

interface Finding<One> {
  readonly items: readonly One[];
}

/** Lists of one sort; those that were not asked for the longest go first. */
export class VersionFindings<One> {
  readonly #kept = new WeakMap<SiteServices, Map<string, Finding<One>>>();

  /**
   * Gives what was found before, or finds it now. Where the work has changed something, or is in the
   * past, nothing is kept.
   *
   * @param options.of whose it is; it is found anew for everybody else
   */
  async of(
    { site, connection }: Pick<Work, 'site' | 'connection'>,
    { version, of }: { readonly version: Oid; readonly of: string },
    find: () => Promise<readonly One[]>,
  ): Promise<readonly One[]> {
    if (connection.hasChanges || connection.at !== undefined) return await find();
    const held = this.#kept.get(site) ?? new Map<string, Finding<One>>();
    this.#kept.set(site, held);
    const key = [version, connection.tid, connection.version ?? '', of].join(' ');
    const known = held.get(key);
    const finding = known ?? { items: await find() };
    held.delete(key);
    held.set(key, finding);
    this.#makeRoom(held);
    return finding.items;
  }

  #makeRoom(held: Map<string, Finding<One>>): void {
    let total = 0;
    for (const { items } of held.values()) total += items.length + 1;
    for (const [key, { items }] of held) {
      if (total <= FINDINGS_KEPT_MAX) return;
      total -= items.length + 1;
      held.delete(key);
    }
  }
}

const conflicts = new VersionFindings<VersionConflict>();

/**
 * Finds what stands between a version and main, whoever may see it. The first time it reads all that
 * the version holds, and what main has of it.
 *
 * @param work in main, or in the version
 * @throws Taken when too much happened since something was removed in it
 */
export async function conflictsOf(work: Work, version: Oid): Promise<readonly VersionConflict[]> {
  const { connection } = work;
  return await conflicts.of(work, { version, of: '' }, async () => {
    const plan = await planned(async () =>
      connection.version === undefined
        ? await connection.planCheckIn(version)
        : await connection.planUpdate(),
    );
    return plan.conflicts;
  });
}
