/**
 * What a writer does with a draft, step after step, and what main and its version show after each.
 *
 * The steps are those of `ROUND`, again and again; the n-th step is always the same, and so is what
 * comes of it. At the end of a round the version holds nothing.
 */

/** `undo` takes back the step before it. */
export const ROUND = [
  'main',
  'version',
  'version',
  'undo',
  'main',
  'update',
  'undo',
  'update',
  'version',
  'check-in',
  'undo',
  'discard',
  'undo',
  'check-in',
] as const;
export type Step = (typeof ROUND)[number];

/** A note or a line is taken out when it is as many steps old. */
export const KEPT_STEPS = 2 * ROUND.length;

/** Gives the n-th step, from 1. */
export function stepAt(n: number): Step {
  const step = ROUND[(n - 1) % ROUND.length];
  if (step === undefined) throw new RangeError(`there is no step ${n}`);
  return step;
}

/** The first step of the round that the n-th is in. */
export function roundOf(n: number): number {
  return n - ((n - 1) % ROUND.length);
}

/** A draft as main or the version shows it. */
export interface Shown {
  /** The last steps in main and in the version, as far as they are seen. */
  readonly inMain: number;
  readonly inVersion: number;
  readonly notes: readonly number[];
  readonly lines: readonly number[];
}

/** What is there after a step. */
export interface Moment {
  readonly main: Shown;
  /** What the version holds of the draft itself, and of its notes. */
  readonly held?: {
    readonly own: Pick<Shown, 'inMain' | 'inVersion' | 'lines'>;
    readonly put: readonly number[];
    readonly taken: readonly number[];
  };
}

const EMPTY: Moment = { main: { inMain: 0, inVersion: 0, notes: [], lines: [] } };
const moments: Moment[] = [EMPTY];

/** Gives what is there after the n-th step; 0: before the first. */
export function momentAt(n: number): Moment {
  for (let next = moments.length; next <= n; next += 1) moments.push(after(next));
  return moments[n] ?? EMPTY;
}

/** Gives what the version shows: what it holds, and main for the rest. */
export function inVersion({ main, held }: Moment): Shown {
  if (held === undefined) return main;
  const notes = main.notes.filter((note) => !held.taken.includes(note));
  return { ...held.own, notes: [...notes, ...held.put] };
}

function after(n: number): Moment {
  const before = momentAt(n - 1);
  const { main, held } = before;
  switch (stepAt(n)) {
    case 'main':
      return { ...before, main: { ...main, inMain: n, notes: noted(main.notes, n) } };
    case 'version': {
      const { inMain, lines } = inVersion(before);
      const written = [...lines, n].filter((line) => line > n - KEPT_STEPS);
      const { put = [], taken = [] } = held ?? {};
      return {
        main,
        held: {
          own: { inMain, inVersion: n, lines: written },
          put: [...put, n],
          taken: [...taken, n - KEPT_STEPS],
        },
      };
    }
    case 'update':
      return held === undefined
        ? before
        : { main, held: { ...held, own: { ...held.own, inMain: main.inMain } } };
    case 'check-in':
      return { main: { ...inVersion(before), inMain: main.inMain } };
    case 'discard':
      return { main };
    case 'undo':
      return momentAt(n - 2);
  }
}

function noted(notes: readonly number[], n: number): number[] {
  return [...notes.filter((note) => note !== n - KEPT_STEPS), n];
}
