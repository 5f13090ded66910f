/**
 * Ending a command in order: at the first signal it stops where that does no harm, and says what is
 * left; at a later one it ends at once.
 */
import { ServerError } from '../errors.js';
import { endSignals, type SignalSource } from './end-signals.js';

const EXIT_AT_ONCE = 130;

/**
 * Does work that a signal ends early.
 *
 * @param left what is said then: a sentence about what there is now
 * @param source where signals come from
 * @throws ServerError `SRV_ENDED` when a signal ended it; and whatever `work` throws
 */
export async function interruptible<T>(
  left: string,
  work: (signal: AbortSignal) => Promise<T>,
  source: SignalSource = process,
): Promise<T> {
  const stop = new AbortController();
  using signals = endSignals({
    source,
    nowMs: () => performance.now(),
    onForced: () => process.exit(EXIT_AT_ONCE),
  });
  void signals.first.then((name) => {
    stop.abort(new ServerError('SRV_ENDED', `Ended by ${name}. ${left}`));
  });
  return await work(stop.signal);
}
