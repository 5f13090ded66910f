/**
 * "Versions" of the JSON interface: entering and leaving them, what is different in one, and bringing
 * it together with main.
 *
 * A check-in always goes to main, whatever version the request is in; so do entering, leaving and
 * discarding. An update goes into the version that it is asked of.
 */
import type { Content } from '../content/content.js';
import {
  checkIn,
  type CheckInOutcome,
  type ConflictChoice,
  discardVersion,
  updateVersion,
} from '../content/check-in.js';
import type { PropertyPatch } from '../content/properties.js';
import { entriesIn, JOIN_PERMISSION, PUBLISH_PERMISSION, Version } from '../content/version.js';
import { listChanges, type VersionChange } from '../content/version-changes.js';
import { Invalid, NotFound } from '../errors.js';
import { checkInOrder } from '../jobs/check-in.js';
import { isSecure } from '../publisher/authenticate.js';
import type { PublishRequest } from '../publisher/request.js';
import { Response } from '../publisher/response.js';
import { versionCookie } from '../publisher/version.js';
import { principalKey } from '../security/principal.js';
import { Body, isObject, type Json, page, readChoice, readRange } from './json.js';
import { startedJob } from './jobs.js';
import { requireMatch } from './objects.js';
import { problemResponse } from './problem.js';
import { onJson, onOrder, onRead, onWrite, refusal } from './refusals.js';
import type { Answers, Route } from './route.js';
import { listOf, named, pageOf, path, rangeQuery, shape, text, tid } from './schemas.js';
import { diffText, unifiedDiff } from './unified-diff.js';

/** How many changes are checked in while the request waits; more are a job. */
export const DIRECT_CHANGES_MAX = 1000;

const IN_MAIN: ReadonlySet<string> = new Set(['enter', 'leave', 'changes', 'check-in', 'discard']);

const entered: Answers = {
  200: {
    description: 'The version that the browser is in from now on',
    schema: shape({ version: { type: ['string', 'null'] } }),
  },
  ...onOrder({ 404: 'There is no such version' }),
};

const resolutions = {
  type: 'object',
  description:
    'By path: `version`, `main`, or what the object is to be as a `PATCH` takes it, where the rest is as in the version',
  additionalProperties: {
    anyOf: [{ enum: ['version', 'main'] }, named('Resolution')],
  },
};

const together: Answers = {
  200: {
    description: 'Done; `objects` are the paths of what changed',
    schema: shape({ tid, objects: listOf(path) }),
  },
  ...onJson({ 404: 'There is no such version' }),
  409: refusal(
    'Main changed the same, as `conflicts` tells with all sides; or other changes stand in the way. Nothing was changed',
    'VersionProblem',
  ),
};

export const versionRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: 'enter',
    permission: JOIN_PERMISSION,
    summary: 'Lets the browser work in the version: gives it the cookie `canopy_version`',
    answers: entered,
    run(request) {
      const version = requireVersion(request);
      request.policy.require(JOIN_PERMISSION, version);
      requireOwnRequest(request);
      const cookie = versionCookie(version.oid, isSecure(request));
      return Response.json({ version: version.path })
        .set('Cache-Control', 'no-store')
        .append('Set-Cookie', cookie);
    },
  },
  {
    method: 'POST',
    path: 'leave',
    summary: 'Lets the browser work in main again',
    answers: entered,
    run(request) {
      requireVersion(request);
      requireOwnRequest(request);
      return Response.json({ version: null })
        .set('Cache-Control', 'no-store')
        .append('Set-Cookie', versionCookie(undefined, isSecure(request)));
    },
  },
  {
    method: 'GET',
    path: 'changes',
    summary: 'Lists what was added, changed and removed in the version, by path',
    query: {
      ...rangeQuery,
      show: {
        description: 'Shows with each change how the version differs from main',
        schema: { enum: ['diff'] },
      },
    },
    answers: {
      200: { description: 'Changes', schema: pageOf(named('Change')) },
      ...onRead({ 404: 'There is no such version' }),
    },
    async run(request) {
      const range = readRange(request);
      const withSides = readChoice(request, 'show', ['diff']) === 'diff';
      const version = requireVersion(request);
      const { items, total } = await listChanges(request, version, { ...range, withSides });
      return Response.json(page(items.map(changeJson), total, range));
    },
  },
  {
    method: 'POST',
    path: 'check-in',
    permission: PUBLISH_PERMISSION,
    summary: 'Publishes all that was changed in the version, or some of it, in one transaction',
    body: shape({
      'note?': text,
      'objects?': listOf(path),
      'resolve?': resolutions,
      'keep?': { type: 'boolean' },
    }),
    answers: {
      ...together,
      202: {
        description: 'There is much to publish, and a job does it; `Location` is its address',
        schema: shape({ job: text }),
      },
    },
    async run(request) {
      const version = requireVersion(request);
      const body = new Body(request);
      const note = body.string('note');
      const objects = body.strings('objects');
      const resolve = readResolve(body);
      const keep = body.boolean('keep') ?? true;
      body.done();
      request.policy.require(PUBLISH_PERMISSION, version);
      requireMatch(request, version);
      const asked = { keep, ...(objects === undefined ? {} : { objects }) };
      const size = objects?.length ?? entriesIn(request.site, version);
      if (size > DIRECT_CHANGES_MAX) {
        requireOwnRequest(request);
        const about = { user: principalKey(request.user), path: version.path };
        const said = note === undefined ? {} : { note };
        const command = checkInOrder(about, { ...asked, ...said, resolve: [...resolve] });
        request.order(command);
        return startedJob(command.order.id);
      }
      if (note !== undefined) request.note(note);
      return answerTogether(request, await checkIn(request, version, { ...asked, resolve }));
    },
  },
  {
    method: 'POST',
    path: 'update',
    permission: JOIN_PERMISSION,
    summary: 'Brings what main has changed since into the version',
    body: shape({ 'resolve?': resolutions, 'note?': text }),
    answers: together,
    async run(request) {
      const version = requireVersion(request);
      const body = new Body(request);
      const note = body.string('note');
      const resolve = readResolve(body);
      body.done();
      requireMatch(request, version);
      if (note !== undefined) request.note(note);
      return answerTogether(request, await updateVersion(request, version, { resolve }));
    },
  },
  {
    method: 'POST',
    path: 'discard',
    permission: PUBLISH_PERMISSION,
    summary: 'Takes the version away with all that was changed in it; undo brings it back',
    answers: {
      200: { description: 'Discarded', schema: shape({ tid }) },
      ...onWrite({ 404: 'There is no such version' }),
    },
    run(request) {
      const version = requireVersion(request);
      requireMatch(request, version);
      discardVersion(request, version);
      return Response.json({ tid: request.pendingTid });
    },
  },
];

/** Says where what is asked of a Version is done, whatever version the request is in. */
export function placeInVersions(
  object: Content,
  [what = '', ...more]: readonly string[],
): 'main' | 'inside' | undefined {
  if (!(object instanceof Version) || more.length > 0) return undefined;
  if (what === 'update') return 'inside';
  return IN_MAIN.has(what) ? 'main' : undefined;
}

/** Gives what stands for the conflicts of a check-in, or an update, in JSON. */
export function conflictsJson({ conflicts }: Pick<CheckInOutcome, 'conflicts'>): readonly Json[] {
  return conflicts.map(({ path: at, fields, base, main, version }) => ({
    ...{ path: at, fields, base, main, version },
  }));
}

function requireVersion({ object }: PublishRequest): Version {
  if (object instanceof Version) return object;
  throw new NotFound(`${object.path} is no version`);
}

/** What an answer's headers say, or a job does later, would be lost in a batch. */
function requireOwnRequest(request: PublishRequest): void {
  if (!request.isPart) return;
  throw new Invalid([{ field: 'path', message: 'This is asked by a request of its own' }]);
}

function readResolve(body: Body): ReadonlyMap<string, ConflictChoice> {
  const choices = new Map<string, ConflictChoice>();
  for (const [at, given] of Object.entries(body.object('resolve') ?? {})) {
    const choice = given === 'version' || given === 'main' ? given : readChange(body, at, given);
    if (choice !== undefined) choices.set(at, choice);
  }
  return choices;
}

function readChange(body: Body, at: string, given: unknown): ConflictChoice | undefined {
  const field = `resolve.${at}`;
  if (!isObject(given)) {
    body.refuse(field, 'This must be “version”, “main”, or an object');
    return undefined;
  }
  const { title, fields, properties, ...others } = given;
  const [other] = Object.keys(others);
  const fits =
    other === undefined &&
    (title === undefined || typeof title === 'string') &&
    (fields === undefined || isObject(fields)) &&
    (properties === undefined || isPatches(properties));
  if (!fits) {
    body.refuse(field, 'This takes title, fields and properties, as a PATCH does');
    return undefined;
  }
  return {
    ...(title === undefined ? {} : { title }),
    ...(fields === undefined ? {} : { fields }),
    ...(properties === undefined ? {} : { properties }),
  };
}

function isPatches(value: unknown): value is readonly PropertyPatch[] {
  return (
    Array.isArray(value) &&
    value.every((item: unknown) => {
      if (!isObject(item) || typeof item['name'] !== 'string') return false;
      return item['type'] === undefined || typeof item['type'] === 'string';
    })
  );
}

function answerTogether(request: PublishRequest, outcome: CheckInOutcome): Response {
  if (outcome.conflicts.length === 0) {
    return Response.json({ tid: request.transactionTid, objects: outcome.objects });
  }
  return problemResponse({
    status: 409,
    title: 'Conflict',
    detail: 'The version and main both changed the same things',
    extra: { conflicts: conflictsJson(outcome) },
  });
}

function changeJson({ sides, ...change }: VersionChange): Json {
  if (sides === undefined) return change;
  const { main, version } = sides;
  const patch = unifiedDiff(
    { name: change.path, revision: 'main', text: main === null ? '' : diffText(main) },
    { name: change.path, revision: 'version', text: version === null ? '' : diffText(version) },
  );
  return { ...change, diff: patch };
}
