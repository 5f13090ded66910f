/**
 * A process in which everything happens at the same time until it is killed: several writers commit
 * and put files, others work in versions, packs and backups run. It says `opening` first, and then
 * what is done: `writer n` for a transaction, `backup tid`, `packing phase` and `pack tid`.
 *
 * Its arguments: the directories of the database and of the backups, and any of `thread`, to write
 * in a thread of its own, `pack` and `backup`.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { backup } from '../../../odb/backup/backup.js';
import { Database } from '../../../odb/database.js';
import { asTid } from '../../../odb/tid.js';
import { openDesks, workAt } from './desk.js';
import { settledTid, VERSIONS, workOn } from './draft.js';

export const WRITERS = ['ada', 'ben', 'cleo'] as const;
/** What a pack leaves of the past: microseconds. */
const KEPT = 50_000;
/** A new chain of backups begins after so many. */
const CHAIN = 4;
/** Writers rest between transactions, or no pack and no backup would ever get to its end. */
const REST_MS = 10;

const [, , directory, backups, ...modes] = process.argv;
if (directory !== undefined && backups !== undefined) {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  say('opening');
  const storage = await openDesks(directory, { thread: modes.includes('thread') });
  const database = await Database.open({ storage });
  const onAndOn = async (work: () => Promise<string>, restMs = 0): Promise<never> => {
    for (;;) {
      say(await work());
      if (restMs > 0) await wait(restMs);
    }
  };
  const restMs = modes.includes('pack') || modes.includes('backup') ? REST_MS : 0;
  const pack = async (): Promise<string> => {
    const before = Math.max(0, Math.min(storage.lastTid - KEPT, settledTid(database)));
    const onProgress = ({ phase }: { readonly phase: string }): void => say(`packing ${phase}`);
    return `pack ${(await storage.pack({ before: asTid(before), onProgress })).before}`;
  };
  let made = 0;
  const backUp = async (): Promise<string> => {
    made += 1;
    return `backup ${(await backup(storage, backups, { full: made % CHAIN === 0 })).to}`;
  };
  await Promise.all([
    ...WRITERS.map((writer) =>
      onAndOn(async () => `${writer} ${await workAt(database, writer)}`, restMs),
    ),
    ...Object.keys(VERSIONS).map((writer) =>
      onAndOn(async () => `${writer} ${await workOn(database, writer)}`, restMs),
    ),
    ...(modes.includes('backup') ? [onAndOn(backUp)] : []),
    ...(modes.includes('pack') ? [onAndOn(pack)] : []),
  ]);
}
