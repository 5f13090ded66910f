/**
 * What the parser says is wrong, in the words of whoever writes templates: its own messages speak of
 * tokens and of the inside of its tree.
 */
import type { Position } from './errors.js';
import { positionAt } from './source.js';
import { SyntaxFault } from './syntax-fault.js';

/** A fault that the parser names with a place, in the words of whoever writes templates. */
export function faultOfParser(
  message: string,
  position: Position,
  { source, read }: { readonly source: string; readonly read: string },
): SyntaxFault {
  const [, open, close] = /^(.*) doesn't match (.*)$/s.exec(message) ?? [];
  if (open !== undefined && close !== undefined) {
    const at = closingTag(read, close);
    const opened = `{{${signsBefore(source, position)}${open}}}`;
    const words = `This {{/${close}}} closes ${opened}, which was opened in line ${position.line}.`;
    return new SyntaxFault(words, at === -1 ? position : positionAt(source, at));
  }
  const [, path] = /^Invalid path: (.*)$/s.exec(message) ?? [];
  return new SyntaxFault(
    path === undefined
      ? `${message}.`
      : `“${path}” is no path: “this” and “..” stand at its beginning only.`,
    position,
  );
}

/** Finds the last `{{/name}}` in what the parser read. */
function closingTag(read: string, name: string): number {
  for (let at = read.lastIndexOf('{{'); at !== -1; at = read.lastIndexOf('{{', at - 1)) {
    const [lead] = /^\{\{~?\/\s*|^\{{4}\/\s*/.exec(read.slice(at)) ?? [];
    if (lead !== undefined && read.startsWith(name, at + lead.length)) return at;
    if (at === 0) return -1;
  }
  return -1;
}

/** The signs between `{{` and a name: `#`, `#>`, `#*`, `^`. */
function signsBefore(source: string, { line, column }: Position): string {
  const text = source.split('\n').slice(0, line);
  const before = [...text.slice(0, -1), (text.at(-1) ?? '').slice(0, column - 1)].join('\n');
  return /\{\{~?(#[>*]?|\^)?\s*$/.exec(before)?.[1] ?? '';
}
