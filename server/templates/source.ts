/**
 * The text of a template, before it is parsed.
 *
 * The parser cannot be stopped, its tree is many times as large as its source, and what is deeply
 * nested costs it time that grows with the square of the depth. So a source is measured first, by
 * a look at its tags that is generous where only the parser could know.
 */
import { NESTING_MAX, TAG_CHARACTERS_MAX, TAGS_MAX, TEXT_MAX } from './bounds.js';
import type { Position } from './errors.js';
import { SyntaxFault } from './syntax-fault.js';

/**
 * Refuses a source that would take too long to parse.
 * @throws SyntaxFault
 */
export function measureSource(source: string): void {
  const refuse = (at: number, message: string): never => {
    throw new SyntaxFault(message, positionAt(source, at));
  };
  if (source.length > TEXT_MAX) refuse(0, 'The source is longer than 16 MB.');
  const nesting = new Nesting();
  let [tags, characters] = [0, 0];
  for (let at = source.indexOf('{{'); at !== -1;) {
    const end = source.indexOf('}}', at);
    const after = end === -1 ? source.length : end;
    tags += 1;
    if (!/^~?!/.test(source.slice(at + 2, at + 4))) {
      characters += after - at;
      if (tags > TAGS_MAX || characters > TAG_CHARACTERS_MAX) {
        refuse(
          at,
          `More than ${TAGS_MAX.toLocaleString('en')} tags, or too much text inside them.`,
        );
      }
      nesting.add(source.slice(at + 2, after));
      if (nesting.depth > NESTING_MAX) {
        refuse(at, `More than ${NESTING_MAX} blocks and expressions one inside the other.`);
      }
    }
    at = source.indexOf('{{', Math.max(after, at + 2));
  }
}

/** Bytes of memory that the code of one tag takes, more or less. */
const TAG_BYTES = 1000;

/** Estimates the memory that the code of a source takes. */
export function codeBytes(source: string): number {
  return TAG_BYTES + source.length * 2 + (source.split('{{').length - 1) * TAG_BYTES;
}

/** How deep a tag stands, as far as tags alone tell. */
class Nesting {
  /** For each open block, itself and each `else if` since. */
  readonly #blocks: number[] = [];
  #inBlocks = 0;
  #inTag = 0;

  get depth(): number {
    return this.#inBlocks + this.#inTag;
  }

  /** Takes in the inside of one tag. */
  add(tag: string): void {
    this.#inTag = deepest(tag);
    if (/^[~{]*[#^][^}~]/.test(tag)) {
      this.#blocks.push(1);
      this.#inBlocks += 1;
    } else if (/^~?\//.test(tag)) {
      this.#inBlocks -= this.#blocks.pop() ?? 0;
    } else if (this.#blocks.length > 0 && /^~?\s*else\s+[^\s}~]/.test(tag)) {
      this.#blocks.push((this.#blocks.pop() ?? 0) + 1);
      this.#inBlocks += 1;
    }
  }
}

/** How many parentheses are open at once. */
function deepest(tag: string): number {
  let [open, most] = [0, 0];
  for (let at = tag.search(/[()]/); at !== -1 && at < tag.length; at += 1) {
    const character = tag[at];
    if (character === '(') open += 1;
    else if (character === ')' && open > 0) open -= 1;
    most = Math.max(most, open);
  }
  return most;
}

/** Gives the place of a character in a source. */
export function positionAt(source: string, index: number): Position {
  const before = source.slice(0, index);
  const line = before.split(/\r\n?|\n/).length;
  const lastBreak = Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r'));
  return { line, column: before.length - lastBreak };
}
