/**
 * The object that benchmarks of the database are about: a number, a short title and a body of 110
 * characters, 160 bytes as a record. The body is made of words, so that it compresses as text does.
 */
import { Persistent } from '../../odb/index.js';

const BODY_CHARACTERS = 110;
const WORDS = 2_000;
const SYLLABLES = 'ka lo mi ter sun vor es pra nil dom ba rek uth gan sil o'.split(' ');

export class Note extends Persistent {
  static {
    this.define('bench.Note', { title: '', body: '', hits: 0 });
  }

  declare title: string;
  declare body: string;
  declare hits: number;
}

/** What a note holds. */
export interface NoteState {
  readonly title: string;
  readonly body: string;
  readonly hits: number;
}

/** Numbers that look random and are the same in each run, from 0 up to below 1. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const vocabulary = makeVocabulary();

function makeVocabulary(): readonly string[] {
  const random = generator(7);
  const syllable = (): string => SYLLABLES[Math.floor(random() * SYLLABLES.length)] ?? '';
  return Array.from({ length: WORDS }, () =>
    Array.from({ length: 1 + Math.floor(random() * 3) }, syllable).join(''),
  );
}

/** Gives the state of note `n`: each number another body, the same in each run. */
export function noteState(n: number): NoteState {
  const random = generator(Math.imul(n, 2_654_435_761));
  let body = '';
  while (body.length < BODY_CHARACTERS) {
    // Some words are more frequent than others, as in any text.
    body += `${vocabulary[Math.floor(random() ** 2 * WORDS)] ?? ''} `;
  }
  return { title: `Note ${n}`, body: body.slice(0, BODY_CHARACTERS), hits: n };
}

/** The same order each time, by Fisher and Yates. */
export function shuffle<T>(items: readonly T[]): T[] {
  const shuffled = [...items];
  const random = generator(12_345);
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
  }
  return shuffled;
}
