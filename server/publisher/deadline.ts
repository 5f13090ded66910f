/**
 * The time a request may take.
 *
 * It counts from the moment the request was given to a publisher thread until the thread hands
 * over its answer. Nothing waits for a deadline: whoever works asks whether it has passed.
 */
export class Deadline {
  readonly startedMs: number;
  readonly atMs: number;

  /**
   * @param startedMs the clock's reading now; every later reading must be of the same clock
   * @param limitMs how long the request may take
   */
  constructor(startedMs: number, limitMs: number) {
    this.startedMs = startedMs;
    this.atMs = startedMs + limitMs;
  }

  passed(nowMs: number): boolean {
    return nowMs >= this.atMs;
  }

  /** Gives what is left; 0 when nothing is. */
  remainingMs(nowMs: number): number {
    return Math.max(0, this.atMs - nowMs);
  }
}
