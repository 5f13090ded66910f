/** Writes values into the page. */
import { ABSENT } from '../../acquisition/index.js';
import type { Position } from './errors.js';
import type { Frame } from './frame.js';
import { escapeHtml, Html } from './html.js';
import type { Language } from './language.js';
import { Tainted } from './taint.js';
import { textOf } from './text.js';

/** Compiles what writes the values of one tag, in the way of its language. */
export function codeOfPrint(
  { print }: Language,
  { raw, at }: { readonly raw: boolean; readonly at: Position },
): (frame: Frame, value: unknown) => void {
  if (print === undefined) return (frame, value) => printed(frame, value, { raw });
  return (frame, value) => {
    frame.run.at = at;
    frame.run.write(print(frame, value, raw));
  };
}

/**
 * Writes a value: escaped, or with `raw` as it is. Markup is never escaped, and what came from the
 * request always is. In a language without markup nothing is escaped.
 */
export function printed(frame: Frame, value: unknown, { raw }: { readonly raw: boolean }): void {
  const { run } = frame;
  if (typeof value === 'string') {
    run.write(raw || !run.markup ? value : escapeHtml(value));
    return;
  }
  if (value === undefined || value === null || value === ABSENT) return;
  if (value instanceof Html) {
    run.writeMarkup(value.text, frame.env.activation);
    return;
  }
  const text = textOf(run, value);
  const asIs = !run.markup || (raw && !(value instanceof Tainted));
  run.write(asIs ? text : escapeHtml(text));
}
