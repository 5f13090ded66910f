/**
 * `canopy restore`: makes the database of a backed-up moment.
 */
import path from 'node:path';
import { restore, type Tid, tidToMs } from '../../odb/index.js';
import { BadRequest } from '../errors.js';
import { readMoment } from '../publisher/moment.js';
import { countInWords, momentInWords } from '../words.js';
import { defineCommand, optionOf, UsageError } from './command.js';
import { interruptible } from './interrupt.js';
import { ProgressLine } from './progress.js';

export const restoreCommand = defineCommand({
  operands: 'SOURCE',
  about: `Makes a database from the backups in the directory SOURCE, as it was at the last of them or at
any moment before. The directory that --data names must be empty, or not there: nothing is ever
written over. To go back in place, end the server, move its directory away, and restore to the old
name. Every file that is read is compared with what was written; there is the whole database in the
end, or none.`,
  settings: ['data'],
  options: [
    {
      name: 'at',
      value: 'TIME',
      help: 'the moment, as 2026-11-21T09:30Z (in UTC), or a transaction by its tid; the last one',
    },
  ],
  async run({ operands, options, settings, directory, out }) {
    const [source, ...rest] = operands;
    if (source === undefined || rest.length > 0) {
      throw new UsageError(
        'canopy restore takes one directory, as in: canopy restore /mnt/backups/site --data .data',
      );
    }
    const at = momentFrom(optionOf({ options }, 'at'));
    using line = new ProgressLine();
    const made = await interruptible('There is no new database.', (signal) =>
      restore(path.resolve(directory, source), settings.data, {
        ...(at === undefined ? {} : { at }),
        signal,
        onProgress: (transactions) => line.show('Transactions restored', transactions),
      }),
    );
    line[Symbol.dispose]();
    const { lastTid, transactions, revisions, blobs } = made;
    const what = [
      countInWords(transactions, 'transaction'),
      countInWords(revisions, 'state'),
      countInWords(blobs, 'file'),
    ].join(', ');
    out(`Restored to ${settings.data}: ${what}`);
    out(`The newest transaction is ${lastTid}, of ${momentInWords(tidToMs(lastTid))}`);
    return 0;
  },
});

/** @throws UsageError for what is neither a time nor a tid */
function momentFrom(given: string | undefined): Tid | undefined {
  if (given === undefined) return undefined;
  try {
    return readMoment('--at', given, 'end');
  } catch (error) {
    if (error instanceof BadRequest) throw new UsageError(`${error.message}.`);
    throw error;
  }
}
