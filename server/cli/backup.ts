/**
 * `canopy backup`: copies the database to a directory of backups, or reads what is there.
 */
import path from 'node:path';
import { backup, removeBackups, verifyBackup } from '../../odb/index.js';
import { summaryOfBackup } from '../database/backup.js';
import { requireApart } from '../settings.js';
import { countInWords, sizeInWords } from '../words.js';
import { type CommandInput, defineCommand, optionOf, UsageError } from './command.js';
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
    {
      name: 'keep',
      value: 'N',
      help: 'then remove all but the newest N full backups, with what follows each',
    },
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
    const keepFull = countOf(optionOf(input, 'keep'));
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
    if (keepFull !== undefined) await removeOld(directory, keepFull, input.out);
    input.out(`Restore it with: canopy restore ${target} --data NEW_DIRECTORY`);
    return made.damagedBlobs.length === 0 ? EXIT_DONE : EXIT_FAILED;
  },
});

/** @throws UsageError for what is no whole number from 1 up */
function countOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (!/^[1-9]\d{0,5}$/.test(given)) {
    throw new UsageError('canopy backup --keep takes a whole number from 1 up, as in: --keep 4');
  }
  return Number(given);
}

async function removeOld(
  directory: string,
  keepFull: number,
  out: (line: string) => void,
): Promise<void> {
  const { backups, blobs, sizeBytes } = await removeBackups(directory, { keepFull });
  if (backups.length === 0) return;
  const what = `${countInWords(backups.length, 'old backup')}, ${countInWords(blobs, 'file')}`;
  out(`Removed ${what}: ${sizeInWords(sizeBytes)}`);
}

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
