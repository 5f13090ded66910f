/**
 * `canopy import`: a directory of files into a place of the site.
 */
import path from 'node:path';
import { importFiles } from '../import/import.js';
import type { ImportReport } from '../import/apply.js';
import { linesOf } from '../import/report.js';
import { readDirectory } from '../import/directory.js';
import { principalKey, USER_FOLDER_ID } from '../security/principal.js';
import { ADMIN_KEY, ADMIN_NAME } from '../site.js';
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
    {
      name: 'user',
      value: 'NAME',
      help: `in whose name: a user, as ann or /pub/acl_users:ann (${ADMIN_NAME})`,
    },
    { name: 'overwrite', help: 'change also what was edited or made on the site' },
  ],
  async run(input) {
    const [source, target, ...rest] = input.operands;
    if (source === undefined || target === undefined || rest.length > 0) {
      throw new UsageError(
        'canopy import takes a directory and a path of the site, as in: canopy import ./docs /docs',
      );
    }
    if (!target.startsWith('/')) {
      throw new UsageError(`${target} is no path of the site: those begin with /.`);
    }
    const found = await readDirectory(path.resolve(input.directory, source));
    await using opened = await openCommandSite({
      ...input.settings,
      directory: input.directory,
      mustExist: true,
    });
    const report = await opened.site.transact(principalFrom(optionOf(input, 'user')), (work) =>
      importFiles(work, {
        source: found,
        target,
        overwrite: input.options['overwrite'] !== undefined,
      }),
    );
    for (const line of reportOf(report)) input.out(line);
    return 0;
  },
});

function principalFrom(name: string | undefined): string {
  if (name === undefined || name.includes(':')) return name ?? ADMIN_KEY;
  return principalKey({ userFolder: `/${USER_FOLDER_ID}`, name });
}

/** The counts first, then what was left alone, which asks for a decision, then all other notes. */
function reportOf(report: ImportReport): readonly string[] {
  const { created, updated, kept, unchanged, notes } = report;
  const isKept = (message: string): boolean => message.startsWith('Left alone');
  return [
    `${created.length} new, ${updated.length} changed, ` +
      `${kept.length} left alone because edited here, ${unchanged} unchanged`,
    ...linesOf({ ...report, notes: notes.filter(({ message }) => isKept(message)), gone: [] }),
    ...linesOf({ ...report, notes: notes.filter(({ message }) => !isKept(message)) }),
  ];
}
