/**
 * The terms that a number of edits lead to from a word: letters put in, left out, replaced, or
 * exchanged with the next.
 *
 * A state is what is left of the word: a letter, and the rest of the word from behind it, or from
 * further on where the letter was exchanged with those between. A term is read letter by letter,
 * with the fewest edits for each state. What the beginnings of terms led to is kept while terms
 * come in their order, so few letters are read twice. `*` in the word is any one letter.
 */
const ANY_LETTER = 0x2a;

/** Patterns of one word; see `term-pattern.ts`. */
export class FuzzyTerms {
  readonly prefix = '';
  readonly #word: string;
  readonly #edits: number;
  /** Further letters a state's letter was exchanged with, and one more. */
  readonly #width: number;
  /** The state in which nothing is left. */
  readonly #end: number;
  /** The term before, and the edits for each state after so many letters of it. */
  #before = '';
  readonly #rows: Uint8Array[];
  /** So many rows are those of the term before; the last of them may have no state left. */
  #valid = 1;

  constructor(word: string, edits: number) {
    this.#word = word;
    this.#edits = edits;
    this.#width = edits + 1;
    this.#end = word.length * this.#width;
    const first = this.#row();
    first[0] = 0;
    this.#leaveOut(first);
    this.#rows = [first];
  }

  matches(term: string): boolean {
    const common = commonLength(this.#before, term);
    this.#valid = Math.min(this.#valid, common + 1);
    this.#before = term;
    if (term === '' || Math.abs(term.length - this.#word.length) > this.#edits) return false;
    while (this.#valid <= term.length) {
      const row = this.#rows[this.#valid - 1] as Uint8Array;
      if (!this.#isAlive(row)) return false;
      const next = (this.#rows[this.#valid] ??= this.#row());
      this.#read(row, term.charCodeAt(this.#valid - 1), next);
      this.#valid += 1;
    }
    return (this.#rows[term.length]?.[this.#end] as number) <= this.#edits;
  }

  #row(): Uint8Array {
    return new Uint8Array(this.#end + 1).fill(this.#edits + 1);
  }

  #isAlive(row: Uint8Array): boolean {
    return row.some((edits) => edits <= this.#edits);
  }

  /** Reads one letter. */
  #read(row: Uint8Array, letter: number, next: Uint8Array): void {
    const { length } = this.#word;
    next.fill(this.#edits + 1);
    for (let state = 0; state <= this.#end; state += 1) {
      const edits = row[state] as number;
      if (edits > this.#edits) continue;
      // Put in.
      note(next, state, edits + 1);
      if (state === this.#end) break;
      const at = Math.floor(state / this.#width);
      const exchanged = state % this.#width;
      const rest = at + exchanged + 1;
      // Kept, or replaced.
      note(next, rest * this.#width, this.#isLetter(at, letter) ? edits : edits + 1);
      if (rest < length && exchanged < this.#edits && this.#isLetter(rest, letter)) {
        note(next, state + 1, edits + 1);
      }
    }
    this.#leaveOut(next);
  }

  /** Leaves letters out. States come before those they lead to. */
  #leaveOut(row: Uint8Array): void {
    for (let state = 0; state < this.#end; state += 1) {
      const edits = row[state] as number;
      if (edits >= this.#edits) continue;
      const rest = Math.floor(state / this.#width) + (state % this.#width) + 1;
      note(row, rest * this.#width, edits + 1);
    }
  }

  #isLetter(at: number, letter: number): boolean {
    const own = this.#word.charCodeAt(at);
    return own === letter || own === ANY_LETTER;
  }
}

function note(row: Uint8Array, state: number, edits: number): void {
  if (edits < (row[state] as number)) row[state] = edits;
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a.charCodeAt(length) === b.charCodeAt(length)) {
    length += 1;
  }
  return length;
}
