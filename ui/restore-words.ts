/**
 * What restoring from the past would do, as a page lists it.
 */
import {
  contentTypes,
  type LeftWhy,
  type RestoredObject,
  type RestoreOutcome,
} from '../server/index.js';
import { countInWords, namesInWords } from './helpers.js';
import type { ViewModel } from './screen.js';

/** Objects of a plan that are named; the others are counted. */
export const SHOWN_MAX = 100;
/** Parts of an object that are named. */
const PARTS_NAMED_MAX = 6;

const GROUPS = [
  { kind: 'back', tone: 'add', sign: '+', title: 'Come back', word: 'comes back' },
  { kind: 'moved', tone: 'change', sign: '~', title: 'Go back to their place', word: 'goes back' },
  { kind: 'changed', tone: 'change', sign: '~', title: 'Change', word: 'changes' },
] as const;

/** Groups what would happen to each object, as far as it is named. */
export function groupsOf(restored: readonly RestoredObject[]): ViewModel[] {
  const shown = restored.slice(0, SHOWN_MAX);
  return GROUPS.flatMap(({ kind, ...group }) => {
    const rows = shown.filter((each) => each.kind === kind).map((each) => rowOf(each));
    return rows.length === 0 ? [] : [{ ...group, rows }];
  });
}

function rowOf({ kind, path, pathBefore, type, parts }: RestoredObject): ViewModel {
  const found = contentTypes.get(type);
  return {
    path,
    icon: found?.icon ?? 'file',
    type: found?.title ?? type,
    from: kind === 'moved' && pathBefore !== path ? (pathBefore ?? '') : '',
    parts: namesInWords(parts.map(partInWords), PARTS_NAMED_MAX),
  };
}

function partInWords(part: string): string {
  if (part === 'order') return 'place among its neighbours';
  return part === 'security' ? 'settings of security' : part;
}

const LEFT_WORDS: Readonly<Record<LeftWhy, string>> = {
  version:
    'Versions stay as they are: with their changes they come back from the trash, or by undo.',
  user: 'Users stay as they are: they are restored outside of versions.',
  lost: 'Some of what was there is not kept any more, or is of a kind that nothing knows any more.',
};

/** Says what stays as it is, and why. */
export function leftWords(outcome: RestoreOutcome | undefined): string[] {
  if (outcome === undefined) return [];
  const words = [...new Set(outcome.left.map(({ why }) => LEFT_WORDS[why]))];
  if (outcome.hidden === 0) return words;
  const hidden = countInWords(outcome.hidden, 'object stays', 'objects stay');
  return [...words, `${hidden} as they are, since you may not view them.`];
}
