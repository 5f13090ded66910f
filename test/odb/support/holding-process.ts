/** A process that opens a storage and holds it until its input ends. */
import { LevelStorage } from '../../../odb/level/level-storage.js';

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('a directory is needed');
const storage = await LevelStorage.open({ directory, thread: false });
process.stdout.write('open\n');
for await (const _ of process.stdin);
await storage.close();
