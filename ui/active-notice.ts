/**
 * What the editor says of active content: scripts, styles, forms and the like that a page is served
 * without, or would be once whoever reads it has saved it.
 */
import {
  type Content,
  type PublishRequest,
  type ServedWithout,
  servedWithout,
  type SourceAsTyped,
  wouldBeServedWithout,
} from '../server/index.js';
import type { EditValues } from './edit-values.js';
import { namesInWords } from './helpers.js';
import { whoIs } from './who.js';

/** More parts than there are kinds of them, and as many authors as one reads. */
const NAMED_MAX = 8;

export interface ActiveNotice {
  readonly title: string;
  readonly detail: string;
}

/** Says what is missing now, or what saving would take away; `null` for nothing. */
export function activeNotice(
  object: Content,
  request: PublishRequest,
  options: { readonly mayChange: boolean; readonly values: EditValues },
): ActiveNotice | null {
  const now = servedWithout(request.policy, object);
  if (now !== undefined) return missing(now);
  if (!options.mayChange) return null;
  const then = wouldBeServedWithout(request.policy, object, typedIn(options.values));
  return then === undefined
    ? null
    : {
        title: `Saved by you, this page is served without ${partsIn(then)}`,
        detail:
          'You may not “Add active content” here. Nothing of the text is lost: whoever may, and takes ownership afterwards, brings it back; so does undoing your own change.',
      };
}

/** Says what a page is served without, and because of whom: `without scripts, because of mara`. */
export function withoutInWords(without: ServedWithout): string {
  return `without ${partsIn(without)}${becauseOf(without)}`;
}

function missing(without: ServedWithout): ActiveNotice {
  const several = without.because.length > 1;
  return {
    title: `This page is served without ${partsIn(without)}`,
    detail: without.because.includes('')
      ? 'It has no author, who could answer for them. Whoever takes ownership of it does.'
      : `Among its authors ${several ? 'are' : 'is'} ${namesOf(without)}, who may not “Add active content” here. Whoever takes ownership of it answers for it alone.`,
  };
}

function partsIn({ parts }: ServedWithout): string {
  return namesInWords(parts, NAMED_MAX);
}

function becauseOf(without: ServedWithout): string {
  return without.because.length === 0 ? '' : `, because of ${namesOf(without)}`;
}

function namesOf({ because }: ServedWithout): string {
  const names = because.map((key) => (key === '' ? 'nobody' : whoIs(key).user));
  return namesInWords(names, NAMED_MAX);
}

/** What is in the form, where there is one. */
function typedIn(values: EditValues): SourceAsTyped | undefined {
  const word = (name: string): Record<string, string> => {
    const value = values[name];
    return typeof value === 'string' ? { [name]: value } : {};
  };
  const { source } = values;
  if (typeof source !== 'string') return undefined;
  return { source, ...word('format'), ...word('contentType') };
}
