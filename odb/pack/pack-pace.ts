/**
 * How fast a pack goes: at full speed while nobody commits, and beside commits in short turns with
 * rests between them, as long as commits need.
 *
 * Commits tell how long they waited. Those answered while the pack worked are compared with those
 * answered while it rested, and it rests so long that all together wait not much longer than they
 * would without it. So nothing has to be known of the machine, nor of how long a commit takes on it.
 */

/** Commits answered so far, and how long they waited altogether. Both only grow. */
export interface CommitWaits {
  readonly commits: number;
  readonly waitedUs: number;
}

export interface PaceOptions {
  readonly waits: () => CommitWaits;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Does nothing for so many milliseconds. */
  readonly rest: (ms: number) => void;
}

/** How long the pack works before it looks whether anybody waits. */
const TURN_MS = 10;
/** Rests are this long, in turns of work: without one beside commits, nothing could be compared. */
const REST_MIN = 0.25;
const REST_MAX = 4;
/** How much longer commits may wait, on the average, than while the pack rests. */
const SLOWER_MAX = 1.25;
/** How much the newest turn counts against those before it. */
const NEWEST_SHARE = 0.1;

export class PackPace {
  readonly #options: PaceOptions;
  #turnSince: number;
  #waits: CommitWaits;
  /** Length of the next rest, in turns. */
  #rest = 1;
  /** How long a commit waits while the pack works and while it rests, in microseconds. */
  #working: number | undefined;
  #resting: number | undefined;

  constructor(options: PaceOptions) {
    this.#options = options;
    this.#turnSince = options.now();
    this.#waits = options.waits();
  }

  /** Rests, when it is time to. To be called often. */
  turn(): void {
    const { now, rest } = this.#options;
    const workedMs = now() - this.#turnSince;
    if (workedMs < TURN_MS) return;
    const working = this.#waitedSince();
    if (working !== undefined) {
      this.#working = average(this.#working, working);
      rest(workedMs * this.#rest);
      const resting = this.#waitedSince();
      if (resting !== undefined) this.#resting = average(this.#resting, resting);
      this.#adapt();
    }
    this.#turnSince = now();
  }

  /** Makes rests so long that the average over work and rest is what it may be. */
  #adapt(): void {
    if (this.#working === undefined || this.#resting === undefined) return;
    const slower = this.#working / this.#resting;
    const rest = (slower - SLOWER_MAX) / (SLOWER_MAX - 1);
    this.#rest = Math.min(REST_MAX, Math.max(REST_MIN, rest));
  }

  /** How long a commit waited of those answered since it was last asked; `undefined`: none was. */
  #waitedSince(): number | undefined {
    const { commits, waitedUs } = this.#waits;
    this.#waits = this.#options.waits();
    const count = this.#waits.commits - commits;
    return count === 0 ? undefined : (this.#waits.waitedUs - waitedUs) / count;
  }
}

function average(before: number | undefined, newest: number): number {
  return before === undefined ? newest : before + (newest - before) * NEWEST_SHARE;
}
