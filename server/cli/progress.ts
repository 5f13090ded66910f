/**
 * How far a command is, for whoever sits at a terminal: one line on standard error that is written
 * over again and again, and is gone at the end. Nothing where that is no terminal.
 */

/** More often than this nobody can read it. */
const SHOWN_EVERY_MS = 100;
/** Back to the first column, and clear to the end of the line. */
const CLEAR = '\r\u001B[K';

export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class ProgressLine implements Disposable {
  readonly #terminal: Terminal;
  readonly #nowMs: () => number;
  #shownMs = Number.NEGATIVE_INFINITY;
  #words = '';

  /** @param nowMs a clock that never steps back, in milliseconds */
  constructor(terminal: Terminal = process.stderr, nowMs = (): number => performance.now()) {
    this.#terminal = terminal;
    this.#nowMs = nowMs;
  }

  /**
   * Says what is being done and how far it is, when that was not said a moment ago.
   *
   * @param total 0 where nobody knows
   */
  show(words: string, done: number, total = 0): void {
    if (this.#terminal.isTTY !== true) return;
    const nowMs = this.#nowMs();
    if (words === this.#words && nowMs - this.#shownMs < SHOWN_EVERY_MS) return;
    this.#shownMs = nowMs;
    this.#words = words;
    const of = total > 0 ? ` of ${total.toLocaleString('en-GB')}` : '';
    this.#terminal.write(`${CLEAR}${words}: ${done.toLocaleString('en-GB')}${of}`);
  }

  /** Takes the line away. */
  [Symbol.dispose](): void {
    if (this.#words !== '') this.#terminal.write(CLEAR);
    this.#words = '';
  }
}
