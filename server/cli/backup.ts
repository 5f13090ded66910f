/**
 * `canopy backup`: copies the database to a directory of backups, or reads what is there.
 */
import path from 'node:path';
import { backup, verifyBackup } from '../../odb/index.js';
import { summaryOfBackup } from '../database/backup.js';
import { requireApart } from '../settings.js';
import { countInWords } from '../words.js';
import { type CommandInput, defineCommand, UsageError } from './command.js';
import { interruptible } from './interrupt.js';
import { ProgressLine } from './progress.js';
import { openCommandStorage } from './storage.js';

const SETTINGS = ['data', 'plugins'] as const;

const EXIT_DONE = 0;
const EXIT_FAILED = 1;

export const backupCommand = defineCommand({
  operands: 'TARGET',
  about: `Copies the database to the directory TARGET: everything the first time, later what is new since
the last backup there. Keep it on another disk. Any moment up to the last backup can be restored from
it with "canopy restore". While a server has the database, make backups in its admin, or with
POST /@api/backup.`,
  settings: SETTINGS,
  options: [
    { name: 'full', help: 'copy everything again, as the beginning of a new chain' },
    { name: 'verify', help: 'make no backup: read those in TARGET, and say what is damaged' },
  ],
  async run(input) {
    const [target, ...rest] = input.operands;
    if (target === undefined || rest.length > 0) {
      throw new UsageError(
        'canopy backup takes one directory, as in: canopy backup /mnt/backups/site',
      );
    }
    const directory = path.resolve(input.directory, target);
    if (input.options['verify'] !== undefined) return verify(directory, input);
    const { data } = input.settings;
    requireApart(data, directory);
    await using storage = await openCommandStorage({
      ...input.settings,
      directory: input.directory,
    });
    using line = new ProgressLine();
    const made = await interruptible(
      'No backup was made; those made before are as they were.',
      (signal) =>
        backup(storage, directory, {
          full: input.options['full'] !== undefined,
          signal,
          onProgress: (transactions) => line.show('Transactions copied', transactions),
        }),
    );
    line[Symbol.dispose]();
    for (const each of summaryOfBackup(made)) input.out(each);
    input.out(`Restore it with: canopy restore ${target} --data NEW_DIRECTORY`);
    return made.damagedBlobs.length === 0 ? EXIT_DONE : EXIT_FAILED;
  },
});

async function verify(
  directory: string,
  { options, out }: CommandInput<(typeof SETTINGS)[number]>,
): Promise<number> {
  if (options['full'] !== undefined) {
    throw new UsageError('canopy backup takes --full or --verify, not both.');
  }
  const report = await interruptible('Nothing was changed.', (signal) =>
    verifyBackup(directory, { signal }),
  );
  for (const { file, what } of report.problems) out(`${file} ${what}.`);
  const read = [
    countInWords(report.backups.length, 'backup'),
    countInWords(report.transactions, 'transaction'),
    countInWords(report.blobs, 'file'),
  ].join(', ');
  if (report.problems.length === 0) {
    out(`All of it can be restored: ${read}`);
    return EXIT_DONE;
  }
  out(`Not all of it can be restored: ${read}. Make a new one with: canopy backup --full`);
  return EXIT_FAILED;
}
