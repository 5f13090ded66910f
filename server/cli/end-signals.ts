/**
 * The signals that ask a server to end.
 *
 * The first one asks; a later one wants it at once. One request often arrives several times: Ctrl-C
 * in a terminal signals `npm` and the server, and `npm` passes its own on. So whatever comes shortly
 * after the first is taken for a copy of it.
 */
import type { EventEmitter } from 'node:events';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export type SignalSource = Pick<EventEmitter, 'on' | 'off'>;

/** How long after the first signal others are copies of it. */
export const COPIES_WITHIN_MS = 1000;

export interface EndSignalsOptions {
  /** Where the signals come from: the process. */
  readonly source: SignalSource;
  /** A clock that never steps back, in milliseconds. */
  readonly nowMs: () => number;
  /** Called at each signal that is neither the first nor a copy of it. */
  readonly onForced: () => void;
}

export interface EndSignals extends Disposable {
  /** Resolves to the name of the first signal. */
  readonly first: Promise<string>;
}

/**
 * Waits for signals: none ends the process by itself, until this is disposed. After a signal it never
 * does again: copies of that one may still be on their way.
 */
export function endSignals({ source, nowMs, onForced }: EndSignalsOptions): EndSignals {
  let firstMs: number | undefined;
  const listeners = new Map<string, () => void>();
  const first = new Promise<string>((resolve) => {
    for (const name of SIGNALS) {
      listeners.set(name, () => {
        firstMs ??= nowMs();
        if (nowMs() - firstMs >= COPIES_WITHIN_MS) onForced();
        resolve(name);
      });
    }
  });
  for (const [name, listener] of listeners) source.on(name, listener);
  return {
    first,
    [Symbol.dispose]() {
      if (firstMs !== undefined) return;
      for (const [name, listener] of listeners) source.off(name, listener);
    },
  };
}
