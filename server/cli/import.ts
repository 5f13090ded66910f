/**
 * `canopy import`: a directory of files, or what was exported, into a place of the site.
 */
import { createReadStream, statSync } from 'node:fs';
import path from 'node:path';
import { importFiles } from '../import/import.js';
import type { ImportReport } from '../import/apply.js';
import { deadLinksOf, formsOf, linesOf, type NoteGroup, notesAbout } from '../import/report.js';
import { asMessage } from '../quote.js';
import { readDirectory } from '../import/directory.js';
import { principalKey, USER_FOLDER_ID } from '../security/principal.js';
import { ADMIN_KEY, ADMIN_NAME } from '../site.js';
import { contentAt, isContainer } from '../content/content.js';
import { importObject } from '../content/export.js';
import { countInWords } from '../words.js';
import { type CommandInput, defineCommand, optionOf, UsageError } from './command.js';
import { interruptible } from './interrupt.js';
import { ProgressLine } from './progress.js';
import { openCommandSite } from './site.js';

const SETTINGS = ['data', 'plugins'] as const;

export const importCommand = defineCommand({
  operands: 'SOURCE_DIR|FILE /target/path',
  about: `Brings a directory into the site, in one transaction that can be undone: Markdown, MDX and HTML
become Documents, .hbs Templates, images Images, everything else Files. Links between files become
links between objects. Done again, it changes what changed in the files since, and leaves alone what
was edited on the site. The report begins and ends with the counts; what could not be taken over as
it is, such as components of MDX, is counted by kind for the files that are new or changed.
What "canopy export" wrote is imported as one object at the path, which must be free. Who imports
owns it; local roles stay behind.`,
  settings: SETTINGS,
  options: [
    {
      name: 'user',
      value: 'NAME',
      help: `in whose name: a user, as ann or /pub/acl_users:ann (${ADMIN_NAME})`,
    },
    { name: 'overwrite', help: 'change also what was edited or made on the site' },
    { name: 'verbose', help: 'list each place that came in in another form, not only how many' },
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
    const from = path.resolve(input.directory, source);
    if (statSync(from, { throwIfNoEntry: false })?.isFile() === true) {
      return importExported(from, target, input);
    }
    const found = await readDirectory(from);
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
    const verbose = input.options['verbose'] !== undefined;
    for (const line of reportOf(report, { verbose })) input.out(line);
    return 0;
  },
});

/** Imports a file that was exported, as the object at the path. */
async function importExported(
  file: string,
  target: string,
  input: CommandInput<(typeof SETTINGS)[number]>,
): Promise<number> {
  for (const name of ['overwrite', 'verbose']) {
    if (input.options[name] === undefined) continue;
    throw new UsageError(`--${name} is for a directory of files; ${file} is one file.`);
  }
  const [, above = '', id = ''] = /^(.*)\/([^/]+)\/?$/.exec(target) ?? [];
  if (id === '') throw new UsageError('An export is imported as an object, at a path of its own.');
  await using opened = await openCommandSite({
    ...input.settings,
    directory: input.directory,
    mustExist: true,
  });
  const { site } = opened;
  using line = new ProgressLine();
  const { path: made, count } = await interruptible('Nothing was changed.', (signal) =>
    site.transact(principalFrom(optionOf(input, 'user')), async (work) => {
      const container = contentAt(site.root(work.connection), above);
      if (!isContainer(container)) throw new UsageError(`There is no folder ${above || '/'}.`);
      const imported = await importObject(work, container, {
        id,
        stream: createReadStream(file) as AsyncIterable<Uint8Array>,
        signal,
        onProgress: (done, total) => line.show('Objects imported', done, total),
      });
      return { path: imported.object.path, count: imported.count };
    }),
  );
  line[Symbol.dispose]();
  input.out(`Imported ${made}: ${countInWords(count, 'object')}`);
  return 0;
}

function principalFrom(name: string | undefined): string {
  if (name === undefined || name.includes(':')) return name ?? ADMIN_KEY;
  return principalKey({ userFolder: `/${USER_FOLDER_ID}`, name });
}

/** The counts first and last; between them what asks for a decision, and then all other notes. */
function reportOf(report: ImportReport, { verbose }: { verbose: boolean }): readonly string[] {
  const { created, updated, kept, unchanged, gone, notes } = report;
  const counts =
    `${created.length} new, ${updated.length} changed, ` +
    `${kept.length} left alone because edited here, ${unchanged} unchanged`;
  const others = notesAbout(notes);
  const forms = formsOf(report);
  const sections = [
    section('Not imported', linesOf(others.filter(({ refused }) => refused === true))),
    section('Left alone', linesOf(notesAbout(notes, 'kept'))),
    section('Links that lead to no file', deadLinksOf(report)),
    section(
      'No longer among the files',
      gone.map((path) => asMessage(`${path}: no longer among the files; it stays`)),
    ),
    section('Other notes', linesOf(others.filter(({ refused }) => refused !== true))),
    verbose
      ? section('In another form', linesOf(notesAbout(notes, 'form')))
      : section('In another form, each with its place by --verbose', forms.map(lineOfForm)),
  ].flat();
  return sections.length === 0 ? [counts] : [counts, ...sections, '', counts];
}

/** A heading and its lines; nothing where there are none. */
function section(heading: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `${heading} (${lines.length})`, ...lines];
}

function lineOfForm({ message, times, files, places }: NoteGroup): string {
  const [first = ''] = places;
  if (times === 1) return `${message} (${first})`;
  const inFiles = files === 1 ? '1 file' : `${files} files`;
  return `${message} (${times} times in ${inFiles}, first ${first})`;
}
