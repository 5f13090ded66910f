/**
 * "Jobs and the server" of the JSON interface: the database at a glance, and the work on it that
 * takes longer than a request may.
 */
import { areDays, PACK_DAYS_MAX } from '../database/pack.js';
import { databaseOverview } from '../database/overview.js';
import { DATABASE_PERMISSION } from '../jobs/access.js';
import { backupOrder } from '../jobs/backup.js';
import { checkOrder } from '../jobs/check.js';
import type { JobCommand } from '../jobs/job.js';
import { packOrder } from '../jobs/pack.js';
import type { PublishRequest } from '../publisher/request.js';
import { Response } from '../publisher/response.js';
import { principalKey } from '../security/principal.js';
import { startedJob } from './jobs.js';
import { Body } from './json.js';
import { JSON_REASONS, onOrder, onRead } from './refusals.js';
import type { Answers, Route, Schema } from './route.js';
import { shape, text, tid, time } from './schemas.js';

const count: Schema = { type: 'integer', minimum: 0 };
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });

const backups = shape({
  directory: text,
  count,
  bytes: count,
  last: orNull(
    shape({
      file: text,
      kind: { enum: ['full', 'changes'] },
      tid,
      made: time,
      bytes: count,
      transactions: count,
    }),
  ),
  problem: orNull(text),
});

const overview = shape({
  tid,
  time,
  counts: shape({ objects: count, revisions: count, transactions: count, files: count }),
  sizes: shape({ records: count, files: count }),
  caches: shape({ threads: count, objects: count, objectsMax: count }),
  conflicts: shape({ since: time, saved: count, merged: count, retried: count, refused: count }),
  packed: orNull(shape({ tid, time })),
  backups,
  checked: orNull(shape({ job: text, time, tid, count, repaired: orNull(count) })),
});

const started: Answers = {
  202: {
    description: 'A job was started; `Location` is its address',
    schema: shape({ job: text }),
  },
  ...onOrder(JSON_REASONS),
};

const flag: Schema = { type: 'boolean', default: false };

export const databaseRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'database',
    rootOnly: true,
    summary: 'Tells how much is stored, and how caches, conflicts, backups and checks stand',
    answers: { 200: { description: 'The database at a glance', schema: overview }, ...onRead() },
    async run(request) {
      requireCare(request);
      return Response.json(await databaseOverview(request.site));
    },
  },
  {
    method: 'POST',
    path: 'pack',
    rootOnly: true,
    summary: 'Forgets old states, and what nothing leads to; the log of transactions stays',
    body: shape({
      days: {
        type: 'integer',
        minimum: 0,
        maximum: PACK_DAYS_MAX,
        description: 'How far back every state is kept',
      },
    }),
    answers: started,
    run(request) {
      requireCare(request);
      const body = new Body(request);
      const days = body.number('days');
      if (!body.has('days')) body.refuse('days', 'This is required');
      else if (days !== undefined && !areDays(days)) {
        body.refuse('days', `This must be a whole number from 0 to ${PACK_DAYS_MAX}`);
      }
      body.done();
      return start(request, packOrder(principalKey(request.user), days ?? 0));
    },
  },
  {
    method: 'POST',
    path: 'backup',
    rootOnly: true,
    summary: 'Backs up what is new since the last backup, or everything',
    body: shape({ 'full?': flag }),
    answers: started,
    run(request) {
      const full = flagIn(request, 'full');
      return start(request, backupOrder(principalKey(request.user), { full }));
    },
  },
  {
    method: 'POST',
    path: 'check',
    rootOnly: true,
    summary: 'Looks whether all that is stored is in order, and repairs what can be when asked to',
    body: shape({ 'repair?': flag }),
    answers: started,
    run(request) {
      const repair = flagIn(request, 'repair');
      return start(request, checkOrder(principalKey(request.user), { repair }));
    },
  },
];

/** Reads the one member a body may have. */
function flagIn(request: PublishRequest, name: string): boolean {
  requireCare(request);
  const body = new Body(request);
  const value = body.boolean(name) ?? false;
  body.done();
  return value;
}

function requireCare({ policy, object }: PublishRequest): void {
  policy.require(DATABASE_PERMISSION, object);
}

function start(request: PublishRequest, command: Extract<JobCommand, { what: 'start' }>): Response {
  request.order(command);
  return startedJob(command.order.id);
}
