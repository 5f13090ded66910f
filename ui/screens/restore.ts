/**
 * Restore: what bringing something back from the past into the present would do, with its choices, and
 * doing it as one transaction.
 *
 * It is about what was, so it stands at no object of its own and asks no permission there: whoever may
 * see the past of something, and may make the same changes by hand, may restore it. It is done in the
 * present of where the browser is; asked of a Version, inside of it.
 */
import {
  type Content,
  contentAt,
  hasSite,
  Invalid,
  isContainer,
  isSecure,
  minuteInWords,
  momentCookie,
  PastSite,
  PresentMain,
  type PublishRequest,
  Response,
  restoreFromPast,
  type RestoreOutcome,
  ServerError,
  siteRoot,
  Taken,
  tidToMs,
  versionCookie,
  versionsToJoin,
} from '../../server/index.js';
import { countInWords } from '../helpers.js';
import { sayLater } from '../message.js';
import { landingAt } from '../place-landing.js';
import { nameOf } from '../place.js';
import { queryOf, readWish, requestOf, type Wish } from '../restore-wish.js';
import { groupsOf, leftWords, SHOWN_MAX } from '../restore-words.js';
import { anyObject, type Attempt, defineScreen, screenUrl, type ViewModel } from '../screen.js';

/** Objects made since that are named. */
const NEWER_NAMED_MAX = 10;
/** Versions that are offered. */
const VERSIONS_MAX = 20;

export const restore = defineScreen({
  path: 'restore',
  title: 'Restore from the past',
  view: 'restore',
  help: 'past',
  styles: ['restore'],
  appliesTo: anyObject,
  show,
  actions: { restore: { run: bringBack } },
});

/** What the plan says, or why there is none. */
interface Planned {
  readonly outcome: RestoreOutcome | undefined;
  readonly error: ServerError | undefined;
}

function show(object: Content, request: PublishRequest, attempt?: Attempt): ViewModel {
  const form = attempt?.form ?? request.query;
  const wish = readWish(form);
  const about = lookAt(request, wish);
  const { outcome, error } = plan(request, wish);
  const code = error?.code ?? '';
  const isAsked = code === 'SRV_TAKEN' || code === 'SRV_NO_HOME';
  const isElsewhere = isAsked || wish.to !== '' || wish.id !== '';
  const restored = outcome?.restored ?? [];
  return {
    action: screenUrl(object, 'restore'),
    at: String(wish.at),
    objects: wish.objects.filter((each) => typeof each === 'number').map(String),
    paths: wish.objects.filter((each) => typeof each === 'string'),
    back: wish.back,
    heading: headingOf(about, wish),
    atMs: tidToMs(wish.at),
    when: minuteInWords(tidToMs(wish.at)),
    place: placeWords(request),
    mayRestore: restored.length > 0,
    isAsked,
    isTaken: code === 'SRV_TAKEN',
    question: isAsked && attempt === undefined ? (error?.message ?? '') : '',
    refusal: isAsked || attempt !== undefined ? '' : (error?.message ?? ''),
    isSame: outcome !== undefined && restored.length === 0,
    groups: groupsOf(restored),
    more: Math.max(0, restored.length - SHOWN_MAX),
    leftWords: leftWords(outcome),
    newer: outcome?.newer.slice(0, NEWER_NAMED_MAX) ?? [],
    newerMore: Math.max(0, (outcome?.newer.length ?? 0) - NEWER_NAMED_MAX),
    newerCount: outcome?.newer.length ?? 0,
    options: {
      hasBelow: about.some(({ isFolder }) => isFolder),
      below: wish.below,
      hasPlace: wish.place === 'now' || restored.some(({ kind }) => kind === 'moved'),
      stays: wish.place === 'now',
      goes: wish.newer === 'go',
      security: wish.security,
      isElsewhere,
      single: wish.objects.length === 1,
      to: wish.to === '' ? nearestFolder(request, about) : wish.to,
      id: wish.id === '' && code === 'SRV_TAKEN' ? `restored-${about[0]?.id ?? ''}` : wish.id,
    },
    into: placesToRestoreInto(request, wish),
    backHref: wish.back,
  };
}

/** Finds out what would happen, by a dry run. */
function plan(request: PublishRequest, wish: Wish): Planned {
  try {
    const outcome = restoreFromPast(request, { ...requestOf(request, wish), dryRun: true });
    return { outcome, error: undefined };
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return { outcome: undefined, error };
  }
}

/** Something that is to be restored, as it was. */
interface Seen {
  readonly path: string;
  readonly id: string;
  readonly isFolder: boolean;
}

/** What is asked for as it was, as far as the reader may see that. */
function lookAt(request: PublishRequest, { at, objects }: Wish): readonly Seen[] {
  using past = new PastSite(request, { at, version: request.connection.version });
  if (!hasSite(past.connection)) return [];
  const seen: Seen[] = [];
  for (const named of objects) {
    const found = typeof named === 'number' ? past.find(named) : contentAt(past.root, named);
    if (found === undefined || !past.policy.may('View', found)) continue;
    seen.push({ path: found.path, id: found.id, isFolder: isContainer(found) });
  }
  return seen;
}

function headingOf(about: readonly Seen[], { objects }: Wish): string {
  const [only, ...others] = about;
  if (only === undefined || others.length > 0) return countInWords(objects.length, 'object');
  return only.path;
}

/** Where it is restored to. */
function placeWords({ version }: PublishRequest): string {
  return version === undefined ? 'main' : `the version ${nameOf(version.object)}`;
}

/** The folder that its path was in, as far as that stands. */
function nearestFolder(request: PublishRequest, [top]: readonly Seen[]): string {
  const root = siteRoot(request.connection);
  let at = top?.path ?? '/';
  do at = at.slice(0, at.lastIndexOf('/'));
  while (at !== '' && !isContainer(contentAt(root, at)));
  return at === '' ? '/' : at;
}

/** Where else it could be restored to: main, or a version that the reader may work in. */
function placesToRestoreInto(request: PublishRequest, wish: Wish): ViewModel[] {
  using main = new PresentMain(request);
  const query = queryOf(wish);
  const here = request.version?.oid;
  const versions = versionsToJoin(main).slice(0, VERSIONS_MAX);
  if (versions.length === 0) return [];
  return [
    ...(here === undefined ? [{ title: 'Main', href: '', current: true }] : []),
    ...versions.map((version) => ({
      title: nameOf(version),
      href: `${screenUrl(version, 'restore')}?${query}`,
      current: version.oid === here,
    })),
  ];
}

/** Restores, and leads back into the present: to where the reader was, or to what was restored. */
function bringBack(_object: Content, request: PublishRequest): Response {
  const wish = readWish(request.form);
  request.note(request.form.text('note'));
  const { tops, restored } = restoreIn(request, wish);
  const [top] = tops;
  const own = top === undefined ? '/' : screenUrl(top);
  const { url } = landingAt(request.connection, request.policy, {
    back: wish.back === '' ? own : wish.back,
    oid: wish.back === '' ? top?.oid : undefined,
  });
  const address = new URL(url, request.origin);
  if (restored.length > 0) address.searchParams.set('done', request.pendingTid);
  const secure = isSecure(request);
  const response = Response.redirect(`${address.pathname}${address.search}`, 303).append(
    'Set-Cookie',
    momentCookie(undefined, secure),
  );
  if (request.version?.by === 'url') {
    response.append('Set-Cookie', versionCookie(request.version.oid, secure));
  }
  if (restored.length === 0) sayLater(response, 'It is like that already');
  return response;
}

function restoreIn(request: PublishRequest, wish: Wish): RestoreOutcome {
  try {
    return restoreFromPast(request, requestOf(request, wish));
  } catch (error) {
    if (!(error instanceof Taken) || error.code !== 'SRV_TAKEN') throw error;
    const field = wish.objects.length === 1 ? 'id' : 'newer';
    throw new Invalid([{ field, message: error.message }], { cause: error });
  }
}
