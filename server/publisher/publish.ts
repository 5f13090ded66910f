/**
 * Publishing: from an envelope to a finished answer, in one transaction.
 *
 * In this order: begin, traverse, authenticate, call, commit. Nobody is asked on the way to the
 * object; what is called asks the policy, and `publishPage` does for pages. A `GET` or `HEAD` that
 * changed something is refused. The transaction is not saved here: it is packed and handed over
 * together with the answer, and whatever was changed is forgotten, so the thread is free at once.
 *
 * A publisher holds one connection, and so one cache of objects, until it is told to take another.
 * A request in a version is traversed and authenticated in main, and then traversed again and done on
 * a connection to the version.
 */
import { Context } from '../../acquisition/index.js';
import { type Connection, type Tid, TransientError } from '../../odb/index.js';
import type { Container } from '../content/content.js';
import { publishPage } from '../content/page.js';
import { hasSite } from '../content/places.js';
import { resolveCaller } from '../content/user-folder.js';
import { policyAt } from '../content/version-inside.js';
import {
  BadRequest,
  Forbidden,
  NotFound,
  ReadOnlyRequest,
  TooLarge,
  Unauthorized,
} from '../errors.js';
import { Policy } from '../security/policy.js';
import { isKnown, principalKey } from '../security/principal.js';
import { SESSION_COOKIE } from '../security/session.js';
import { ANONYMOUS_CALLER } from '../security/standing.js';
import type { Site } from '../site.js';
import type { SqlTarget } from '../sql/data-messages.js';
import { type Authenticated, type Authenticator, isSecure } from './authenticate.js';
import { answerDryRun, beginDryRun, servicesForDryRun } from './dry-run.js';
import { errorResponse } from './error-response.js';
import { finishHeaders } from './finish.js';
import type { Dispatch, Published, Refusal } from './messages.js';
import { momentCookie, MOMENT_COOKIE } from './moment.js';
import { carriedMoment, momentOf, pastPolicyAt, requireReading } from './past.js';
import { putStrip } from './place-strip.js';
import { orderFilling } from './pending-catalogs.js';
import { choosePreview, inPreview, PREVIEW_COOKIE, previewCookie } from './preview.js';
import { asksDryRun, type Envelope, PublishRequest } from './request.js';
import type { RequestVersion } from './request-version.js';
import type { Response } from './response.js';
import { traverse, type Traversed } from './traverse.js';
import {
  chooseVersion,
  requireKeepsVersions,
  requireWay,
  versionCookie,
  VERSION_COOKIE,
} from './version.js';
import { VersionConnections } from './version-connections.js';
import { findView, type View } from './view.js';

export interface PublisherOptions {
  readonly site: Site;
  readonly authenticator: Authenticator;
  readonly timeLimitMs: number;
  /** Milliseconds since the epoch. */
  readonly nowMs?: () => number;
}

export type PublishOutcome =
  | { readonly kind: 'published'; readonly published: Published }
  /** Begun again, it may succeed. */
  | { readonly kind: 'again'; readonly reason: string }
  /** It may succeed once what was saved before is finished in a database. */
  | { readonly kind: 'unfinished'; readonly target: SqlTarget };

/** How far a request got: what its error page is made from. */
interface Progress {
  /** To main, or to the version that it is in. */
  connection: Connection;
  version: RequestVersion | undefined;
  /** The version that the browser's cookie names is not there any more. */
  hasEnded: boolean;
  /** The link for a preview that the browser has a cookie of does not hold any more. */
  hasPreviewEnded: boolean;
  /** The moment that the browser carries. */
  carriedAt: Tid | undefined;
  /** What the browser carries is no moment of this site. */
  isMadeUp: boolean;
  traversed: Traversed;
  authenticated: Authenticated;
}

export class Publisher implements Disposable {
  readonly #site: Site;
  readonly #authenticator: Authenticator;
  readonly #timeLimitMs: number;
  readonly #nowMs: () => number;
  readonly #versions: VersionConnections;
  #connection: Connection;

  constructor(options: PublisherOptions) {
    this.#site = options.site;
    this.#authenticator = options.authenticator;
    this.#timeLimitMs = options.timeLimitMs;
    this.#nowMs = options.nowMs ?? Date.now;
    this.#connection = options.site.database.connect();
    this.#versions = new VersionConnections(options.site.database);
  }

  /** Publishes one request. One at a time: the connection is in use until this resolves. */
  async publish(dispatch: Dispatch): Promise<PublishOutcome> {
    const startedMs = this.#nowMs();
    this.#connection.abort();
    this.#connection.begin();
    this.#versions.closeIdle(startedMs);
    const root = this.#site.root(this.#connection);
    const progress: Progress = {
      connection: this.#connection,
      version: undefined,
      hasEnded: false,
      hasPreviewEnded: false,
      carriedAt: undefined,
      isMadeUp: false,
      traversed: nowhere(root),
      authenticated: { caller: ANONYMOUS_CALLER },
    };
    try {
      const published = await this.#answer(dispatch, progress, { root, startedMs });
      return this.#obstacle() ?? { kind: 'published', published };
    } catch (error) {
      const obstacle = this.#obstacle();
      if (obstacle !== undefined) return obstacle;
      if (error instanceof TransientError) return { kind: 'again', reason: error.message };
      progress.connection.abort();
      // Another request than the failed one: what that one changed or decided is forgotten.
      const request = this.#request(dispatch.envelope, progress, startedMs, { isErrorPage: true });
      const { response, failure } = await errorResponse(
        inPreview(error, progress.version),
        request,
      );
      progress.connection.abort();
      const published = this.#finish(response, request, progress);
      return {
        kind: 'published',
        published: failure === undefined ? published : { ...published, failure },
      };
    } finally {
      this.#site.sql.door?.release();
      progress.connection.abort();
      this.#connection.abort();
    }
  }

  /** Gives why the whole request is to be begun again, whoever caught the error that said so. */
  #obstacle(): PublishOutcome | undefined {
    const obstacle = this.#site.sql.door?.obstacle;
    if (obstacle === undefined) return undefined;
    return obstacle.kind === 'unfinished' ? obstacle : { kind: 'again', reason: obstacle.reason };
  }

  /** Takes new connections in place of those it has, between two requests. */
  renew(): void {
    this.#versions[Symbol.dispose]();
    this.#connection.close();
    this.#connection = this.#site.database.connect();
  }

  /** How many objects its connections have loaded. */
  get cachedObjects(): number {
    return this.#connection.cachedObjects + this.#versions.cachedObjects;
  }

  [Symbol.dispose](): void {
    this.#versions[Symbol.dispose]();
    this.#connection.close();
  }

  async #answer(
    { envelope, refusal }: Dispatch,
    progress: Progress,
    { root, startedMs }: { readonly root: Container; readonly startedMs: number },
  ): Promise<Published> {
    const [path = '/'] = envelope.url.split('?', 1);
    progress.traversed = traverse(root, path, { containmentOnly: isContainmentOnly });
    if (refusal !== undefined) throw refused(refusal);
    const { traversed } = progress;
    progress.authenticated = await this.#authenticator.authenticate(
      envelope,
      traversed.executable ?? traversed.object,
    );
    this.#enterVersion(envelope, progress, startedMs);
    const at = momentOf(envelope, traversed.view) ?? this.#carry(envelope, progress, startedMs);
    if (at !== undefined) {
      const past = await this.#answerPast(envelope, progress, { at, startedMs });
      if (past !== undefined) return past;
      progress.carriedAt = undefined;
    }
    const request = this.#request(envelope, progress, startedMs);
    if (envelope.preflight === true) {
      await judgeBody(request);
      return { answer: { status: 100, headers: [] }, proceed: true };
    }
    if (request.isDryRun) beginDryRun(request);
    const response = await call(request);
    await request.settled();
    if (request.connection.hasChanges && !request.mayWrite) {
      throw new ReadOnlyRequest(
        `A ${request.method} of ${request.path} would have changed the site. Send a POST to do that.`,
      );
    }
    requireKeepsVersions(request);
    const answer = request.isDryRun ? await answerDryRun(request, response) : response;
    keepSession(answer, progress.authenticated);
    return this.#finish(answer, request, progress);
  }

  /** Goes on in the version that the request names, where who asks may be in it. */
  #enterVersion(envelope: Envelope, progress: Progress, startedMs: number): void {
    const policy = this.#policy(progress);
    const chosen = chooseVersion(envelope, progress.traversed, {
      connection: this.#connection,
      policy,
    });
    progress.hasEnded = chosen.hasEnded;
    requireWay(envelope, chosen);
    const version = chosen.version ?? this.#choosePreview(envelope, progress, startedMs);
    if (version === undefined) return;
    const connection = this.#versions.take(version.oid, startedMs);
    const [path = '/'] = envelope.url.split('?', 1);
    progress.traversed = traverse(this.#site.root(connection), path, {
      containmentOnly: isContainmentOnly,
    });
    progress.connection = connection;
    progress.version = version;
  }

  /** Gives the version that the browser has a link to; whoever sends the request is nobody then. */
  #choosePreview(
    envelope: Envelope,
    progress: Progress,
    nowMs: number,
  ): RequestVersion | undefined {
    const main = { site: this.#site, connection: this.#connection, nowMs };
    const { version, hasEnded } = choosePreview(envelope, progress.traversed, main);
    progress.hasPreviewEnded = hasEnded;
    if (version !== undefined) progress.authenticated = { caller: ANONYMOUS_CALLER };
    return version;
  }

  /** Gives the moment that the browser carries, which is only to be looked at. */
  #carry(envelope: Envelope, progress: Progress, nowMs: number): Tid | undefined {
    const policy = this.#policy(progress);
    const { at, isMadeUp } = carriedMoment(envelope, progress.traversed, { policy, nowMs });
    progress.isMadeUp = isMadeUp;
    progress.carriedAt = at;
    if (at !== undefined) requireReading(envelope);
    return at;
  }

  /**
   * Answers from the site as it was just after `at`; of a moment that the browser carries, `undefined`
   * where there is nothing that may be seen as of it.
   */
  async #answerPast(
    envelope: Envelope,
    progress: Progress,
    { at, startedMs }: { readonly at: Tid; readonly startedMs: number },
  ): Promise<Published | undefined> {
    const { traversed: present, authenticated, version, carriedAt } = progress;
    const now = this.#policy(progress);
    now.require('View history', present.object);
    const where = version === undefined ? {} : { version: version.oid };
    using connection = this.#site.database.connect({ at, ...where });
    if (!hasSite(connection)) {
      if (carriedAt === undefined) throw new NotFound('There was no site yet then');
      progress.isMadeUp = true;
      return undefined;
    }
    const [path = '/'] = envelope.url.split('?', 1);
    const policy = pastPolicyAt(connection, {
      main: this.#connection,
      present: now,
      connection: progress.connection,
    });
    const request = new PublishRequest({
      envelope,
      site: this.#site,
      connection,
      policy,
      traversed: traverse(this.#site.root(connection), path, {
        containmentOnly: isContainmentOnly,
      }),
      nowMs: startedMs,
      deadlineMs: startedMs + this.#timeLimitMs,
      version,
      carriedAt,
    });
    const isSeen = carriedAt === undefined || policy.mayToday('View history', request.object);
    if (!isSeen) return undefined;
    policy.requireToday('View history', request.object);
    const response = await call(request);
    keepSession(response, authenticated);
    putStrip(response, request);
    endPlaces(response, request, progress);
    finishHeaders(response, request);
    return { answer: response.toAnswer(), user: principalKey(request.user) };
  }

  #policy({ authenticated, connection, version }: Progress): Policy {
    const { caller } = authenticated;
    if (version !== undefined) return policyAt(connection, this.#connection, caller);
    const root = this.#site.root(this.#connection);
    return new Policy(caller, { resolveCaller: (key) => resolveCaller(root, key) });
  }

  #request(
    envelope: Envelope,
    progress: Progress,
    startedMs: number,
    { isErrorPage = false }: { readonly isErrorPage?: boolean } = {},
  ): PublishRequest {
    return new PublishRequest({
      isErrorPage,
      envelope,
      site: asksDryRun(envelope) ? servicesForDryRun(this.#site) : this.#site,
      connection: progress.connection,
      policy: this.#policy(progress),
      traversed: progress.traversed,
      nowMs: startedMs,
      deadlineMs: startedMs + this.#timeLimitMs,
      version: progress.version,
      carriedAt: progress.carriedAt,
    });
  }

  #finish(response: Response, request: PublishRequest, progress: Progress): Published {
    putStrip(response, request);
    endPlaces(response, request, progress);
    finishHeaders(response, request);
    const user = isKnown(request.user) ? { user: principalKey(request.user) } : {};
    const { connection } = request;
    // A doomed transaction is given up without a word: it was doomed so that nothing is saved.
    const isDoomed = connection.transaction.isDoomed || request.isDryRun;
    if (!isDoomed) orderFilling(request);
    const jobs = request.orders.length === 0 ? {} : { jobs: request.orders };
    const handed = isDoomed ? undefined : request.finishSql();
    const sql = handed === undefined ? {} : { sql: handed };
    if (isDoomed || !connection.hasWork)
      return { answer: response.toAnswer(jobs), ...user, ...sql };
    const { bytes } = connection.prepare(request.meta);
    const pending = request.marks.nonce;
    return { answer: response.toAnswer({ commit: bytes, pending, ...jobs }), ...user, ...sql };
  }
}

/** Sends the session's cookie along, unless the answer begins or ends a session itself. */
function keepSession(response: Response, { cookie }: Authenticated): void {
  if (cookie === undefined || isSet(response, SESSION_COOKIE)) return;
  response.append('Set-Cookie', cookie);
}

/**
 * Lets a browser forget a version that is not there any more, and a moment that never was, unless it
 * has just been sent elsewhere.
 */
function endPlaces(
  response: Response,
  { origin }: PublishRequest,
  { hasEnded, hasPreviewEnded, isMadeUp }: Progress,
): void {
  const secure = isSecure({ origin });
  if (hasEnded && !isSet(response, VERSION_COOKIE)) {
    response.append('Set-Cookie', versionCookie(undefined, secure));
  }
  if (hasPreviewEnded && !isSet(response, PREVIEW_COOKIE)) {
    response.append('Set-Cookie', previewCookie(undefined, secure));
  }
  if (isMadeUp && !isSet(response, MOMENT_COOKIE)) {
    response.append('Set-Cookie', momentCookie(undefined, secure));
  }
}

function isSet(response: Response, cookie: string): boolean {
  return response.headers.some(
    ([name, value]) => name === 'Set-Cookie' && value.startsWith(`${cookie}=`),
  );
}

/** Calls what was traversed to. */
function call(request: PublishRequest): Response | Promise<Response> {
  if (request.view === undefined) return publishPage(request);
  return requireView(request, request.view).handle(request);
}

function requireView(request: PublishRequest, name: string): View {
  const view = findView(name);
  const applies = view?.appliesTo?.(request.object) ?? true;
  if (view === undefined || !applies || request.missing.length > 0) {
    throw new NotFound(`There is nothing at ${request.path}`);
  }
  return view;
}

/**
 * Judges whether a large body may be sent at all. Where a view has no rule of its own, nobody may
 * who is not signed in; to a page, they may send what stays in memory, and nothing for the disk.
 */
async function judgeBody(request: PublishRequest): Promise<void> {
  const { policy, object } = request;
  if (request.view === undefined) {
    if (request.missing.length > 0) throw new NotFound(`There is nothing at ${request.path}`);
    policy.require('View', object);
    if (request.executable !== undefined) policy.require('View', request.executable);
    if (!isText(request)) requireKnown(request);
    return;
  }
  const view = requireView(request, request.view);
  if (view.preflight !== undefined) {
    await view.preflight(request);
    return;
  }
  policy.require('View', object);
  requireKnown(request);
}

/** A form's fields, or JSON. */
function isText({ mediaType }: PublishRequest): boolean {
  return (
    mediaType === '' ||
    mediaType === 'application/x-www-form-urlencoded' ||
    /\bjson$/.test(mediaType)
  );
}

function requireKnown({ user, policy, object }: PublishRequest): void {
  if (isKnown(user)) return;
  throw new Unauthorized('Sign in to send so much at once.', {
    known: false,
    decision: policy.decide('View', object),
  });
}

function refused({ reason, detail }: Refusal): Error {
  switch (reason) {
    case 'cross-site':
      return new Forbidden(detail, { code: 'SRV_CROSS_SITE' });
    case 'too-large':
      return new TooLarge(detail);
    case 'bad-request':
      return new BadRequest(detail);
    default:
      return reason satisfies never;
  }
}

function isContainmentOnly(view: string | undefined): boolean {
  return view !== undefined && (findView(view)?.containmentOnly ?? false);
}

/** Where a request is before it was traversed. */
function nowhere(root: Container): Traversed {
  return {
    segments: [],
    slash: true,
    context: Context.of(root),
    object: root,
    executable: undefined,
    view: undefined,
    rest: [],
    missing: [],
  };
}
