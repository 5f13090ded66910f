/**
 * Random tests that are the same ones each time. `CANOPY_RUNS` makes them more, `CANOPY_SEED` others:
 * one that fails says how to run it again.
 */
import * as fc from 'fast-check';

const { CANOPY_RUNS, CANOPY_SEED } = process.env;
const RUNS = 100;

/** What all that is random in a test comes from. */
export const SEED = Number(CANOPY_SEED ?? 20_261_121);

/**
 * Says how often `fc.assert` tries a property, and from which numbers.
 *
 * @param runs how often, when `CANOPY_RUNS` does not say
 * @param share the part of them that is tried: less than 1 where one takes long
 */
export function randomRuns<Values>(runs = RUNS, share = 1): fc.Parameters<Values> {
  const all = Number(CANOPY_RUNS ?? runs);
  return {
    numRuns: Math.ceil(all * share),
    seed: SEED,
    includeErrorInReport: true,
    reporter(details) {
      if (!details.failed) return;
      const again = `Again: CANOPY_SEED=${SEED} CANOPY_RUNS=${all}`;
      throw new Error(`${again}\n${fc.defaultReportMessage(details)}`);
    },
  };
}
