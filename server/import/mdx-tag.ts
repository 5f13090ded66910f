/**
 * The tags of components in a text of MDX, and what their attributes say.
 */
import { CodeSpans } from './code-spans.js';

const NAME = '[A-Z][\\w.]*';
const ATTRIBUTES = `(?:\\s+(?:[\\w:-]+(?:=(?:"[^"]*"|'[^']*'|\\{(?:[^{}]|\\{[^{}]*\\})*\\}))?|\\{\\.\\.\\.[^}]{0,1000}\\}))*`;
const ATTRIBUTE = /([\w:-]+)(?:=(?:"([^"]*)"|'([^']*)'|\{((?:[^{}]|\{[^{}]*\})*)\}))?/g;

/**
 * A tag. Its groups: a slash and the name of what it closes; the name of what it opens, the
 * attributes, and a slash when nothing is inside; or, of a tag without a name, `''` or a slash.
 */
export const COMPONENT_TAG = new RegExp(
  `<(?:(/)(${NAME})\\s*|(${NAME})(${ATTRIBUTES})\\s*(/)?)>|<(/?)>`,
  'g',
);

/** Gives the attributes in their order; the value of one that has none is `''`. */
export function attributesOf(text: string): readonly (readonly [key: string, value: string])[] {
  return [...text.matchAll(ATTRIBUTE)].map(([, key = '', double, single, braces]) => [
    key,
    double ?? single ?? braces?.trim().replace(/^["'`]|["'`]$/g, '') ?? '',
  ]);
}

/** Applies a change to what does not stand in backticks. */
export function outsideCode(
  text: string,
  change: (prose: string, offset: number) => string,
): string {
  const spans = new CodeSpans(text);
  let out = '';
  let from = 0;
  for (let span = spans.next(0); span !== undefined; span = spans.next(from)) {
    out += change(text.slice(from, span.start), from) + text.slice(span.start, span.end);
    from = span.end;
  }
  return out + change(text.slice(from), from);
}
