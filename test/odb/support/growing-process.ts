/**
 * A process that commits on and on, in a process whose files may not grow beyond a limit, and says
 * what became of each: `done n`, or `refused CODE` with how much it could read then.
 */
import { Database } from '../../../odb/database.js';
import { OdbError } from '../../../odb/errors.js';
import { openDesks, Desk, workAt } from './desk.js';

const [, , directory, mode] = process.argv;
if (directory !== undefined) {
  // Asked for by the system before it refuses; what it refuses is what is looked for here.
  process.on('SIGXFSZ', () => undefined);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const storage = await openDesks(directory, { thread: mode === 'thread' });
  await using database = await Database.open({ storage });
  process.stdin.resume();
  process.stdin.on('end', () => process.exit());
  for (;;) {
    try {
      await storage.setMeta({ filler: Buffer.alloc(20_000).toString('base64') });
      say(`done ${await workAt(database, 'ada')}`);
    } catch (error) {
      if (!(error instanceof OdbError)) throw error;
      using connection = database.connect();
      const desk = connection.root.get('ada');
      say(`refused ${error.code} ${desk instanceof Desk ? desk.n : 0}`);
    }
  }
}
