/**
 * Texts of objects as excerpts show them: as people read them, without markup.
 */
import type { Excerpt } from '../catalog/excerpt.js';
import type { Content } from './content.js';
import { contentTypes } from './content-type.js';
import { textOfHtml } from './sanitize.js';
import { escapeHtml } from '../templates/index.js';

/** Gives a text of an object as people read it; `''` for what is no text. */
export function readableText(object: Content, field: string): string {
  const html = contentTypes.get(object.type)?.html?.(object, field);
  if (html !== undefined) return textOfHtml(html);
  const value = object.lookup(field);
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  return value.filter((each) => typeof each === 'string').join(', ');
}

/** Gives an excerpt as markup: what was asked for stands in `<mark>`. */
export function excerptHtml({ pieces, isCutBefore, isCutAfter }: Excerpt): string {
  const shown = pieces.map(({ text, isMarked }) =>
    isMarked ? `<mark>${escapeHtml(text)}</mark>` : escapeHtml(text),
  );
  return `${isCutBefore ? '… ' : ''}${shown.join('')}${isCutAfter ? ' …' : ''}`;
}
