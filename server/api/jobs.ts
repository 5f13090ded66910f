/**
 * "Jobs" of the JSON interface: what is running, how far it is, and stopping it.
 */
import { NotFound, Taken } from '../errors.js';
import { maySeeJob } from '../jobs/access.js';
import { importResultFor } from '../jobs/import.js';
import { getJob, hasEnded, type JobRecord, listJobs } from '../jobs/job.js';
import type { PublishRequest } from '../publisher/request.js';
import { Response } from '../publisher/response.js';
import { quoted } from '../quote.js';
import { type Json, page, readRange } from './json.js';
import { onOrder, onRead } from './refusals.js';
import type { Route } from './route.js';
import { listOf, pageOf, path, principal, rangeQuery, shape, text, time } from './schemas.js';

const count = { type: 'integer' };
const job = shape({
  id: text,
  kind: text,
  user: principal,
  path,
  state: { enum: ['queued', 'running', 'done', 'failed', 'cancelled'] },
  created: time,
  progress: shape({ done: count, total: count }),
  log: listOf(text),
  'result?': {},
});

export const jobRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'jobs',
    rootOnly: true,
    summary: 'Lists jobs, newest first: all for a Manager, else one’s own',
    query: rangeQuery,
    answers: { 200: { description: 'Jobs', schema: pageOf(job) }, ...onRead() },
    async run(request) {
      const range = readRange(request);
      const all = await listJobs(request.site.storage);
      const visible = all.filter((each) => maySeeJob(request, each));
      const items = visible
        .slice(range.start, range.start + range.limit)
        .map((each) => jobJson(request, each));
      return Response.json(page(items, visible.length, range));
    },
  },
  {
    method: 'GET',
    path: 'jobs/{id}',
    rootOnly: true,
    summary: 'Shows a job',
    answers: { 200: { description: 'The job', schema: job }, ...onRead() },
    run(request, { id = '' }) {
      return Response.json(jobJson(request, requireJob(request, id)));
    },
  },
  {
    method: 'DELETE',
    path: 'jobs/{id}',
    rootOnly: true,
    summary: 'Cancels a job: what it has not committed never was',
    answers: {
      202: { description: 'It is being cancelled', schema: job },
      ...onOrder({ 409: 'The job has ended' }),
    },
    run(request, { id = '' }) {
      const found = requireJob(request, id);
      if (hasEnded(found)) throw new Taken(`The job ${id} has ended`);
      request.order({ what: 'cancel', id });
      return Response.json(jobJson(request, found), { status: 202 });
    },
  },
];

/** Answers a request that started a job. */
export function startedJob(id: string): Response {
  return Response.json({ job: id }, { status: 202 }).set('Location', `/@api/jobs/${id}`);
}

function requireJob(request: PublishRequest, id: string): JobRecord {
  const found = getJob(request.site.storage, id);
  if (found === undefined || !maySeeJob(request, found))
    throw new NotFound(`There is no job ${quoted(id)}`);
  return found;
}

function jobJson(request: PublishRequest, record: JobRecord): Json {
  const { id, kind, user, path: about, state, progress, log } = record;
  const result = kind === 'import' ? importResultFor(request, record.result) : record.result;
  const created = new Date(record.createdMs).toISOString();
  return { id, kind, user, path: about, state, created, progress, log, result };
}
