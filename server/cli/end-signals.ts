/**
 * The signals that ask a server to end.
 *
 * The first one asks; a later one wants it at once. One request often arrives several times: Ctrl-C
 * in a terminal signals `npm` and the server, and `npm` passes its own on. So whatever comes shortly
 * after the first is taken for a copy of it.
 */
import type { EventEmitter } from 'node:events';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** How long after the first signal others are copies of it. */
export const COPIES_WITHIN_MS = 1000;

export interface EndSignalsOptions {
  /** Where the signals come from: the process. */
  readonly source: Pick<EventEmitter, 'on'>;
  /** A clock that never steps back, in milliseconds. */
  readonly nowMs: () => number;
  /** Called at each signal that is neither the first nor a copy of it. */
  readonly onForced: () => void;
}

/** Resolves to the name of the first signal. From here on, none ends the process by itself. */
export function endSignals({ source, nowMs, onForced }: EndSignalsOptions): Promise<string> {
  return new Promise((resolve) => {
    let firstMs: number | undefined;
    for (const name of SIGNALS) {
      source.on(name, () => {
        firstMs ??= nowMs();
        if (nowMs() - firstMs >= COPIES_WITHIN_MS) onForced();
        resolve(name);
      });
    }
  });
}
