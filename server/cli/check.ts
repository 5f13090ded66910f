/**
 * `canopy check`: looks whether everything that is stored is what it should be.
 */
import { check, repairFiles, type CheckReport, type LevelStorage } from '../../odb/index.js';
import { CHECK_PHASES, findingSummary, lineOf, summaryOfCheck } from '../database/check.js';
import { countInWords } from '../words.js';
import { defineCommand } from './command.js';
import { interruptible } from './interrupt.js';
import { ProgressLine } from './progress.js';
import { openCommandStorage } from './storage.js';

/** The most findings that are printed; all are counted. */
const LINES_MAX = 500;
const EXIT_WELL = 0;
const EXIT_FOUND = 1;

export const checkCommand = defineCommand({
  about: `Reads everything that is stored, and names what is not as it should be: where it is on the site,
what is wrong, and what to do. Ends with 0 when all is well and with 1 when something is wrong. With
--repair, damaged files of the database are made readable again first (copy them before); then what
the past can mend is mended, in one transaction, and all is looked at again.`,
  settings: ['data', 'plugins'],
  options: [
    { name: 'repair', help: 'mend what can be mended from what is there' },
    { name: 'files', help: 'read files as well, not only look whether they are there' },
  ],
  async run({ settings, options, directory, out }) {
    const repair = options['repair'] !== undefined;
    if (repair) await makeReadable(settings.data, out);
    await using storage = await openCommandStorage({ ...settings, directory });
    const verifyBlobs = options['files'] !== undefined;
    const found = await look(storage, { repair, verifyBlobs });
    if (found.repair === undefined) return tell(found, { data: settings.data, repair, out });
    const { findings, tid } = found.repair;
    out(`${countInWords(findings, 'thing was', 'things were')} mended by transaction ${tid}:`);
    const mended = found.findings.filter(({ repairable }) => repairable).slice(0, LINES_MAX);
    for (const finding of mended) out(lineOf({ ...findingSummary(finding), advice: '' }).trimEnd());
    const left = await look(storage, { repair: false, verifyBlobs });
    return tell(left, { data: settings.data, repair, out });
  },
});

/** Repairs files that would be refused; those in order are left as they are. */
async function makeReadable(data: string, out: (line: string) => void): Promise<void> {
  const { brokenLogs, damagedTables, isListRemade } = await repairFiles(data);
  for (const name of [...brokenLogs, ...damagedTables])
    out(`Left out what was broken in ${name}; objects/lost has it all`);
  if (isListRemade) out('Made the list of the database files anew');
}

function look(
  storage: LevelStorage,
  options: { readonly repair: boolean; readonly verifyBlobs: boolean },
): Promise<CheckReport> {
  return interruptible('Nothing was changed.', async (signal) => {
    using line = new ProgressLine();
    return check(storage, {
      ...options,
      signal,
      onProgress: (phase, done) => line.show(CHECK_PHASES[phase], done),
    });
  });
}

/** Prints what was found, and gives the exit code. */
function tell(
  report: CheckReport,
  about: {
    readonly data: string;
    readonly repair: boolean;
    readonly out: (line: string) => void;
  },
): number {
  const { data, repair, out } = about;
  const { findings, findingsCount } = report;
  for (const finding of findings.slice(0, LINES_MAX)) out(lineOf(findingSummary(finding)));
  if (findingsCount > LINES_MAX) out(`… and ${findingsCount - LINES_MAX} more`);
  if (findingsCount > 0) out('');
  out(summaryOfCheck(report));
  const mendable = findings.filter(({ repairable }) => repairable).length;
  if (mendable > 0 && !repair) {
    out(`canopy check --data ${data} --repair mends ${mendable} of them.`);
  }
  return findingsCount === 0 ? EXIT_WELL : EXIT_FOUND;
}
