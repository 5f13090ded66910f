/**
 * A process in which everything happens at the same time until it is killed: several writers commit
 * and put files, packs and backups run. It says what is done: `writer n` for a transaction,
 * `backup tid`, `pack tid`.
 */
import { backup } from '../../../odb/backup/backup.js';
import { Database } from '../../../odb/database.js';
import { asTid } from '../../../odb/tid.js';
import { openDesks, workAt } from './desk.js';

export const WRITERS = ['ada', 'ben', 'cleo'] as const;
/** What a pack leaves of the past: microseconds. */
const KEPT = 50_000;
/** A new chain of backups begins after so many. */
const CHAIN = 4;

const [, , directory, backups, mode] = process.argv;
if (directory !== undefined && backups !== undefined) {
  const storage = await openDesks(directory, { thread: mode === 'thread' });
  const database = await Database.open({ storage });
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const onAndOn = async (work: () => Promise<string>): Promise<never> => {
    for (;;) say(await work());
  };
  let made = 0;
  await Promise.all([
    ...WRITERS.map((writer) => onAndOn(async () => `${writer} ${await workAt(database, writer)}`)),
    onAndOn(async () => {
      made += 1;
      return `backup ${(await backup(storage, backups, { full: made % CHAIN === 0 })).to}`;
    }),
    onAndOn(async () => {
      const before = asTid(Math.max(0, storage.lastTid - KEPT));
      return `pack ${(await storage.pack({ before })).before}`;
    }),
  ]);
}
