/**
 * The frame around a screen: who is here, which object this is, its tabs, the tree, and what was
 * just done. Everything a page needs beside the screen's own model, as plain data under `@frame`.
 */
import {
  type Content,
  contentTypes,
  Folder,
  isKnown,
  type PublishRequest,
} from '../server/index.js';
import { fullTime } from './helpers.js';
import { type Message, readMessage } from './message.js';
import { addressWithout, openAddress, type PageData, pageData } from './page.js';
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
const MOMENTARY = ['done', 'part', 'format'];

/** Keys that lead to a tab after `g`, by the screen's path. */
const TAB_KEYS: Readonly<Record<string, string>> = {
  contents: 'c',
  edit: 'e',
  history: 'h',
  properties: 'p',
  security: 's',
  undo: 'u',
};

/** Screens of the root that stand below the tree as well. */
const PLACES: readonly { readonly path: string; readonly icon: string }[] = [
  { path: 'undo', icon: 'undo' },
  { path: 'trash', icon: 'trash' },
  { path: 'database', icon: 'database' },
];

interface Link {
  readonly title: string;
  readonly href: string;
  readonly current: boolean;
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
  readonly tabs: readonly (Link & { readonly go: string; readonly key: string })[];
  readonly places: readonly (Link & { readonly icon: string })[];
  readonly tree: readonly Branch[];
  readonly problem: Attempt | undefined;
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
export function frameOf(
  object: Content,
  request: PublishRequest,
  options: { readonly screen: AnyScreen; readonly attempt: Attempt | undefined },
): Frame {
  const { screen, attempt } = options;
  const root = rootOf(object);
  const type = contentTypes.of(object);
  const heading = headingOf(object, nameOfSite(root, request));
  const titled = screen.tab === undefined ? heading : `${heading}, ${screen.tab.toLowerCase()}`;
  const bar = barOf(request, {
    title: screen.title ?? titled,
    about: object,
    help: screen.help ?? screen.view,
    styles: screen.styles,
    modules: screen.modules,
  });
  const under = screen.under ?? screen.path;
  const frame = {
    ...bar,
    printed: fullTime(request.nowMs),
    undoHref: screenUrl(object, 'undo'),
    contentsHref: screenUrl(object, 'contents'),
    problem: attempt,
    message: attempt === undefined ? readMessage(request) : undefined,
  };
  if (bar.findHref === '' && screen.permission === undefined) {
    const object = { heading: screen.title ?? '', ...NO_OBJECT };
    return { ...frame, alone: true, object, crumbs: [], tabs: [], places: [], tree: [] };
  }
  return {
    ...frame,
    alone: false,
    object: {
      heading,
      path: object.path,
      typeTitle: type.title,
      icon: object.container === undefined ? 'home' : type.icon,
      isFolder: object.isFolder,
      viewHref: type.page !== undefined && request.policy.may('View', object) ? object.url : '',
    },
    crumbs: crumbsOf(object, bar.siteName, request),
    tabs: tabsOf(object, under, request),
    places: placesOf(root, object === root ? screen.path : '', request),
    tree: siteTree(request, {
      root,
      rootName: bar.siteName,
      current: object,
      address: openAddress(addressWithout(request, [...MOMENTARY, 'open', 'shut'])),
    }),
  };
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

function crumbsOf(object: Content, siteName: string, request: PublishRequest): Frame['crumbs'] {
  const line: Content[] = [];
  for (let at: Content | undefined = object; at !== undefined; at = at.container) line.unshift(at);
  return line.map((each) => ({
    name: each.container === undefined ? siteName : each.id,
    href: request.policy.may('View management screens', each) ? screenUrl(each) : '',
    current: each === object,
  }));
}

function tabsOf(object: Content, under: string, request: PublishRequest): Frame['tabs'] {
  const tabs: (Link & { go: string; key: string })[] = [];
  for (const screen of screensFor(object, request)) {
    if (screen.tab === undefined) continue;
    tabs.push({
      title: screen.tab,
      href: screenUrl(object, screen.path),
      current: screen.path === under,
      go: TAB_KEYS[screen.path] ?? '',
      key: screen.path === 'edit' ? 'e' : '',
    });
  }
  return tabs;
}

function placesOf(root: Content, current: string, request: PublishRequest): Frame['places'] {
  const places: (Link & { icon: string })[] = [];
  for (const { path, icon } of PLACES) {
    const screen = allScreens().find((each) => each.path === path);
    const title = screen?.tab ?? screen?.title;
    if (screen === undefined || title === undefined || !screen.appliesTo(root)) continue;
    if (!mayOpen(screen, root, request)) continue;
    places.push({ title, icon, href: screenUrl(root, path), current: path === current });
  }
  return places;
}
