/**
 * What a page loses since somebody among its authors may not write active content where it stands.
 *
 * It is told before it happens: in the editor, on a version's changes, before a check-in. What is
 * looked at is what the source says literally; what its expressions write, and the templates it calls,
 * is theirs.
 */
import type { Policy } from '../security/policy.js';
import type { Content } from './content.js';
import { isActive } from './data.js';
import { Document } from './document.js';
import { type Executable, isExecutable } from './executable.js';
import { markdownToHtml } from './markdown.js';
import { lostParts } from './sanitize.js';
import { Template } from './template.js';

export const ACTIVE_PERMISSION = 'Add active content';

/** The longest source that is looked at; of a longer one nothing is told. */
export const LOOKED_AT_CHARACTERS_MAX = 500_000;

/** A page that is served without some of its parts. */
export interface ServedWithout {
  /** In words: `scripts`, `styles`, … */
  readonly parts: readonly string[];
  /** Principal keys of the authors who may not; `''`: it has no author. */
  readonly because: readonly string[];
}

/** What decides how the source of something that runs is read. */
export interface SourceAsTyped {
  readonly source: string;
  readonly format?: string;
  readonly contentType?: string;
}

/** Tells what an object is served without, as it is; `undefined` where nothing is missing. */
export function servedWithout(policy: Policy, object: Content): ServedWithout | undefined {
  if (!isExecutable(object)) return undefined;
  const because = policy.sanitizedFor(object);
  return because.length === 0 ? undefined : without(activeParts(object), because);
}

/**
 * Tells what an object would be served without, once somebody saved a source of it.
 *
 * @param policy of that somebody
 * @param typed what they would save; default: what it is
 */
export function wouldBeServedWithout(
  policy: Policy,
  object: Content,
  typed?: SourceAsTyped,
): ServedWithout | undefined {
  if (!isExecutable(object) || policy.may(ACTIVE_PERMISSION, object)) return undefined;
  return without(activeParts(object, typed), []);
}

/** Lists what of a source is active content, in words; empty for what is no markup. */
export function activeParts(object: Executable, typed?: SourceAsTyped): readonly string[] {
  const { source } = typed ?? object;
  if (source.length > LOOKED_AT_CHARACTERS_MAX) return [];
  if (object instanceof Document) {
    const format = typed?.format ?? object.format;
    return lostParts(format === 'markdown' ? markdownToHtml(source) : source);
  }
  if (!(object instanceof Template)) return [];
  const isMarkup = isActive(typed?.contentType ?? object.contentType);
  return isMarkup ? lostParts(withoutExpressions(source)) : [];
}

function without(parts: readonly string[], because: readonly string[]): ServedWithout | undefined {
  return parts.length === 0 ? undefined : { parts, because };
}

/** Leaves what a template writes whatever it is called on. */
function withoutExpressions(source: string): string {
  return source.replace(/\{\{!--[^]*?--~?\}\}/g, '').replace(/\{\{\{?[^]*?\}\}\}?/g, '');
}
