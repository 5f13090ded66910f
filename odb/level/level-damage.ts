/**
 * Looking for damaged tables in the files of a database, and leaving out what is damaged.
 */
import { constants, copyFile, mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { ClassicLevel } from 'classic-level';
import { tablesIn } from './level-files.js';
import { makeUnreadable, tableDamage, type TableDamage } from './level-table.js';
import type { LevelDatabase } from './level-view.js';
import type { DamagedFile } from '../storage.js';

/** Where what was damaged is kept, as LevelDB does itself. */
export const LOST = 'lost';
/** A table in LevelDB's account of its files: number and bytes, then the keys it has. */
const LISTED = /^ *(\d+):\d+\[/gm;

/** Looks at the tables of a database that is open, which may be written to meanwhile. */
export async function* damagedTables(db: LevelDatabase): AsyncGenerator<DamagedFile> {
  if (!(db instanceof ClassicLevel)) return;
  const counted = new Set(tableNumbers(db.getProperty('leveldb.sstables')));
  for (const name of await tablesIn(db.location)) {
    // Others are being written, or are removed in a moment.
    if (!counted.has(Number.parseInt(name, 10))) continue;
    const file = path.join(db.location, name);
    const damage = await damageOf(file);
    if (damage !== undefined) yield { file, what: inWords(damage) };
  }
}

/**
 * Makes LevelDB leave out the damaged blocks of tables: it would take some of them for what was
 * written. Nobody has the database open. The tables as they were are kept in `lost/`.
 *
 * @returns the names of tables that are damaged
 */
export async function leaveOutDamage(objects: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of await tablesIn(objects)) {
    const file = path.join(objects, name);
    const table = await readFile(file);
    const damage = tableDamage(table);
    if (damage === undefined) continue;
    names.push(name);
    if (damage.kind === 'table') continue;
    await mkdir(path.join(objects, LOST), { recursive: true });
    await keep(file, path.join(objects, LOST, `${name}.damaged`));
    makeUnreadable(table, damage.blocks);
    await replaceFile(file, table);
  }
  return names;
}

/** Copies a table as it was; when an earlier repair did, it stays as it was then. */
async function keep(file: string, copy: string): Promise<void> {
  try {
    await copyFile(file, copy, constants.COPYFILE_EXCL);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
    throw error;
  }
}

/** Puts other bytes in the place of a file of LevelDB: whole, and on disk, or not at all. */
export async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const mended = path.join(path.dirname(file), LOST, `${path.basename(file)}.mended`);
  {
    await using handle = await open(mended, 'w');
    await handle.writeFile(bytes);
    await handle.sync();
  }
  await rename(mended, file);
}

async function damageOf(file: string): Promise<TableDamage | undefined> {
  try {
    return tableDamage(await readFile(file));
  } catch (error) {
    // What it held is in another file by now.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function inWords(damage: TableDamage): string {
  if (damage.kind === 'table') return 'is not what was written; nothing in it can be relied on';
  const [first] = damage.blocks;
  const count = damage.blocks.length;
  const where = `at byte ${first?.at ?? 0}`;
  return count === 1
    ? `has a block ${where} that is not what was written`
    : `has ${count} blocks that are not what was written, the first ${where}`;
}

function tableNumbers(listed: string): number[] {
  return [...listed.matchAll(LISTED)].map(([, number]) => Number(number));
}
