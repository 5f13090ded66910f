/**
 * Code in a line of Markdown: what stands between two equal runs of backticks.
 *
 * Found in one walk over the text: a run that nothing closes costs no look at all that follows.
 */

/** From the first backtick to just behind the last. */
export interface CodeSpan {
  readonly start: number;
  readonly end: number;
}

interface Run extends CodeSpan {
  /** The next run of the same length, which closes this one. */
  readonly closing: Run | undefined;
}

/** The spans of one text, asked for in their order. */
export class CodeSpans {
  /** The last run is the first here. */
  readonly #runs: Run[] = [];

  constructor(text: string) {
    const found = [...text.matchAll(/`+/g)].map(({ 0: { length }, index }) => ({
      start: index,
      end: index + length,
    }));
    const nextOf = new Map<number, Run>();
    for (const { start, end } of found.reverse()) {
      const run = { start, end, closing: nextOf.get(end - start) };
      nextOf.set(end - start, run);
      this.#runs.push(run);
    }
  }

  /** Gives the first span that begins at `from` or later. Never ask for an earlier one again. */
  next(from: number): CodeSpan | undefined {
    for (let run = this.#runs.at(-1); run !== undefined; run = this.#runs.at(-1)) {
      if (run.start >= from && run.closing !== undefined) {
        return { start: run.start, end: run.closing.end };
      }
      this.#runs.pop();
    }
    return undefined;
  }
}
