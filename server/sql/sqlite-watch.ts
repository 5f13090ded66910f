/**
 * What ends the process of an SQLite connection when the one that started it has gone.
 *
 * The process itself notices nothing while a statement runs, and one that never ends would keep its
 * file locked for good. So a thread of its own waits at a pipe that the other side holds open.
 */
import { readSync } from 'node:fs';

const STANDARD_INPUT = 0;

const byte = new Uint8Array(1);
while (readSync(STANDARD_INPUT, byte) > 0);
process.kill(process.pid, 'SIGKILL');
