/**
 * Two people changed the same place: what a page shows of it, so that one of them can decide.
 */
import { type Content, type PublishRequest } from '../server/index.js';
import { diffStates, type FieldChange, wordOf } from './diff-fields.js';
import { diffText, type TextDiff } from './diff.js';
import type { Merged, Values } from './edit-merge.js';
import { namesInWords, timeInWords } from './helpers.js';
import { userOf } from './transaction-user.js';

/** Texts longer than a line are compared line by line. */
const LINE = /\n/;
/** How many places a sentence names. */
const NAMED_MAX = 4;

/** What the partial `edit-stale` draws. */
export interface StaleModel {
  readonly who: string;
  readonly atMs: number;
  readonly places: string;
  readonly theirsHref: string;
  readonly isSentAgain: boolean;
  readonly conflicts: readonly {
    readonly label: string;
    readonly before: string;
    readonly caption: string;
    readonly diff: TextDiff;
  }[];
  readonly shortConflicts: readonly FieldChange[];
}

/** What is in conflict. */
export interface Conflicting {
  readonly merged: Merged;
  /** The values as they are saved. */
  readonly theirs: Values;
  readonly labels: ReadonlyMap<string, string>;
  /** Address of what is saved, without the form. */
  readonly theirsHref: string;
  readonly isSentAgain: boolean;
}

/** Shows what differs between what is saved and what is in the form. */
export function staleModel(
  object: Content,
  request: PublishRequest,
  { merged, theirs, labels, theirsHref, isSentAgain }: Conflicting,
): StaleModel {
  const by = userOf(object.tid, request);
  const who = by === '' ? 'Someone' : by;
  const atMs = object.modified.getTime();
  const label = (name: string): string => labels.get(name) ?? name;
  const isText = (name: string): boolean =>
    name === 'source' || LINE.test(`${wordOf(theirs[name])}${wordOf(merged.values[name])}`);
  const short = merged.conflicts.filter((name) => !isText(name));
  const theirWords = `${who}, ${timeInWords(atMs, request.nowMs)}`;
  const names = merged.conflicts.map((name) => label(name));
  return {
    who,
    atMs,
    places: namesInWords(names, NAMED_MAX),
    theirsHref,
    isSentAgain,
    conflicts: merged.conflicts.filter(isText).map((name) => ({
      label: label(name),
      before: theirWords,
      caption: `${label(name)}: ${theirWords}, and in the form below`,
      diff: diffText(wordOf(theirs[name]), wordOf(merged.values[name])),
    })),
    shortConflicts: diffStates(
      theirs,
      merged.values,
      new Map(short.map((name) => [name, label(name)])),
    ).fields,
  };
}
