/**
 * How the classes of this thread are merged: their declared rules, and their own `merge`.
 *
 * The thread that writes merges objects of classes it may never have loaded. Rules are plain data
 * and travel as they are; a class with a `static merge(base, theirs, mine)` is code, so the modules
 * of such classes are loaded in the writing thread too. So may be those of classes with a former
 * name or a `migrate`: where they are not, sides of different versions are in conflict, and the work
 * succeeds when it is done again, since it is then based on what is there.
 */
import { classNamed, isDerivedClass, mergeRules } from './class-registry.js';
import { currentRecord } from './class-version.js';
import { LIST_CLASS, LIST_NODE_CLASS } from '../trees/list-record.js';
import { MergeRefusal, type MergeClasses, type Merger } from '../commit/merge.js';
import type { MergeRules } from '../rules.js';

/**
 * Gives the ways to merge of the classes defined in this thread, now or later.
 *
 * @param rules rules to use instead of those declared
 */
export function registeredClasses(rules: MergeRules = mergeRules()): MergeClasses {
  return { rules, merger: registeredMerger, current: currentRecord, isDerived: isDerivedClass };
}

/**
 * Loads the modules of classes, and gives the ways to merge of all that are then defined.
 *
 * @param modules URLs of modules; loading one defines its classes
 * @param rules rules of further classes; they win over declared ones of the same name
 */
export async function loadClasses(
  modules: readonly string[],
  rules: MergeRules,
): Promise<MergeClasses> {
  for (const module of modules) await import(module);
  return registeredClasses({ ...mergeRules(), ...rules });
}

function registeredMerger(className: string): Merger | undefined {
  if (className === LIST_NODE_CLASS || className === LIST_CLASS) return refuseNodes;
  const type: unknown = classNamed(className)?.class;
  if (typeof type !== 'function' || !('merge' in type)) return undefined;
  const { merge } = type;
  return typeof merge === 'function' ? (merge.bind(type) as Merger) : undefined;
}

/** Lists are merged as lists (`list-merge.ts`): an item may have moved to another node. */
function refuseNodes(): never {
  throw new MergeRefusal();
}
