/**
 * "Versions" of the JSON interface, on their way to main: review, marks of what was seen, and a time
 * for the check-in.
 *
 * All of it is done in main, whatever version the request is in.
 */
import { parseTid, type Tid } from '../../odb/index.js';
import { markReviewed } from '../content/version-marks.js';
import { type ReviewAction, readReview, reviewVersion } from '../content/version-review.js';
import { scheduleCheckIn, unschedule } from '../content/version-schedule.js';
import { PUBLISH_PERMISSION, type Version } from '../content/version.js';
import { LOOK_AGAIN } from '../jobs/job.js';
import type { PublishRequest } from '../publisher/request.js';
import { Response } from '../publisher/response.js';
import { quoted } from '../quote.js';
import { Body, type Json, readTime, timeOf } from './json.js';
import { requireMatch } from './objects.js';
import { JSON_REASONS, onJson, onOrder, onRead, refusal } from './refusals.js';
import type { Answers, Route } from './route.js';
import { listOf, moment, named, path, shape, text, tid } from './schemas.js';
import { conflictProblem } from './version-conflicts.js';
import { NO_VERSION, requireOwnRequest, requireVersion } from './versions.js';

const ACTIONS: readonly ReviewAction[] = ['ask', 'withdraw', 'approve', 'request-changes'];

const flag = { type: 'boolean' };

const reviewed: Answers = {
  200: { description: 'How far the version now is', schema: named('Review') },
  ...onJson({ 404: NO_VERSION, 409: 'Nothing is changed in it, or something else than was seen' }),
};

export const versionReviewRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'review',
    summary: 'Says how far the version is: what was asked, the verdicts, and the time that was set',
    answers: {
      200: { description: 'How far it is', schema: named('Review') },
      ...onRead({ 404: NO_VERSION }),
    },
    run: (request) => Response.json(reviewJson(request, requireVersion(request))),
  },
  {
    method: 'POST',
    path: 'review',
    summary: 'Asks for a review, takes that back, or gives a verdict',
    body: shape({
      action: { enum: ACTIONS },
      'note?': text,
      'seen?': {
        ...tid,
        description: 'What was seen, as `seen` of a review says it: refused when more was changed',
      },
    }),
    answers: reviewed,
    run(request) {
      const version = requireVersion(request);
      const body = new Body(request);
      const given = body.required('action');
      const note = body.string('note');
      const seen = readSeen(body);
      const action = ACTIONS.find((each) => each === given);
      if (action === undefined && given !== '') {
        body.refuse('action', `This must be one of ${ACTIONS.join(', ')}`);
      }
      body.done();
      requireMatch(request, version);
      reviewVersion(request, version, {
        action: action ?? 'ask',
        ...(note === undefined ? {} : { note }),
        ...(seen === undefined ? {} : { seen }),
      });
      return Response.json(reviewJson(request, version));
    },
  },
  {
    method: 'POST',
    path: 'reviewed',
    summary: 'Marks changes as seen by whoever asks, or takes such marks away',
    body: shape({ objects: listOf(path), reviewed: flag, 'seen?': tid }),
    answers: {
      200: {
        description: 'Which were marked, or had their marks taken away',
        schema: shape({ objects: listOf(path) }),
      },
      ...onOrder({ ...JSON_REASONS, 404: NO_VERSION }),
    },
    async run(request) {
      const version = requireVersion(request);
      const body = new Body(request);
      const objects = body.strings('objects');
      const isReviewed = body.boolean('reviewed');
      const seen = readSeen(body);
      body.requireItems('objects', objects);
      if (isReviewed === undefined && !body.has('reviewed')) {
        body.refuse('reviewed', 'This is required');
      }
      body.done();
      requireOwnRequest(request);
      const marked = await markReviewed(request, version, {
        objects: objects ?? [],
        reviewed: isReviewed ?? false,
        ...(seen === undefined ? {} : { seen }),
      });
      return Response.json({ objects: marked });
    },
  },
  {
    method: 'POST',
    path: 'schedule',
    permission: PUBLISH_PERMISSION,
    summary: 'Sets the time at which the version is checked in, or takes it away (`null`)',
    body: shape({ at: { ...moment, type: ['string', 'null'] }, 'note?': text, 'keep?': flag }),
    answers: {
      200: { description: 'How far the version now is', schema: named('Review') },
      ...onJson({ 404: NO_VERSION }),
      409: refusal('A check-in would be refused now, as `conflicts` tells', 'VersionProblem'),
    },
    async run(request) {
      const version = requireVersion(request);
      const body = new Body(request);
      const isNever = body.any('at') === null;
      const atMs = isNever ? undefined : readTime(body, 'at');
      const note = body.string('note');
      const keep = body.boolean('keep');
      body.done();
      requireOwnRequest(request);
      requireMatch(request, version);
      if (atMs === undefined) unschedule(request, version);
      else {
        const conflicts = await scheduleCheckIn(request, version, {
          atMs,
          ...(note === undefined ? {} : { note }),
          ...(keep === undefined ? {} : { keep }),
        });
        if (conflicts.length > 0) return conflictProblem({ conflicts });
        request.order(LOOK_AGAIN);
      }
      return Response.json(reviewJson(request, version));
    },
  },
];

/** Gives what is known of a version's way to main, as JSON shows it. */
function reviewJson(request: PublishRequest, version: Version): Json {
  const { state, tid: seen, asked, verdicts, schedule, missed } = readReview(request, version);
  const said = ({ user, note, timeMs }: { user: string; note: string; timeMs: number }): Json => {
    return { user, note, time: timeOf(timeMs) };
  };
  return {
    state,
    tid: request.tidOf(version),
    // A transaction to come changes the Version, and nothing in it.
    seen: String(seen),
    review: {
      asked: asked === undefined ? null : said(asked),
      verdicts: verdicts.map((each) => ({
        ...said(each),
        verdict: each.verdict,
        outdated: each.outdated,
      })),
    },
    schedule:
      schedule === undefined
        ? null
        : {
            ...said(schedule),
            at: timeOf(schedule.atMs),
            keep: schedule.keep,
            outdated: schedule.outdated,
          },
    missed:
      missed === undefined
        ? null
        : {
            at: timeOf(missed.atMs),
            user: missed.user,
            time: timeOf(missed.timeMs),
            reason: missed.reason,
          },
  };
}

function readSeen(body: Body): Tid | undefined {
  const given = body.string('seen');
  const seen = given === undefined ? undefined : parseTid(given);
  if (given !== undefined && seen === undefined) {
    body.refuse('seen', `There is no transaction ${quoted(given)}`);
  }
  return seen;
}
