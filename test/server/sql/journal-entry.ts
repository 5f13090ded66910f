/** Puts into a site's journal what its database has never heard of, as a crash leaves it. */
import { Database, type Storage } from '../../../odb/index.js';
import { enterInJournal, MarkMaker, siteOfMarks } from '../../../server/sql/sql-journal.js';

export interface LeftOver {
  /** The file of SQLite that it is for. */
  readonly file: string;
  /** The path of the connection that it went through. */
  readonly path: string;
  readonly text: string;
  /** A value that goes with the statement. */
  readonly value: string;
}

/** @returns its mark */
export async function leaveInJournal(
  storage: Storage,
  { file, path, text, value }: LeftOver,
): Promise<string> {
  const database = await Database.open({ storage });
  return database.transact((connection) => {
    const mark = new MarkMaker('earlier', () => Date.UTC(2026, 4, 1, 10)).make(
      siteOfMarks(connection),
    );
    const entry = {
      target: { path, driver: 'sqlite', url: file } as const,
      isPrepared: false,
      statements: [{ text, parameters: [value] }],
      by: '/acl_users:ada',
      said: [{ path: '/add_album', text }],
    };
    enterInJournal(connection, [[mark, entry]], []);
    return mark;
  });
}
