/**
 * `canopy pack`: forgets what is older than some days.
 */
import {
  areDays,
  PACK_DAYS_DEFAULT,
  PACK_DAYS_MAX,
  packMoment,
  PHASES,
  summaryOfPack,
} from '../database/pack.js';
import { trashDaysOf } from '../database/trash-days.js';
import { leftBy } from '../jobs/job.js';
import type { GivenValues } from '../settings-sources.js';
import { defineCommand, optionOf, UsageError } from './command.js';
import { interruptible } from './interrupt.js';
import { ProgressLine } from './progress.js';
import { openCommandStorage } from './storage.js';

export const packCommand = defineCommand({
  about: `Forgets the states that objects had before the last days, what nothing leads to any more, and
files that no state names. Undo and history reach back as many days afterwards; that is final. The log
of who did what, and when, stays whole, and what was deleted stays in the trash for its own time. A
backup made before keeps what is forgotten here. With --days 0, only the present and the trash stay.`,
  settings: ['data', 'plugins'],
  options: [
    { name: 'days', value: 'N', help: `how far back every state is kept (${PACK_DAYS_DEFAULT})` },
    {
      name: 'trash-days',
      value: 'N',
      help: 'how long the trash keeps what was deleted (as the last server was told)',
    },
  ],
  async run({ settings, options, directory, out }) {
    const days = daysFrom(options, 'days') ?? PACK_DAYS_DEFAULT;
    const trashDays = daysFrom(options, 'trash-days');
    await using storage = await openCommandStorage({ ...settings, directory });
    using line = new ProgressLine();
    const report = await interruptible(leftBy({ kind: 'pack' }), (signal) =>
      storage.pack({
        before: packMoment(days, Date.now()),
        trashDays: trashDays ?? trashDaysOf(storage),
        signal,
        onProgress: ({ phase, done, total }) => line.show(PHASES[phase], done, total),
      }),
    );
    line[Symbol.dispose]();
    out(summaryOfPack(report));
    return 0;
  },
});

/** @throws UsageError for what is no number of days */
function daysFrom(options: GivenValues, name: string): number | undefined {
  const given = optionOf({ options }, name);
  if (given === undefined) return undefined;
  const days = Number(given);
  if (!/^\d+$/.test(given) || !areDays(days)) {
    throw new UsageError(
      `--${name} must be a whole number from 0 to ${PACK_DAYS_MAX}, not ${given}.`,
    );
  }
  return days;
}
