import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PackPace } from '../../../odb/pack/pack-pace.js';

/** A machine on which a commit is answered each millisecond, after a wait of so many. */
function machine(waitMs: { readonly working: number; readonly resting: number }) {
  let nowMs = 0;
  let commits = 0;
  let waitedUs = 0;
  let restedMs = 0;
  const pass = (ms: number, each: number): void => {
    nowMs += ms;
    commits += Math.round(ms);
    waitedUs += Math.round(ms) * each * 1_000;
  };
  const pace = new PackPace({
    waits: () => ({ commits, waitedUs }),
    now: () => nowMs,
    rest(ms) {
      restedMs += ms;
      pass(ms, waitMs.resting);
    },
  });
  return {
    /** Works for some milliseconds, turn by turn, and answers how long the pack rested. */
    work(ms: number): number {
      restedMs = 0;
      for (let worked = 0; worked < ms; worked += 1) {
        pass(1, waitMs.working);
        pace.turn();
      }
      return restedMs;
    },
    /** The same while nobody commits. */
    workAlone(ms: number): number {
      restedMs = 0;
      for (let worked = 0; worked < ms; worked += 1) {
        nowMs += 1;
        pace.turn();
      }
      return restedMs;
    },
  };
}

test('PackPace: where nobody commits, the pack never rests', () => {
  assert.equal(machine({ working: 9, resting: 1 }).workAlone(10_000), 0);
});

test('PackPace: the more it holds commits up, the longer it rests, within bounds', () => {
  const rested = [1, 1.5, 2, 9].map((working) => {
    const { work } = machine({ working, resting: 1 });
    work(2_000);
    return work(10_000);
  });
  assert.deepEqual(
    rested.map((ms) => Math.round(ms / 1_000)),
    [3, 10, 30, 40],
  );
});

test('PackPace: it goes at full speed again when commits end', () => {
  const { work, workAlone } = machine({ working: 9, resting: 1 });
  assert.ok(work(1_000) > 1_000);
  workAlone(20);
  assert.equal(workAlone(1_000), 0);
});
