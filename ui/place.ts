/**
 * Where one is, and where one may go: the place button of the bar with its menu, and the band below it.
 *
 * A browser is on main, in a version, or in the past of either. All of that travels in cookies, so no
 * address of the admin says it; it changes by forms that lead to the screen `place`, and those come
 * back to where one was.
 */
import {
  browserPlace,
  type BrowserPlace,
  type Content,
  countChanges,
  isKnown,
  minuteInWords,
  type Oid,
  PresentMain,
  type PublishRequest,
  placesUrl,
  siteRoot,
  tidToMs,
  type Version,
  type VersionCounts,
  versionEnd,
  versionsToJoin,
} from '../server/index.js';
import { restoreHref } from './restore-link.js';
import { findScreen, mayOpen, screenUrl } from './screen.js';
import { whoIs } from './who.js';

/** How many versions the menu lists; all of them are on the screen. */
export const MENU_VERSIONS_MAX = 20;

/** A version that one may enter. */
export interface VersionChoice {
  readonly oid: string;
  readonly title: string;
  readonly path: string;
  readonly current: boolean;
}

/** How the version ended that a browser was in. */
export interface PlaceEnd {
  /** `ines checked in “Redesign”` */
  readonly words: string;
  /** Where one sees what that changed; `''` where the reader may not. */
  readonly href: string;
}

/** Where the menu leads besides. An address is `''` where nothing is that the reader may use. */
interface PlaceMenu {
  readonly versions: readonly VersionChoice[];
  /** How many there are that one may enter. */
  readonly count: number;
  /** There are more than the menu lists. */
  readonly hasMore: boolean;
  readonly allHref: string;
  readonly momentHref: string;
  readonly newHref: string;
  /** There is nothing but main. */
  readonly isEmpty: boolean;
}

/** What views read as `@frame.place`. */
export interface PlaceData {
  readonly kind: 'main' | 'version' | 'past';
  /** What the button says: `Main`, the version's title, a day. */
  readonly title: string;
  readonly icon: string;
  /** Where all forms that lead elsewhere are sent, and what they send along to come back here. */
  readonly action: string;
  readonly back: string;
  readonly object: string;
  /** The version one is in, in the past too. */
  readonly version:
    | { readonly title: string; readonly oid: string; readonly href: string }
    | undefined;
  /** What is different in the version; `undefined` elsewhere, and in the past. */
  readonly counts: VersionCounts | undefined;
  /** The moment that one looks at; `undefined` in the present. */
  readonly past:
    | { readonly atMs: number; readonly words: string; readonly tid: string }
    | undefined;
  /** The page shows the past, in which nothing can be changed. */
  readonly isReadOnly: boolean;
  /** Where what is on the page can be restored as it was; `''` in the present. */
  readonly restoreHref: string;
  /** This page shows the present all the same. */
  readonly isPresent: boolean;
  /** The browser names a version that the reader may not be in; what it sends is refused. */
  readonly isRefused: boolean;
  /** It names one that is not there any more. */
  readonly hasEnded: boolean;
  /** How that one ended, as far as the reader may know. */
  readonly end: PlaceEnd | undefined;
  readonly menu: PlaceMenu;
}

/**
 * Finds out where the reader is and may go.
 *
 * @param about the object of the page
 * @param here address of the page
 */
export async function placeOf(
  request: PublishRequest,
  about: Content,
  here: string,
): Promise<PlaceData> {
  using main = new PresentMain(request);
  const place = browserPlace(request, main);
  const { version, at, lost } = place;
  const isInside = version !== undefined && at === undefined;
  return {
    ...buttonOf(place, request),
    action: placesUrl(request),
    back: here,
    object: String(about.oid ?? ''),
    version: version && {
      title: nameOf(version),
      oid: String(version.oid ?? ''),
      href: main.policy.may('View management screens', version) ? screenUrl(version) : '',
    },
    counts: isInside ? await countsOf(request, main, version) : undefined,
    past:
      at === undefined
        ? undefined
        : { atMs: tidToMs(at), words: minuteInWords(tidToMs(at)), tid: String(at) },
    isReadOnly: request.connection.at !== undefined,
    restoreHref: request.connection.at === undefined ? '' : restoreHref(request, { object: about }),
    isPresent: at !== undefined && request.connection.at === undefined,
    isRefused: lost === 'refused',
    hasEnded: lost === 'ended',
    end: place.ended === undefined ? undefined : endOf(request, main, place.ended),
    menu: menuOf(request, main, place),
  };
}

/** The versions that one may enter, by title. */
export function versionChoices(
  main: PresentMain,
  { version, at }: BrowserPlace,
): readonly VersionChoice[] {
  return versionsToJoin(main).map((each) => ({
    oid: String(each.oid ?? ''),
    title: nameOf(each),
    path: each.path,
    current: each === version && at === undefined,
  }));
}

/** What a version is called, where it has no title too. */
export function nameOf({ title, id }: Version): string {
  return title === '' ? id : title;
}

function buttonOf(
  { version, at }: BrowserPlace,
  { nowMs }: PublishRequest,
): Pick<PlaceData, 'kind' | 'title' | 'icon'> {
  if (at !== undefined) {
    return { kind: 'past', title: dayInWords(tidToMs(at), nowMs), icon: 'past' };
  }
  if (version !== undefined) return { kind: 'version', title: nameOf(version), icon: 'version' };
  return { kind: 'main', title: 'Main', icon: 'own' };
}

/** `12 Nov`, with the year where it is another one; today, the time. */
function dayInWords(ms: number, nowMs: number): string {
  const [day = '', time = ''] = minuteInWords(ms).split(', ');
  const [today = ''] = minuteInWords(nowMs).split(', ');
  if (day === today) return time;
  const year = today.slice(-4);
  return day.endsWith(` ${year}`) ? day.slice(0, -5) : day;
}

/** Counts in the version, from inside of it where the request is there. */
function countsOf(
  request: PublishRequest,
  main: PresentMain,
  version: Version,
): Promise<VersionCounts> {
  const { connection, policy, site } = request;
  const isThere = connection.version === version.oid && connection.at === undefined;
  return countChanges(site, version, {
    main,
    inside: isThere ? { connection, policy } : undefined,
  });
}

function endOf(request: PublishRequest, main: PresentMain, oid: Oid): PlaceEnd | undefined {
  const { connection, policy } = main;
  const end = versionEnd({ connection, policy }, oid);
  if (end === undefined) return undefined;
  const who = end.user === undefined ? 'Somebody' : whoIs(end.user).user;
  const undo = policy.may('View history', siteRoot(connection))
    ? screenOfRoot(request, 'undo')
    : undefined;
  return {
    words: `${who} ${end.isCheckedIn ? 'checked in' : 'discarded'} “${end.title}”`,
    href: undo === undefined ? '' : `${undo}?tid=${end.tid}#plan`,
  };
}

function menuOf(request: PublishRequest, main: PresentMain, place: BrowserPlace): PlaceMenu {
  const choices = isKnown(request.user) ? versionChoices(main, place) : [];
  const momentHref = momentAddress(request);
  const newHref = newAddress(request);
  return {
    versions: choices.slice(0, MENU_VERSIONS_MAX),
    count: choices.length,
    hasMore: choices.length > MENU_VERSIONS_MAX,
    allHref: choices.length === 0 ? '' : (screenOfRoot(request, 'versions') ?? placesUrl(request)),
    momentHref,
    newHref,
    isEmpty: choices.length === 0 && momentHref === '' && newHref === '' && isOnMain(place),
  };
}

function isOnMain({ version, at, lost }: BrowserPlace): boolean {
  return version === undefined && at === undefined && lost !== 'refused';
}

/** Where one chooses a moment: on the site's screen for it, else where all places are listed. */
function momentAddress(request: PublishRequest): string {
  const { policy, object, user } = request;
  if (!isKnown(user) || !policy.may('View history', object)) return '';
  return screenOfRoot(request, 'moment') ?? `${placesUrl(request)}#moment`;
}

/** Where one makes a version, for those who may at the top of the site. */
function newAddress(request: PublishRequest): string {
  const list = screenOfRoot(request, 'versions');
  const mayAdd = request.policy.may('Add Versions', siteRoot(request.connection));
  return list !== undefined && mayAdd ? `${list}#new` : '';
}

/** Address of a screen of the whole site, where there is one that the reader may open. */
function screenOfRoot(request: PublishRequest, path: string): string | undefined {
  const root = siteRoot(request.connection);
  const screen = findScreen(root, path.split('/'))?.screen;
  return screen !== undefined && mayOpen(screen, root, request) ? screenUrl(root, path) : undefined;
}
