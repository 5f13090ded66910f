/**
 * Places: where this browser is, and where it may go. It is what the menu of the bar shows, at length,
 * and what that menu's forms are sent to.
 *
 * It is about the browser and not about an object, so it asks no permission there: whoever goes into a
 * version or into the past is asked at what that is about. Going somewhere is done in main as it is
 * now, and so from everywhere, and leads back to where one was.
 */
import {
  browserPlace,
  type Connection,
  type Content,
  hasSite,
  Invalid,
  isSecure,
  JOIN_PERMISSION,
  momentCookie,
  type Oid,
  parseOid,
  parseTid,
  pastPolicyAt,
  type Policy,
  policyAt,
  PresentMain,
  type PublishRequest,
  readMoment,
  Response,
  siteRoot,
  type Tid,
  tidToMs,
  versionCookie,
  versionWith,
} from '../../server/index.js';
import { errorOf } from '../form-fields.js';
import { sayLater } from '../message.js';
import { localAddress } from '../page.js';
import { versionChoices } from '../place.js';
import { cameFrom, landingAt, reach, type Whence } from '../place-landing.js';
import { anyObject, type Attempt, defineScreen, screenUrl, type ViewModel } from '../screen.js';

/** `2026-11-12T09:14`: as far as a field for a moment goes. */
const MINUTE_CHARACTERS = 16;

export const place = defineScreen({
  path: 'place',
  title: 'Places',
  isOfSite: true,
  icon: 'version',
  view: 'place',
  help: 'places',
  appliesTo: anyObject,
  show,
  actions: {
    enter: { run: enter },
    leave: { run: leave },
    past: { run: goToPast },
    present: { run: goToPresent },
  },
});

function show(object: Content, request: PublishRequest, attempt?: Attempt): ViewModel {
  using main = new PresentMain(request);
  const where = browserPlace(request, main);
  const moment = where.at === undefined ? request.nowMs : tidToMs(where.at);
  return {
    versions: versionChoices(main, where),
    ...whenceOf(request, attempt),
    mayPast: request.policy.may('View history', object),
    at: attempt?.form.text('at') ?? minuteOf(moment),
    latest: minuteOf(request.nowMs),
    errors: {
      at: errorOf('at', attempt?.errors),
      version: errorOf('version', attempt?.errors),
    },
  };
}

/** What the forms send along, to come back to where the reader came from. */
function whenceOf(request: PublishRequest, attempt: Attempt | undefined): ViewModel {
  if (attempt === undefined) return cameFrom(request);
  return { back: attempt.form.text('back'), object: attempt.form.text('object') };
}

/** Lets the browser work in a version, as it is now. */
function enter(object: Content, request: PublishRequest): Response {
  const { connection, policy, site } = request;
  const oid = parseOid(request.form.text('version'));
  const version = oid === undefined ? undefined : versionWith({ connection }, oid);
  if (oid === undefined || version === undefined) {
    throw new Invalid([{ field: 'version', message: 'There is no such version any more' }]);
  }
  policy.require(JOIN_PERMISSION, version);
  using there = site.database.connect({ version: oid });
  return sendTo(object, request, { there, version: oid, at: undefined });
}

/** Back to main, from wherever the browser is. */
function leave(object: Content, request: PublishRequest): Response {
  const there = request.connection;
  return sendTo(object, request, { there, version: undefined, at: undefined });
}

/** Shows the browser the site, or the version it is in, as of a moment. */
function goToPast(object: Content, request: PublishRequest): Response {
  const { policy, site, form, nowMs } = request;
  policy.require('View history', objectAt(whence(object, request), request.connection));
  const at = momentIn(form.text('at'), nowMs);
  const version = versionNow(request);
  using there = site.database.connect({ at, ...(version === undefined ? {} : { version }) });
  if (!hasSite(there)) {
    throw new Invalid([{ field: 'at', message: 'There was no site yet then' }]);
  }
  return sendTo(object, request, { there, version, at });
}

/** Leaves the past; a version that the browser is in stays. */
function goToPresent(object: Content, request: PublishRequest): Response {
  const version = versionNow(request);
  const to = { version, at: undefined };
  if (version === undefined) return sendTo(object, request, { there: request.connection, ...to });
  using there = request.site.database.connect({ version });
  return sendTo(object, request, { there, ...to });
}

/** A place to go to, with a look at it. */
interface Destination {
  readonly there: Connection;
  readonly version: Oid | undefined;
  readonly at: Tid | undefined;
}

/** Sends the browser to where it was, or to what is nearest to that in the other place. */
function sendTo(
  object: Content,
  request: PublishRequest,
  { there, version, at }: Destination,
): Response {
  const policy = policyThere(request, there);
  const { url, missing } = landingAt(there, policy, whence(object, request));
  const secure = isSecure(request);
  const response = Response.redirect(url, 303)
    .append('Set-Cookie', versionCookie(version, secure))
    .append('Set-Cookie', momentCookie(at, secure));
  if (missing !== undefined) {
    sayLater(response, `${missing} is not there. This is the nearest place above it that is.`);
  }
  return response;
}

/** Judges for the reader in the place that they go to; of the past, by what holds today, too. */
function policyThere({ policy, connection }: PublishRequest, there: Connection): Policy {
  if (there === connection) return policy;
  return there.at === undefined
    ? policyAt(there, connection, policy.caller)
    : pastPolicyAt(there, { main: connection, present: policy, connection });
}

/** Where the form stands that was sent, as far as it is a page of this site. */
function whence(object: Content, { form }: PublishRequest): Whence {
  const back = localAddress(form.text('back')) ?? screenUrl(object);
  return { back, oid: parseOid(form.text('object')) };
}

/** What the page is about that somebody was on, or what is nearest to it in main. */
function objectAt({ back }: Whence, connection: Connection): Content {
  const [path = '/'] = back.split(/[?#]/, 1);
  return reach(siteRoot(connection), path).object;
}

/** The version that the browser is in, if it may be. */
function versionNow(request: PublishRequest): Oid | undefined {
  using main = new PresentMain(request);
  return browserPlace(request, main).version?.oid;
}

/** @throws Invalid for what is no moment, and for one that is still to come */
function momentIn(given: string, nowMs: number): Tid {
  const at = parseTid(given) ?? parseMinute(given);
  if (tidToMs(at) <= nowMs) return at;
  throw new Invalid([{ field: 'at', message: 'That is still to come. Give a moment that was.' }]);
}

function parseMinute(given: string): Tid {
  try {
    return readMoment('at', given, 'end');
  } catch (cause) {
    const message = 'Not a moment. Write one as in 2026-11-12T09:14.';
    throw new Invalid([{ field: 'at', message }], { cause });
  }
}

function minuteOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, MINUTE_CHARACTERS);
}
