/**
 * The frame around a screen: who is here, which object this is, its tabs, the tree, and what was
 * just done. Everything a page needs beside the screen's own model, as plain data under `@frame`.
 */
import {
  type Content,
  contentTypes,
  DRY_RUN_FIELD,
  Folder,
  isKnown,
  type PublishRequest,
} from '../server/index.js';
import type { DryRunShown } from './dry-run.js';
import { fullTime } from './helpers.js';
import { type Message, readMessage } from './message.js';
import { addressWithout, openAddress, type PageData, pageData } from './page.js';
import { type PlaceData, placeOf } from './place.js';
import {
  allScreens,
  type AnyScreen,
  type Attempt,
  mayOpen,
  screensFor,
  screenUrl,
} from './screen.js';
import { readTheme } from './theme.js';
import { type Branch, siteTree } from './tree.js';

/** Browser modules of every page inside the frame. */
const MODULES = ['menu', 'keys', 'theme', 'toast', 'palette', 'tree', 'tabs', 'busy'];

/** Query fields that one visit needs and the next does not. */
const MOMENTARY = ['done', 'part', 'format', DRY_RUN_FIELD];

/** Keys that lead to a tab after `g`, by the screen's path. */
const TAB_KEYS: Readonly<Record<string, string>> = {
  contents: 'c',
  edit: 'e',
  history: 'h',
  properties: 'p',
  security: 's',
  undo: 'u',
};

/** Told when the version that a browser names has gone. */
const VERSION_ENDED =
  'The version you were in is not there any more: it was discarded, or checked in and not kept. You are on main.';
/** What leads from there to the transaction. */
const END_WORDS = 'See what it did';

/** Screens of the root that stand below the tree as well; on a phone, some within reach of the thumb. */
const PLACES: readonly {
  readonly path: string;
  readonly icon: string;
  readonly docked: boolean;
}[] = [
  { path: 'undo', icon: 'undo', docked: true },
  { path: 'versions', icon: 'version', docked: true },
  { path: 'trash', icon: 'trash', docked: false },
  { path: 'database', icon: 'database', docked: false },
];

interface Link {
  readonly title: string;
  readonly href: string;
  readonly current: boolean;
}

/** A screen of the whole site. */
interface SitePlace extends Link {
  readonly icon: string;
  readonly docked: boolean;
  /** How many open ones it leads to; 0 where that is not told. */
  readonly count: number;
}

/** What the bar reads, whatever the page is about. */
export interface BarData extends PageData {
  readonly siteName: string;
  /** Address of the outermost object the reader may manage, of those above the one on the page. */
  readonly homeHref: string;
  /** These are screens of the object on the page; `''` where the reader may open none of it. */
  readonly findHref: string;
  readonly helpHref: string;
  readonly keysHref: string;
  /** `''` for whoever is not signed in. */
  readonly accountHref: string;
  /** This page's address, without what only a single visit needs. */
  readonly here: string;
  readonly themeWords: string;
  readonly themeIcon: string;
  readonly nextTheme: string;
  readonly userName: string;
  readonly userFolder: string;
}

/** What `page.hbs` and its partials read as `@frame`. */
export interface Frame extends BarData {
  /** The reader may not manage the object: the screen stands by itself, and tells nothing of it. */
  readonly alone: boolean;
  /** The moment of the page, for paper. */
  readonly printed: string;
  readonly undoHref: string;
  readonly contentsHref: string;
  readonly object: {
    readonly heading: string;
    readonly path: string;
    readonly typeTitle: string;
    readonly icon: string;
    readonly isFolder: boolean;
    /** Address of its page; `''` for what has none, or none for the reader. */
    readonly viewHref: string;
  };
  /** A crumb without an address may not be opened by the reader. */
  readonly crumbs: readonly { name: string; href: string; current: boolean }[];
  readonly tabs: readonly (Link & {
    readonly count: number;
    readonly go: string;
    readonly key: string;
  })[];
  readonly places: readonly SitePlace[];
  readonly tree: readonly Branch[];
  /** Where the reader is: on main, in a version, in the past. */
  readonly place: PlaceData;
  readonly problem: Attempt | undefined;
  /** What the form that was tried out would change. */
  readonly dryRun: DryRunShown | undefined;
  readonly message: Message | undefined;
}

export interface BarOptions {
  readonly title: string;
  readonly about: Content;
  readonly help: string;
  readonly styles?: readonly string[] | undefined;
  readonly modules?: readonly string[] | undefined;
}

/** Makes what the bar shows. `about` is the object whose account, help and palette it leads to. */
export function barOf(request: PublishRequest, options: BarOptions): BarData {
  const { about } = options;
  const root = rootOf(about);
  const siteName = nameOfSite(root, request);
  const theme = readTheme(request);
  const home = homeOf(about, request);
  const screenOf = (path: string): string => (home === undefined ? '' : screenUrl(about, path));
  return {
    ...pageData(request, {
      title: `${options.title} · ${siteName}`,
      styles: options.styles,
      modules: [...MODULES, ...(options.modules ?? [])],
    }),
    siteName,
    homeHref: home === undefined ? '/' : screenUrl(home),
    findHref: screenOf('go-to'),
    helpHref: screenOf(`help/${options.help}`),
    keysHref: screenOf('help/keys'),
    accountHref: isKnown(request.user) ? screenUrl(about, 'account') : '',
    here: addressWithout(request, MOMENTARY),
    themeWords: theme.words,
    themeIcon: theme.icon,
    nextTheme: theme.next,
    userName: request.user.name,
    userFolder: request.user.userFolder,
  };
}

/** What a screen that stands alone says of the object at whose address it is. */
const NO_OBJECT = { path: '', typeTitle: '', icon: 'user', isFolder: false, viewHref: '' } as const;

/** Makes the frame of a screen of an object. */
export async function frameOf(
  object: Content,
  request: PublishRequest,
  options: { readonly screen: AnyScreen; readonly attempt: Attempt | undefined },
): Promise<Frame> {
  const { screen, attempt } = options;
  const root = rootOf(object);
  const type = contentTypes.of(object);
  const heading = headingOf(object, nameOfSite(root, request));
  const titled = screen.tab === undefined ? heading : `${heading}, ${screen.tab.toLowerCase()}`;
  const bar = barOf(request, {
    title: screen.title ?? titled,
    about: object,
    help: screen.help ?? screen.view,
    styles: attempt?.dryRun === undefined ? screen.styles : withDiffs(screen.styles),
    modules: screen.modules,
  });
  const under = screen.under ?? screen.path;
  const isOfSite = screen.isOfSite === true;
  const place = await placeOf(request, object, bar.here);
  const message = attempt === undefined ? messageOf(request, place) : undefined;
  const frame = {
    ...bar,
    place,
    printed: fullTime(request.nowMs),
    undoHref: undoAddress(object, request, { screen, message }),
    contentsHref: screenUrl(object, 'contents'),
    problem: attempt?.dryRun === undefined ? attempt : undefined,
    dryRun: attempt?.dryRun,
    message,
  };
  if (bar.findHref === '' && screen.permission === undefined) {
    const object = { heading: screen.title ?? '', ...NO_OBJECT };
    return { ...frame, alone: true, object, crumbs: [], tabs: [], places: [], tree: [] };
  }
  return {
    ...frame,
    alone: false,
    object: isOfSite
      ? {
          heading: screen.title ?? heading,
          ...NO_OBJECT,
          typeTitle: 'Screen of the site',
          icon: screen.icon ?? 'home',
        }
      : {
          heading,
          path: object.path,
          typeTitle: type.title,
          icon: object.container === undefined ? 'home' : type.icon,
          isFolder: object.isFolder,
          viewHref: type.page !== undefined && request.policy.may('View', object) ? object.url : '',
        },
    crumbs: crumbsOf(object, { siteName: bar.siteName, request, screen }),
    tabs: isOfSite ? [] : await tabsOf(object, under, request),
    places: placesOf(root, object === root ? screen.path : '', request).map((each) =>
      each.icon === 'version' ? { ...each, count: place.menu.count } : each,
    ),
    tree: await siteTree(request, {
      root,
      rootName: bar.siteName,
      current: object,
      isOfSite,
      address: openAddress(addressWithout(request, [...MOMENTARY, 'open', 'shut'])),
    }),
  };
}

/** The style sheets of differences, beside those that a screen wants by itself. */
function withDiffs(styles: readonly string[] = []): readonly string[] {
  return [...new Set([...styles, 'source', 'history', 'components-history'])];
}

/** What was just done, or what happened to the place one was in. */
function messageOf(request: PublishRequest, { hasEnded, end }: PlaceData): Message | undefined {
  const message = readMessage(request);
  if (message !== undefined || !hasEnded) return message;
  if (end === undefined) return { text: VERSION_ENDED, icon: 'info' };
  const { words, href } = end;
  const text = `${words}, the version you were in. You are on main.`;
  return { text, icon: 'info', ...(href === '' ? {} : { link: { href, words: END_WORDS } }) };
}

/**
 * Where a message's Undo is sent. What was done in main is taken back there, in a version too: at the
 * Version, whose screens are main's.
 */
function undoAddress(
  object: Content,
  { version }: PublishRequest,
  { screen, message }: { readonly screen: AnyScreen; readonly message: Message | undefined },
): string {
  const isOfMain = message?.undo !== undefined && message.version === undefined;
  if (isOfMain && version !== undefined) return screenUrl(version.object, 'undo');
  return screenUrl(object, screen.undo ?? 'undo');
}

/** The outermost container of an object that may be managed, and with it the object itself. */
function homeOf(about: Content, request: PublishRequest): Content | undefined {
  let home: Content | undefined;
  for (let at: Content | undefined = about; at !== undefined; at = at.container) {
    if (request.policy.may('View management screens', at)) home = at;
    else if (at === about) return undefined;
  }
  return home;
}

/** The site's root: the container that nothing contains. */
export function rootOf(object: Content): Folder {
  let at = object;
  while (at.container !== undefined) at = at.container;
  if (!(at instanceof Folder)) throw new TypeError(`${object.type} is in no site`);
  return at;
}

/** What the site is called: its root's title, else the host it was asked at. */
export function nameOfSite(root: Content, request: PublishRequest): string {
  if (root.title !== '') return root.title;
  return request.origin.replace(/^[a-z]+:\/\//, '') || 'Site';
}

function headingOf(object: Content, siteName: string): string {
  if (object.title !== '') return object.title;
  return object.container === undefined ? siteName : object.id;
}

/** Leads from the root to the object, and, where the page is not about that, to its screen. */
function crumbsOf(
  object: Content,
  {
    siteName,
    request,
    screen,
  }: { readonly siteName: string; readonly request: PublishRequest; readonly screen: AnyScreen },
): Frame['crumbs'] {
  const isOfSite = screen.isOfSite === true;
  const line: Content[] = [];
  for (let at: Content | undefined = object; at !== undefined; at = at.container) line.unshift(at);
  const crumbs = line.map((each) => ({
    name: each.container === undefined ? siteName : each.id,
    href: request.policy.may('View management screens', each) ? screenUrl(each) : '',
    current: each === object && !isOfSite,
  }));
  return isOfSite ? [...crumbs, { name: screen.title ?? '', href: '', current: true }] : crumbs;
}

async function tabsOf(
  object: Content,
  under: string,
  request: PublishRequest,
): Promise<Frame['tabs']> {
  const tabs: (Link & { count: number; go: string; key: string })[] = [];
  for (const screen of screensFor(object, request)) {
    if (screen.tab === undefined) continue;
    tabs.push({
      title: screen.tab,
      href: screenUrl(object, screen.path),
      current: screen.path === under,
      count: (await screen.count?.(object, request)) ?? 0,
      go: TAB_KEYS[screen.path] ?? '',
      key: screen.path === 'edit' ? 'e' : '',
    });
  }
  return tabs;
}

function placesOf(root: Content, current: string, request: PublishRequest): Frame['places'] {
  const places: SitePlace[] = [];
  for (const { path, icon, docked } of PLACES) {
    const screen = allScreens().find((each) => each.path === path);
    const title = screen?.tab ?? screen?.title;
    if (screen === undefined || title === undefined || !screen.appliesTo(root)) continue;
    if (!mayOpen(screen, root, request)) continue;
    const href = screenUrl(root, path);
    places.push({ title, icon, docked, href, current: path === current, count: 0 });
  }
  return places;
}
