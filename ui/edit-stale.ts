/**
 * Two people changed the same place: what the editor shows of it, so that one of them can decide.
 */
import { type Content, contentTypes, type PublishRequest } from '../server/index.js';
import { diffStates, wordOf } from './diff-fields.js';
import { diffText } from './diff.js';
import type { Merged } from './edit-merge.js';
import type { EditValues } from './edit-values.js';
import { namesInWords, timeInWords } from './helpers.js';
import { userOf } from './listing.js';
import { screenUrl, type ViewModel } from './screen.js';

export interface Conflicting {
  readonly merged: Merged;
  /** The values as they are saved. */
  readonly theirs: EditValues;
}

/** Shows what differs between what is saved and what is in the form. */
export function staleModel(
  object: Content,
  request: PublishRequest,
  conflict: Conflicting,
): ViewModel {
  const { merged, theirs } = conflict;
  const by = userOf(object.tid, request);
  const who = by === '' ? 'Someone' : by;
  const atMs = object.modified.getTime();
  const labels = labelsOf(object);
  const label = (name: string): string => labels.get(name) ?? name;
  const isText = (name: string): boolean => name === 'source';
  const short = merged.conflicts.filter((name) => !isText(name));
  const theirWords = `${who}, ${timeInWords(atMs, request.nowMs)}`;
  return {
    who,
    atMs,
    places: namesInWords(
      merged.conflicts.map((name) => label(name).toLowerCase()),
      4,
    ),
    theirsHref: screenUrl(object, 'edit'),
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

function labelsOf(object: Content): ReadonlyMap<string, string> {
  const type = contentTypes.of(object);
  const fields = type.fields.map(({ name, label }): [string, string] => [name, label]);
  return new Map([['title', 'Title'], ['source', 'Text'], ...fields]);
}
