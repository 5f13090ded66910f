/**
 * "Versions" of the JSON interface: entering and leaving them, what is different in one, and bringing
 * it together with main.
 *
 * A check-in always goes to main, whatever version the request is in; so do entering, leaving and
 * discarding. An update goes into the version that it is asked of.
 */
import type { Content } from '../content/content.js';
import { checkIn, discardVersion, updateVersion } from '../content/check-in.js';
import { entriesIn, JOIN_PERMISSION, PUBLISH_PERMISSION, Version } from '../content/version.js';
import { listChanges, type VersionChange } from '../content/version-changes.js';
import { Invalid, NotFound, Taken } from '../errors.js';
import { checkInOrder } from '../jobs/check-in.js';
import { updateOrder } from '../jobs/update.js';
import { isSecure } from '../publisher/authenticate.js';
import type { PublishRequest } from '../publisher/request.js';
import type { RequestVersion } from '../publisher/request-version.js';
import { Response } from '../publisher/response.js';
import { versionCookie } from '../publisher/version.js';
import { principalKey } from '../security/principal.js';
import { Body, type Json, page, readChoice, readRange } from './json.js';
import { startedJob } from './jobs.js';
import { requireMatch } from './objects.js';
import { onJson, onOrder, onRead, onWrite, refusal } from './refusals.js';
import type { Answers, Route } from './route.js';
import { listOf, named, pageOf, path, rangeQuery, shape, text, tid } from './schemas.js';
import { diffText, unifiedDiff } from './unified-diff.js';
import { answerTogether, readResolve } from './version-conflicts.js';

/** How many changes are checked in, or brought up to date, while the request waits; more are a job. */
export const DIRECT_CHANGES_MAX = 1000;

export const NO_VERSION = 'There is no such version';

const IN_MAIN: ReadonlySet<string> = new Set([
  ...['enter', 'leave', 'changes', 'check-in', 'discard', 'revert'],
  ...['review', 'reviewed', 'comments', 'schedule', 'preview'],
]);

const entered: Answers = {
  200: {
    description: 'The version that the browser is in from now on',
    schema: shape({ version: { type: ['string', 'null'] } }),
  },
  ...onOrder({ 404: NO_VERSION }),
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
  ...onJson({ 404: NO_VERSION }),
  409: refusal(
    'Main changed the same, as `conflicts` tells with all sides; or other changes stand in the way. Nothing was changed',
    'VersionProblem',
  ),
};

/** The same, where a job does what is much. */
const togetherOrJob = {
  ...together,
  202: {
    description: 'There is much in the version, and a job does it; `Location` is its address',
    schema: shape({ job: text }),
  },
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
        description:
          'Shows with each change what the version did: from what main had then to what it has',
        schema: { enum: ['diff'] },
      },
      reviewed: {
        description: 'Only those that whoever asks has marked as seen, or has not',
        schema: { enum: ['true', 'false'] },
      },
    },
    answers: {
      200: { description: 'Changes', schema: pageOf(named('Change')) },
      ...onRead({ 404: NO_VERSION }),
    },
    async run(request) {
      const range = readRange(request);
      const withSides = readChoice(request, 'show', ['diff']) === 'diff';
      const marked = readChoice(request, 'reviewed', ['true', 'false']);
      const version = requireVersion(request);
      const { items, total } = await listChanges(request, version, {
        ...range,
        withSides,
        ...(marked === undefined ? {} : { reviewed: marked === 'true' }),
      });
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
    answers: togetherOrJob,
    async run(request) {
      const version = requireVersion(request);
      const body = new Body(request);
      const { note, objects, resolve } = readTogether(body);
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
    summary: 'Brings what main has changed since into the version, of all objects or of some',
    body: shape({ 'resolve?': resolutions, 'objects?': listOf(path), 'note?': text }),
    answers: togetherOrJob,
    async run(request) {
      const version = requireVersion(request);
      const body = new Body(request);
      const { note, objects, resolve } = readTogether(body);
      body.done();
      requireMatch(request, version);
      const asked = objects === undefined ? {} : { objects };
      if ((objects?.length ?? entriesIn(request.site, version)) > DIRECT_CHANGES_MAX) {
        requireOwnRequest(request);
        const { oid, path: about } = requireHere(request, version);
        const said = note === undefined ? {} : { note };
        const command = updateOrder(
          { user: principalKey(request.user), path: about },
          { version: oid, ...asked, ...said, resolve: [...resolve] },
        );
        request.order(command);
        return startedJob(command.order.id);
      }
      if (note !== undefined) request.note(note);
      return answerTogether(request, await updateVersion(request, version, { ...asked, resolve }));
    },
  },
  {
    method: 'POST',
    path: 'discard',
    permission: PUBLISH_PERMISSION,
    summary: 'Takes the version away with all that was changed in it; undo brings it back',
    answers: {
      200: { description: 'Discarded', schema: shape({ tid }) },
      ...onWrite({ 404: NO_VERSION }),
    },
    run(request) {
      const version = requireVersion(request);
      requireMatch(request, version);
      discardVersion(request, version);
      return Response.json({ tid: request.pendingTid });
    },
  },
];

/** Reads what bringing something to main, or from it, is told. */
function readTogether(body: Body): {
  readonly note: string | undefined;
  readonly objects: readonly string[] | undefined;
  readonly resolve: ReturnType<typeof readResolve>;
} {
  return {
    note: body.string('note'),
    objects: body.strings('objects'),
    resolve: readResolve(body),
  };
}

/** Says where what is asked of a Version is done, whatever version the request is in. */
export function placeInVersions(
  object: Content,
  [what = '', ...more]: readonly string[],
): 'main' | 'inside' | undefined {
  if (!(object instanceof Version) || more.length > 0) return undefined;
  if (what === 'update') return 'inside';
  return IN_MAIN.has(what) ? 'main' : undefined;
}

export function requireVersion({ object }: PublishRequest): Version {
  if (object instanceof Version) return object;
  throw new NotFound(`${object.path} is no version`);
}

/** What an answer's headers say, or a job does later, would be lost in a batch. */
export function requireOwnRequest(request: PublishRequest): void {
  if (!request.isPart) return;
  throw new Invalid([{ field: 'path', message: 'This is asked by a request of its own' }]);
}

/** An update is done in the version that it is asked of. */
function requireHere(
  { version: here }: PublishRequest,
  { oid, path: at }: Version,
): RequestVersion {
  if (here !== undefined && here.oid === oid) return here;
  throw new Taken(`${at} is updated by a request of its own`);
}

function changeJson({ sides, ...change }: VersionChange): Json {
  if (sides === undefined) return change;
  const { base, version } = sides;
  const patch = unifiedDiff(
    { name: change.path, revision: 'base', text: base === null ? '' : diffText(base) },
    { name: change.path, revision: 'version', text: version === null ? '' : diffText(version) },
  );
  return { ...change, diff: patch };
}
