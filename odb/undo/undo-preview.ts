/**
 * An undo as data for whoever is to decide about it: what would change, from what to what, and what
 * stands in the way.
 *
 * Worked out from a plan alone. Nothing is read or written, and what comes out is plain data with
 * `Ref`s for objects, so it can be shown, sent or stored.
 */
import { diffArrays } from 'diff';
import { NODE_CLASS } from '../trees/btree.js';
import { mergeRules } from '../objects/class-registry.js';
import { elementOfKey } from '../records/element-key.js';
import { LIST_CLASS, LIST_NODE_CLASS } from '../trees/list-record.js';
import { SET_CLASS } from '../trees/node-record.js';
import type { Oid } from '../oid.js';
import { MAP_CLASS } from '../objects/persistent-map.js';
import { decodeValue } from '../records/record.js';
import type { MergeRules } from '../rules.js';
import type { Tid } from '../tid.js';
import type { DanglingReference, UndoConflict, UndoneMap, UndoneObject, UndoPlan } from './undo.js';
import { own, sameValue, type State } from '../value.js';

/** Most lines that differ between two texts told line by line; past it, a text is told as a whole. */
export const PREVIEW_LINES_MAX = 2_000;

/** What an undo would do, as plain values to be shown. */
export interface UndoPreview {
  /** The transactions that would be taken back, newest first. */
  readonly tids: readonly Tid[];
  /** The undo would succeed now. */
  readonly possible: boolean;
  readonly objects: readonly ObjectPreview[];
  readonly maps: readonly MapPreview[];
  readonly lists: readonly ListPreview[];
  /** What stands in the way; empty when it is possible. */
  readonly conflicts: readonly UndoConflict[];
  readonly dangling: readonly DanglingReference[];
  /** The smallest set that can be taken back together: `UndoPlan.together`. */
  readonly together: readonly Tid[];
}

/** What an undo would make of one object. */
export interface ObjectPreview {
  readonly oid: Oid;
  readonly className: string;
  /** A map or a list that begins or ends is here, without what is in it. */
  readonly change: 'changes' | 'begins' | 'ends';
  /** The fields that would differ, in the order of the states. */
  readonly fields: readonly FieldPreview[];
}

/** A field now and after the undo; `undefined`: as its default. */
export interface FieldPreview {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
  /** For a text: its lines, in order. `undefined` for others, and past `PREVIEW_LINES_MAX`. */
  readonly lines?: readonly LinesPreview[];
}

/** Lines that stay, come or go, with their endings. */
export interface LinesPreview {
  readonly change: 'same' | 'added' | 'removed';
  readonly text: string;
  readonly count: number;
}

/** What an undo would make of a map or a set. */
export interface MapPreview {
  readonly map: Oid;
  readonly className: string;
  /** An entry now and after the undo, in the order of keys; `undefined`: none. Of a set, an element. */
  readonly entries: readonly {
    readonly key: string;
    readonly before: unknown;
    readonly after: unknown;
  }[];
}

/** What an undo would make of a list. */
export interface ListPreview {
  readonly list: Oid;
  readonly className: string;
  /** From a position on, in the list there is now, some items would give way to others. */
  readonly items: readonly {
    readonly position: number;
    readonly before: readonly unknown[];
    readonly after: readonly unknown[];
  }[];
}

/**
 * Tells what an undo would do, field by field, key by key and item by item.
 *
 * Pure. Costs as much as comparing the states of the plan; for a text, lines times lines that
 * differ, up to `PREVIEW_LINES_MAX`.
 *
 * @param options.rules which fields are texts of lines; default: as the loaded classes declare
 */
export function previewUndo(
  plan: UndoPlan,
  { rules = mergeRules() }: { readonly rules?: MergeRules } = {},
): UndoPreview {
  const { tids, possible, conflicts, dangling, together } = plan;
  return {
    tids,
    possible,
    objects: plan.objects
      .filter(({ className }) => className !== NODE_CLASS && className !== LIST_NODE_CLASS)
      .map((object) => previewObject(object, rules)),
    maps: plan.maps.map(previewMap),
    lists: plan.lists.map(({ list, className, edits }) => ({
      list,
      className,
      items: edits.map(({ from, was, items }) => ({ position: from, before: was, after: items })),
    })),
    conflicts,
    dangling,
    together,
  };
}

function previewMap({ map, className, entries }: UndoneMap): MapPreview {
  const inOrder = entries.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return {
    map,
    className,
    entries: inOrder.map(({ key, base, value }) => ({
      key: className === SET_CLASS ? String(elementOfKey(key)) : key,
      before: base === undefined ? undefined : decodeValue(base),
      after: value === undefined ? undefined : decodeValue(value),
    })),
  };
}

function previewObject(
  { oid, className, before, after }: UndoneObject,
  rules: MergeRules,
): ObjectPreview {
  const isTree = [MAP_CLASS, SET_CLASS, LIST_CLASS].includes(className);
  const exists = after === undefined ? 'ends' : 'changes';
  return {
    oid,
    className,
    change: before === undefined ? 'begins' : exists,
    fields: isTree ? [] : previewFields(before ?? {}, after ?? {}, textsOf(className, rules)),
  };
}

function previewFields(
  before: Readonly<State>,
  after: Readonly<State>,
  texts: ReadonlySet<string>,
): FieldPreview[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const fields: FieldPreview[] = [];
  for (const name of names) {
    const [old, now] = [own(before, name), own(after, name)];
    if (name.startsWith('$') || sameValue(old, now)) continue;
    const lines = texts.has(name) ? previewLines(old ?? '', now ?? '') : undefined;
    fields.push({ name, before: old, after: now, ...(lines === undefined ? {} : { lines }) });
  }
  return fields;
}

/** The fields of a class that are merged line by line. */
function textsOf(className: string, rules: MergeRules): Set<string> {
  const ruleOf = Object.hasOwn(rules, className) ? (rules[className] ?? {}) : {};
  const texts = Object.entries(ruleOf).filter(([, rule]) => {
    return rule === 'lines' || (typeof rule === 'object' && rule.rule === 'lines');
  });
  return new Set(texts.map(([name]) => name));
}

function previewLines(before: unknown, after: unknown): LinesPreview[] | undefined {
  if (typeof before !== 'string' || typeof after !== 'string') return undefined;
  const options = { maxEditLength: PREVIEW_LINES_MAX };
  const changes = diffArrays(linesOf(before), linesOf(after), options);
  return changes?.map(({ added, removed, value, count }) => {
    const change = added ? 'added' : 'removed';
    return { change: added || removed ? change : 'same', text: value.join(''), count };
  });
}

/** Lines with their endings. */
function linesOf(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}
