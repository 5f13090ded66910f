/**
 * The files of LevelDB, looked at before it opens them.
 *
 * Some damage LevelDB passes over without a word, and makes it final: without `CURRENT`, it begins a
 * new database and removes the files of the old one; of a log that is broken in its midst, it leaves
 * out what is around the broken place, and removes the log. So such files are refused before it sees
 * them. Logs are read whole for that: they hold what was written last, 8 MB as a rule.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { brokenAt } from './level-log.js';

/** The file that says which other files count. */
const CURRENT = 'CURRENT';
const TABLE_OR_LOG = /^\d+\.(?:ldb|sst|log)$/;
const TABLE = /^\d+\.(?:ldb|sst)$/;
const LOG = /^\d+\.log$/;

/** Lists the logs of writes in LevelDB's directory, oldest first. */
export async function logsIn(objects: string): Promise<string[]> {
  const logs = (await namesIn(objects)).filter((name) => LOG.test(name));
  return logs.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}

/** Lists the tables in LevelDB's directory. */
export async function tablesIn(objects: string): Promise<string[]> {
  return (await namesIn(objects)).filter((name) => TABLE.test(name)).sort();
}

/** Tells whether there is anything in LevelDB's directory. */
export async function hasFiles(objects: string): Promise<boolean> {
  return (await namesIn(objects)).length > 0;
}

/** Says what is wrong that LevelDB would pass over; `undefined` when there is nothing of the kind. */
export async function findDamagedFile(objects: string): Promise<string | undefined> {
  const names = await namesIn(objects);
  if (!names.includes(CURRENT) && names.some((name) => TABLE_OR_LOG.test(name))) {
    return `${CURRENT} is missing in ${objects}`;
  }
  for (const name of await logsIn(objects)) {
    const at = brokenAt(await readFile(path.join(objects, name)));
    if (at !== undefined) return `${name} in ${objects} is broken at byte ${at}`;
  }
  return undefined;
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
