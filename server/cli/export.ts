/**
 * `canopy export`: an object with all below it into a file.
 */
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { exportSubtree } from '../../odb/index.js';
import { contentAt } from '../content/content.js';
import { withAllBelow } from '../content/export.js';
import { countInWords, sizeInWords } from '../words.js';
import { defineCommand, UsageError } from './command.js';
import { interruptible } from './interrupt.js';
import { ProgressLine } from './progress.js';
import { openCommandSite } from './site.js';

export const exportCommand = defineCommand({
  operands: '/path FILE',
  about: `Writes an object with all below it to FILE: sources, settings, users and files, as they are now,
without their history. "canopy import" brings it into this site again or into another one. FILE is
there when it is whole, in place of one that was there before.`,
  settings: ['data', 'plugins'],
  async run({ operands, settings, directory, out }) {
    const [from, to, ...rest] = operands;
    if (from === undefined || to === undefined || rest.length > 0) {
      throw new UsageError(
        'canopy export takes a path of the site and a file, as in: canopy export /docs docs.canopy',
      );
    }
    if (!from.startsWith('/')) {
      throw new UsageError(`${from} is no path of the site: those begin with /.`);
    }
    const file = path.resolve(directory, to);
    await using opened = await openCommandSite({ ...settings, directory, mustExist: true });
    using connection = opened.site.database.connect({ readOnly: true });
    const object = contentAt(opened.site.root(connection), from);
    if (object === undefined) throw new UsageError(`There is nothing at ${from}.`);
    using line = new ProgressLine();
    const sizeBytes = await interruptible('No file was written.', (signal) =>
      writeWhole(
        file,
        exportSubtree(connection, object, {
          signal,
          onProgress: (done, total) => line.show('Objects exported', done, total),
        }),
      ),
    );
    line[Symbol.dispose]();
    let objects = 0;
    for (const _each of withAllBelow(object)) objects += 1;
    out(
      `Exported ${object.path} to ${to}: ${countInWords(objects, 'object')} in ${sizeInWords(sizeBytes)}`,
    );
    return 0;
  },
});

/** Writes a file that has its name when it is whole, and on disk. Answers how large it is. */
async function writeWhole(file: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  const temporary = `${file}.${randomUUID().slice(0, 8)}.tmp`;
  let sizeBytes = 0;
  try {
    {
      await using handle = await open(temporary, 'wx', 0o640);
      for await (const some of bytes) {
        await handle.writeFile(some);
        sizeBytes += some.byteLength;
      }
      await handle.sync();
    }
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
  return sizeBytes;
}
