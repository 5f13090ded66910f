/**
 * Patterns that cannot hang.
 *
 * A subset of regular expressions, matched by walking all possibilities at once, so the time is at
 * most the length of the text times the length of the pattern, whatever the two are. There is:
 * characters, `.`, `[a-z]`, `[^a-z]`, `\d \w \s` and their capitals, `\` before a character that
 * means itself, groups `( )`, `|`, `* + ? {m} {m,} {m,n}`, `^` and `$`. There are no back-references
 * and no looking ahead or behind.
 */
import { unusable } from './errors.js';

export const PATTERN_CHARACTERS_MAX = 1000;
export const PATTERN_STATES_MAX = 2000;
const PATTERN_NODES_MAX = 20_000;
const PATTERN_NESTING_MAX = 50;

type Test = (character: string) => boolean;

/** One state: what leads on from it. */
type State =
  | { readonly kind: 'character'; readonly test: Test; next: number }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'begin' | 'end'; next: number }
  | { readonly kind: 'match' };

export interface Pattern {
  readonly states: readonly State[];
  readonly start: number;
  readonly ignoreCase: boolean;
}

/** A piece of a pattern as it was written. */
type Node =
  | { readonly kind: 'empty' | 'begin' | 'end' }
  | { readonly kind: 'character'; readonly test: Test }
  | { readonly kind: 'sequence' | 'choice'; readonly nodes: readonly Node[] }
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number };

/**
 * Reads a pattern.
 * @throws TemplateFault `SRV_TEMPLATE_VALUE` when it is none, or too long
 */
export function compilePattern(
  source: string,
  { ignoreCase }: { readonly ignoreCase: boolean },
): Pattern {
  if (source.length > PATTERN_CHARACTERS_MAX) {
    throw unusable(`A pattern has at most ${PATTERN_CHARACTERS_MAX} characters.`);
  }
  const node = new PatternReader(Array.from(ignoreCase ? lowered(source) : source)).read();
  const builder = new PatternBuilder();
  const start = builder.add(node, 0);
  return { states: builder.states, start, ignoreCase };
}

/**
 * Tells whether the pattern is found anywhere in a text.
 * @param charge told the cost of each character before it is looked at
 */
export function matchesPattern(
  { states, start, ignoreCase }: Pattern,
  text: string,
  charge: (steps: number) => void,
): boolean {
  const characters = ignoreCase ? text.toLowerCase() : text;
  let current = new Set<number>();
  let position = 0;
  const add = (into: Set<number>, first: number, isEnd: boolean): void => {
    const pending = [first];
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      if (into.has(index)) continue;
      into.add(index);
      const state = states[index];
      if (state?.kind === 'split') pending.push(state.other, state.next);
      if (state?.kind === 'begin' && position === 0) pending.push(state.next);
      if (state?.kind === 'end' && isEnd) pending.push(state.next);
    }
  };
  add(current, start, characters.length === 0);
  for (const character of characters) {
    if (current.has(0)) return true;
    charge(1 + (current.size >> 4));
    position += character.length;
    const next = new Set<number>();
    const isEnd = position === characters.length;
    for (const index of current) {
      const state = states[index];
      if (state?.kind === 'character' && state.test(character)) add(next, state.next, isEnd);
    }
    add(next, start, isEnd);
    current = next;
  }
  return current.has(0);
}

/** Small letters, except after a backslash: `\D` is not `\d`. */
function lowered(source: string): string {
  return source.replace(/\\.|[^\\]/gs, (part) => (part.length > 1 ? part : part.toLowerCase()));
}

/** Makes states of nodes. */
class PatternBuilder {
  readonly states: State[] = [{ kind: 'match' }];
  /** Nodes added; those that make no state count too, or repeating nothing would never end. */
  #added = 0;

  /** Adds the states of a node, leading to `next`; gives where they begin. */
  add(node: Node, next: number): number {
    this.#added += 1;
    if (this.#added > PATTERN_NODES_MAX) throw unusable('This pattern repeats too much.');
    switch (node.kind) {
      case 'empty':
        return next;
      case 'begin':
      case 'end':
        return this.#put({ kind: node.kind, next });
      case 'character':
        return this.#put({ kind: 'character', test: node.test, next });
      case 'sequence':
        return node.nodes.reduceRight((after, part) => this.add(part, after), next);
      case 'choice': {
        const starts = node.nodes.map((choice) => this.add(choice, next));
        return starts.reduceRight((other, start) =>
          this.#put({ kind: 'split', next: start, other }),
        );
      }
      default:
        return this.#addRepeat(node, next);
    }
  }

  #addRepeat({ node, min, max }: Extract<Node, { readonly kind: 'repeat' }>, next: number): number {
    let start = next;
    if (max === Infinity) {
      const loop: State = { kind: 'split', next: 0, other: next };
      start = this.#put(loop);
      loop.next = this.add(node, start);
    } else {
      for (let count = min; count < max; count += 1) {
        const body = this.add(node, start);
        start = this.#put({ kind: 'split', next: body, other: next });
      }
    }
    for (let count = 0; count < min; count += 1) start = this.add(node, start);
    return start;
  }

  #put(state: State): number {
    if (this.states.length >= PATTERN_STATES_MAX) throw unusable('This pattern repeats too much.');
    return this.states.push(state) - 1;
  }
}

class PatternReader {
  readonly #characters: readonly string[];
  #at = 0;
  #nesting = 0;

  constructor(characters: readonly string[]) {
    this.#characters = characters;
  }

  read(): Node {
    const node = this.#choice();
    if (this.#at < this.#characters.length) throw unusable('A ) closes no group in this pattern.');
    return node;
  }

  #choice(): Node {
    const nodes = [this.#sequence()];
    while (this.#takes('|')) nodes.push(this.#sequence());
    const [only] = nodes;
    return nodes.length === 1 && only !== undefined ? only : { kind: 'choice', nodes };
  }

  #sequence(): Node {
    const nodes: Node[] = [];
    for (
      let next = this.#peek();
      next !== undefined && next !== '|' && next !== ')';
      next = this.#peek()
    ) {
      nodes.push(this.#repeated(this.#atom()));
    }
    return { kind: 'sequence', nodes };
  }

  #atom(): Node {
    const character = this.#next();
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'character', test: this.#set() };
      case '.':
        return { kind: 'character', test: (one) => one !== '\n' };
      case '^':
        return { kind: 'begin' };
      case '$':
        return { kind: 'end' };
      case '\\':
        return { kind: 'character', test: classOf(this.#next()) };
      case '*':
      case '+':
      case '?':
        throw unusable(`A ${character} repeats nothing in this pattern.`);
      default:
        return { kind: 'character', test: (one) => one === character };
    }
  }

  #group(): Node {
    this.#nesting += 1;
    if (this.#nesting > PATTERN_NESTING_MAX) throw unusable('This pattern has groups too deep.');
    if (this.#takes('?') && !this.#takes(':')) throw unusable('Patterns have plain groups only.');
    const node = this.#choice();
    if (!this.#takes(')')) throw unusable('A ( is not closed in this pattern.');
    this.#nesting -= 1;
    return node;
  }

  #repeated(node: Node): Node {
    let repeated = node;
    for (;;) {
      if (this.#takes('*')) repeated = repeat(repeated, 0, Infinity);
      else if (this.#takes('+')) repeated = repeat(repeated, 1, Infinity);
      else if (this.#takes('?')) repeated = repeat(repeated, 0, 1);
      else {
        const counted = this.#counted(repeated);
        if (counted === undefined) return repeated;
        repeated = counted;
      }
    }
  }

  /** `{m}`, `{m,}`, `{m,n}`; anything else in braces means itself. */
  #counted(node: Node): Node | undefined {
    if (this.#peek() !== '{') return undefined;
    const rest = this.#characters.slice(this.#at, this.#at + 12).join('');
    const found = /^\{([0-9]{1,4})(,([0-9]{0,4}))?\}/.exec(rest);
    if (found === null) return undefined;
    this.#at += found[0].length;
    const min = Number(found[1]);
    const max = found[2] === undefined ? min : found[3] === '' ? Infinity : Number(found[3]);
    if (max < min) throw unusable('A repetition in this pattern ends before it begins.');
    return repeat(node, min, max);
  }

  #set(): Test {
    const isNegated = this.#takes('^');
    const tests: Test[] = [];
    for (let isFirst = true; isFirst || this.#peek() !== ']'; isFirst = false) {
      const from = this.#next();
      if (from === '\\') tests.push(classOf(this.#next()));
      else if (this.#peek() === '-' && (this.#characters[this.#at + 1] ?? ']') !== ']') {
        this.#at += 1;
        const to = this.#next();
        tests.push((one) => one >= from && one <= to);
      } else tests.push((one) => one === from);
    }
    this.#at += 1;
    return (one) => tests.some((test) => test(one)) !== isNegated;
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #next(): string {
    const character = this.#characters[this.#at];
    if (character === undefined) throw unusable('This pattern ends too early.');
    this.#at += 1;
    return character;
  }

  #takes(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at += 1;
    return true;
  }
}

function repeat(node: Node, min: number, max: number): Node {
  return { kind: 'repeat', node, min, max };
}

const CLASSES: ReadonlyMap<string, RegExp> = new Map([
  ['d', /^[0-9]$/],
  ['w', /^[A-Za-z0-9_]$/],
  ['s', /^\s$/],
]);

function classOf(character: string): Test {
  const plain = CLASSES.get(character);
  if (plain !== undefined) return (one) => plain.test(one);
  const negated = CLASSES.get(character.toLowerCase());
  if (negated !== undefined) return (one) => !negated.test(one);
  const meant = { n: '\n', r: '\r', t: '\t' }[character] ?? character;
  return (one) => one === meant;
}
