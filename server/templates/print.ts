/** Writes values into the page. */
import { ABSENT } from '../../acquisition/index.js';
import type { Frame } from './frame.js';
import { escapeHtml, Html } from './html.js';
import { Tainted } from './taint.js';
import { textOf } from './text.js';

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
