import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Claims } from '../../../server/publisher/claims.js';
import { randomRuns } from '../../support/random.js';

test('of the two sides, one has a request', () => {
  const main = new Claims();
  const thread = new Claims(main.buffer);
  const begun = main.offer(undefined);
  assert.equal(thread.claim(begun), true);
  assert.equal(main.claim(begun), false);
  const waiting = main.offer(begun);
  assert.equal(main.claim(waiting), true);
  assert.equal(thread.claim(waiting), false);
});

test('a thread that is late to begin loses no request, however many were taken back meanwhile', () => {
  const takenBack = fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(takenBack, (rounds) => {
      const main = new Claims();
      const thread = new Claims(main.buffer);
      let running = main.offer(undefined);
      const posted = [running];
      for (const times of rounds) {
        for (let time = 0; time < times; time += 1) {
          const waiting = main.offer(running);
          posted.push(waiting);
          assert.equal(main.claim(waiting), true);
        }
        const next = main.offer(running);
        posted.push(next);
        const begun = posted.splice(0, posted.length - 1).filter((id) => thread.claim(id));
        assert.deepEqual(begun, [running]);
        running = next;
      }
    }),
    randomRuns(),
  );
});
