/**
 * A history in which the disk fails once: at its first call, then at its second, and so on until
 * the history has no more calls.
 */
import assert from 'node:assert/strict';
import { brokenDisk, watchDisk, type DiskCall } from '../../support/watched-disk.js';

/** Longer than any history takes: who waits longer waits for ever. */
const HISTORY_MS_MAX = 30_000;

export interface History<Place extends AsyncDisposable> {
  /** Makes what is there before, on a disk that works. */
  begin(): Promise<Place>;
  /** What is done on the disk that fails once. */
  act(place: Place): Promise<void>;
  /** Looks at what is there afterwards, on a disk that works again. */
  verify(place: Place): Promise<void>;
}

/**
 * Runs a history again and again: each call fails in turn before it does anything, and those that
 * write also after they have done it.
 *
 * Whatever fails is told, in an error with a code that says what it was about; calls for which that
 * is not so, since they only clear away, are `quiet`.
 */
export async function failEachCall<Place extends AsyncDisposable>(
  history: History<Place>,
  quiet: (call: DiskCall) => boolean = () => false,
): Promise<{ readonly before: number; readonly after: number }> {
  return {
    before: await failEach('before', history, quiet),
    after: await failEach('after', history, quiet),
  };
}

async function failEach<Place extends AsyncDisposable>(
  when: 'before' | 'after',
  { begin, act, verify }: History<Place>,
  quiet: (call: DiskCall) => boolean,
): Promise<number> {
  for (let n = 1; ; n += 1) {
    let calls = 0;
    let failed: DiskCall | undefined;
    const count = (call: DiskCall): void => {
      if (when === 'after' && !call.writes) return;
      calls += 1;
      if (calls !== n) return;
      failed = call;
      throw brokenDisk(call);
    };
    await using place = await begin();
    let error: unknown;
    {
      using _watch = watchDisk({ [when]: count });
      error = await ended(act(place));
    }
    try {
      if (failed === undefined) assert.equal(error, undefined);
      else if (error === undefined) assert.ok(quiet(failed), 'what failed is told');
      else assertTells(error, failed);
      await verify(place);
    } catch (cause) {
      const { name = 'nothing', file = '' } = failed ?? {};
      const told = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      throw new Error(`Call ${n} (${name} ${file}) failed ${when} it was made: ${told}`, { cause });
    }
    if (failed === undefined) return n - 1;
  }
}

/** What a promise was rejected with; it does not take for ever. */
async function ended(work: Promise<void>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('A promise is never settled')), HISTORY_MS_MAX);
  });
  try {
    await Promise.race([work, late]);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    clearTimeout(timer);
  }
}

function assertTells(error: unknown, { name }: DiskCall): void {
  assert.ok(error instanceof Error);
  const code = 'code' in error ? String(error.code) : '';
  // Whoever reads a file as a stream may see what the stream says.
  const isCode = name.endsWith('of a stream') ? /^(ODB_|EIO$)/ : /^ODB_/;
  assert.match(code, isCode, `${error.message} has a code of the database`);
  let told = '';
  for (let at: unknown = error; at instanceof Error; at = at.cause) told += `${at.message} `;
  assert.match(told, /\/|database/, 'it says what it was about');
}
