/**
 * A plugin whose view `@both` changes the site and a database in one request, for tests of the server.
 *
 * The next segment says what is to happen: `/@both/add?client=3`. `add` counts the title of the object
 * up by one, which two requests at a time cannot both do, and reads a table before it puts a row in.
 */
import type { Oid } from '../../../odb/index.js';
import type { Plugin } from '../../../server/plugin.js';
import type { PublishRequest } from '../../../server/publisher/request.js';
import { Response } from '../../../server/publisher/response.js';
import type { View } from '../../../server/publisher/view.js';
import type { SqlResult } from '../../../server/sql/result.js';
import { sourceOfText } from '../../../server/sql/source-marks.js';
import { compileStatements } from '../../../server/sql/statement.js';

/** What its statements are said to be part of. */
export const METHOD = '/db/method';

const ACTIONS: Readonly<Record<string, (request: PublishRequest) => Response>> = {
  /** Makes the table. */
  make(request) {
    run(request, 'CREATE TABLE added (client INTEGER)');
    return Response.text('made');
  },
  /** Changes both sides. */
  add(request) {
    const { object, form } = request;
    run(request, 'SELECT count(*) FROM added');
    object.title = String(Number(object.title) + 1);
    run(request, `INSERT INTO added (client) VALUES (${Number(form.text('client'))})`);
    return Response.text('added', undefined, { headers: { 'X-Attempt': attemptOf(request) } });
  },
  /** Changes the database alone. */
  row(request) {
    run(request, `INSERT INTO added (client) VALUES (${Number(request.form.text('client'))})`);
    return Response.text('added');
  },
  /** Changes both sides, and then fails. */
  fail(request) {
    request.object.title = 'never';
    run(request, 'INSERT INTO added (client) VALUES (-1)');
    throw new TypeError('A fault of the trial');
  },
  /** Changes both sides, and ends its thread. */
  crash(request) {
    run(request, 'INSERT INTO added (client) VALUES (-2)');
    process.exit(3);
  },
  /** Lists what is in the table. */
  list(request) {
    const rows = run(request, 'SELECT client FROM added ORDER BY client')?.rows ?? [];
    return Response.json(rows.map(([client]) => client));
  },
};

function run(request: PublishRequest, text: string): SqlResult | undefined {
  const target = { path: '/db', driver: 'sqlite', url: 'both.sqlite', oid: 1 as Oid } as const;
  const statements = compileStatements(sourceOfText(text), 'sqlite');
  return request.sql.run(target, statements, { rowsMax: 10_000, path: METHOD }).at(-1);
}

function attemptOf({ envelope }: PublishRequest): string {
  return String(envelope.attempt);
}

const both: View = {
  name: '@both',
  handle(request) {
    const [action = ''] = request.rest;
    const perform = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    return perform?.(request) ?? new Response(404, 'No such action');
  },
};

export const plugin: Plugin = { name: 'both-sides', views: [both] };
