/**
 * `canopy sql`: runs a file of SQL in a database that the site has a connection to.
 *
 * All of it is one transaction of the database: nothing of it is there until the last statement is
 * done. Statements that a server commits by itself are the exception, and are told of in the help. What
 * requests saved before, and has still to be done in the database, comes first.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { contentAt } from '../content/content.js';
import { SqlConnection, targetOf } from '../content/sql-connection.js';
import { NotFound, ServerError } from '../errors.js';
import { Log } from '../log.js';
import type { Site } from '../site.js';
import { DataLink } from '../sql/data-link.js';
import type { SqlTarget } from '../sql/data-messages.js';
import { sourceOfText } from '../sql/source-marks.js';
import { SqlFault } from '../sql/sql-errors.js';
import { SqlServer } from '../sql/sql-server.js';
import { plainTarget } from '../sql/sql-target.js';
import { eachStatement, type LeftOut, type Statement } from '../sql/statement.js';
import { countInWords } from '../words.js';
import { defineCommand, UsageError } from './command.js';
import { ProgressLine } from './progress.js';
import { openCommandSite } from './site.js';

/** How long one statement may take. */
const STATEMENT_MS_MAX = 600_000;
/** Statements that were left out and are named one by one. */
const LEFT_OUT_TOLD_MAX = 20;

export const sqlCommand = defineCommand({
  operands: '/path/of/connection FILE.sql',
  about: `Runs the statements of a file in the database that an SQL connection of the site leads to, one
after another and in one transaction: when one fails, its line and column are told, and nothing of the
file is kept. MariaDB and MySQL commit CREATE, ALTER and DROP by themselves; those stay. What a dump
says to a client alone, such as BEGIN, COMMIT, USE and SET NAMES, is left out, and told.`,
  settings: ['data', 'plugins'],
  async run(input) {
    const [at, file, ...rest] = input.operands;
    if (at === undefined || file === undefined || rest.length > 0) {
      throw new UsageError(
        'canopy sql takes a connection and a file, as in: canopy sql /shop/db shop.sql',
      );
    }
    if (!at.startsWith('/')) {
      throw new UsageError(`${at} is no path of the site: those begin with /.`);
    }
    const text = readFileSync(path.resolve(input.directory, file), 'utf8');
    const { settings, directory } = input;
    await using opened = await openCommandSite({ ...settings, directory, mustExist: true });
    const target = targetAt(at, opened.site);
    const lines = await runFile(text, { target, file, data: settings.data, site: opened.site });
    for (const line of lines) input.out(line);
    return 0;
  },
});

/** @throws NotFound where there is no connection */
function targetAt(at: string, site: Site): SqlTarget {
  using connection = site.database.connect();
  const found = contentAt(site.root(connection), at);
  if (!(found instanceof SqlConnection)) throw new NotFound(`There is no SQL connection at ${at}.`);
  return plainTarget(targetOf({ site }, found));
}

interface FileRun {
  readonly target: SqlTarget;
  readonly data: string;
  readonly site: Site;
  /** Named in errors. */
  readonly file: string;
}

/** Runs it all, and says what was done. */
async function runFile(
  text: string,
  { target, data, site, file }: FileRun,
): Promise<readonly string[]> {
  using log = new Log({ level: 'error', format: 'text' });
  await using sql = new SqlServer({ data, storage: site.storage, log });
  const leftOut: LeftOut[] = [];
  try {
    const source = sourceOfText(text);
    const count = countOf(eachStatement(source, target.driver, () => undefined));
    const statements = eachStatement(source, target.driver, (left) => leftOut.push(left));
    await sql.recover(target);
    runAll(new DataLink(sql.openLink()), statements, { target, count });
    return [...leftOutLines(leftOut), `Ran ${countInWords(count, 'statement')} of ${file}.`];
  } catch (error) {
    if (!(error instanceof SqlFault)) throw error;
    const { line, column } = error.place;
    const said = `${file}, line ${line}, column ${column}: ${error.message} Nothing of it was kept.`;
    throw new ServerError(error.code, said, { cause: error });
  }
}

/** Reads the file once to its end: what is wrong with its text is told before anything runs. */
function countOf(statements: Iterable<Statement>): number {
  let count = 0;
  for (const _ of statements) count += 1;
  return count;
}

function runAll(
  link: DataLink,
  statements: Iterable<Statement>,
  { target, count }: { readonly target: SqlTarget; readonly count: number },
): void {
  using line = new ProgressLine();
  const within = { remainingMs: STATEMENT_MS_MAX };
  const begin = { what: 'begin', target, access: 'write', twoPhase: false } as const;
  const { transaction } = link.request(begin, within);
  let done = 0;
  try {
    for (const statement of statements) {
      link.request({ what: 'query', transaction, statement, rowsMax: 1 }, { ...within, statement });
      done += 1;
      line.show('Running statements', done, count);
    }
    link.request({ what: 'commit', transaction }, within);
  } catch (error) {
    link.request({ what: 'rollback', transaction }, within);
    throw error;
  }
}

function leftOutLines(leftOut: readonly LeftOut[]): readonly string[] {
  const told = leftOut
    .slice(0, LEFT_OUT_TOLD_MAX)
    .map(({ line, message }) => `Left out line ${line}: ${message}`);
  const more = leftOut.length - told.length;
  return more > 0 ? [...told, `Left out ${countInWords(more, 'more statement')}.`] : told;
}
