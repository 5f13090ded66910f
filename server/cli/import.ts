/**
 * `canopy import`: a directory of files into a place of the site.
 */
import path from 'node:path';
import { importFiles } from '../import/import.js';
import { linesOf, summaryOf } from '../import/report.js';
import { readDirectory } from '../import/source-file.js';
import { ADMIN_KEY } from '../site.js';
import { defineCommand, optionOf, UsageError } from './command.js';
import { openCommandSite } from './site.js';

export const importCommand = defineCommand({
  operands: 'SOURCE_DIR /target/path',
  about: `Brings a directory into the site, in one transaction that can be undone: Markdown, MDX and HTML
become Documents, .hbs Templates, images Images, everything else Files. Links between files become
links between objects. Done again, it changes what changed in the files since, and leaves alone what
was edited on the site. What could not be taken over as it is, is listed by file and line.`,
  settings: ['data', 'plugins'],
  options: [
    { name: 'user', value: 'PRINCIPAL', help: `in whose name (${ADMIN_KEY})` },
    { name: 'overwrite', help: 'change also what was edited or made on the site' },
  ],
  async run(input) {
    const [source, target, ...rest] = input.operands;
    if (source === undefined || target === undefined || rest.length > 0) {
      throw new UsageError('canopy import takes a directory and a path of the site.');
    }
    if (!target.startsWith('/')) throw new UsageError(`${target} is no path: it begins with /.`);
    const files = await readDirectory(path.resolve(input.directory, source));
    await using opened = await openCommandSite({
      ...input.settings,
      directory: input.directory,
      mustExist: true,
    });
    const report = await opened.site.transact(optionOf(input, 'user') ?? ADMIN_KEY, (work) =>
      importFiles(work, { files, target, overwrite: input.options['overwrite'] !== undefined }),
    );
    for (const line of linesOf(report)) input.out(line);
    input.out(summaryOf(report));
    return 0;
  },
});
