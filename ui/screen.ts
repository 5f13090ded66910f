/**
 * Screens: the pages of the admin.
 *
 * A screen is declared once: its path below `@manage`, the tab that leads to it, who may open it,
 * which objects it is about, what it shows and what it does. Tabs, access, the JSON form and the
 * frame around it follow from that declaration.
 *
 * What a screen may rely on:
 * - `show` and the actions run only when `appliesTo` holds and the policy grants `permission` (an
 *   action's own `permission` too, where it names one).
 * - An action runs in a transaction that may write. When it throws, whatever it changed is
 *   forgotten, and the screen is shown again with the attempt: the form as it was sent, and why not.
 * - What an action did is told by the note of its transaction, with a button that undoes it.
 *
 * What others may rely on: `show` answers plain data that has passed the policy, and that a JSON
 * client may read; asking for it changes nothing.
 */
import {
  type Content,
  type FieldError,
  type Form,
  isKnown,
  type PublishRequest,
  type Response,
  Unauthorized,
} from '../server/index.js';
import type { DryRunShown } from './dry-run.js';

/** What a view or a JSON client gets: plain values only. */
export type ViewModel = Readonly<Record<string, unknown>>;

/** Which value of a form was refused, and why: `id`, `title`, `fields.source`, `properties.NAME`. */
export type FieldProblem = FieldError;

/** An action that was refused: why, and what was typed, so that nothing has to be typed again. */
export interface Attempt {
  readonly action: string;
  readonly status: number;
  /** Icon beside the words: `lock` where the policy refused. */
  readonly icon: string;
  readonly title: string;
  readonly detail: string;
  /** The policy's steps to its refusal, empty when it was not the policy that refused. */
  readonly because: readonly string[];
  /** Roles that may do it there, as far as that is told to the reader. */
  readonly whoMay: readonly string[];
  readonly errors: readonly FieldProblem[];
  /** The messages of `errors`, each with the name of the field that it is about. */
  readonly named: readonly string[];
  readonly form: Form;
  /** It was tried out, and not refused: what it would change. */
  readonly dryRun?: DryRunShown;
}

/** Where an action leads. */
export interface Outcome {
  /** Path of a screen of `at`; `''` is its first one. */
  readonly goTo: string;
  /** Query of the address gone to, without its question mark. */
  readonly query?: string;
  /** The object gone to; by default the one acted on. */
  readonly at?: Content;
  /** Said to whoever acted when nothing changed; a change is told by its transaction's note. */
  readonly message?: string;
  /** A `Set-Cookie` value sent along. */
  readonly cookie?: string;
}

export interface Action<T extends Content = Content> {
  /** Asked besides the screen's own permission. Most actions leave this to what they call. */
  readonly permission?: string;
  /** A note is best given before anything is changed: its first line is what people are told. */
  run(object: T, request: PublishRequest): Outcome | Response | Promise<Outcome | Response>;
}

export interface Screen<T extends Content = Content> {
  /** Path below `@manage`, without slashes at its ends: `contents`, `history/diff`. */
  readonly path: string;
  /** Words on the tab; a screen without one is reached from another screen. */
  readonly tab?: string;
  /** Icon of the sprite that stands beside it in menus. */
  readonly icon?: string;
  /** How much there is behind the tab, told beside its words; 0 tells nothing. */
  count?(object: T, request: PublishRequest): number | Promise<number>;
  /** Marks this tab while the screen is open; by default the screen's own. */
  readonly under?: string;
  /** Name of the view in `views/`, without its ending. */
  readonly view: string;
  /** Who may open it; without one, whoever is signed in: it is about them and not the object. */
  readonly permission?: string;
  /** It is a form and nothing besides: there is none of it in the past, where nothing can be changed. */
  readonly isForm?: boolean;
  /** What its page is called; by default as the object is. */
  readonly title?: string;
  /** It is about the site, not the object it stands at: its title heads it, and no tabs lead there. */
  readonly isOfSite?: boolean;
  /**
   * Path of the screen that shows the same of this object, among other things, to this reader: then
   * there is no tab of it, and links to it lead there. What is sent to it is done as ever.
   */
  instead?(object: Content, request: PublishRequest): string | undefined;
  appliesTo(object: Content): object is T;
  /** Partials that may be asked for alone with `?part=NAME`; each is rendered with what `show` answers. */
  readonly parts?: readonly string[];
  /** Browser modules of `client/`, without their ending, that this screen wants besides the frame's. */
  readonly modules?: readonly string[];
  /** Style sheets of `styles/`, without their ending, that this screen wants besides the frame's. */
  readonly styles?: readonly string[];
  /** Path of the screen whose `undo` action takes back what a message on it tells; by default `undo`. */
  readonly undo?: string;
  /** Help page of `help/`, without its ending; by default the view's name. */
  readonly help?: string;
  show(object: T, request: PublishRequest, attempt?: Attempt): ViewModel | Promise<ViewModel>;
  /** Answers what its page refers to, such as a picture; `undefined` where the page is asked for. */
  answer?(object: T, request: PublishRequest): Response | undefined;
  readonly actions?: Readonly<Record<string, Action<T>>>;
}

/** A screen as the registry holds it: it asks `appliesTo` before anything else, whatever the object. */
export type AnyScreen = Screen;

/**
 * Gives a declared screen in the form the registry takes.
 *
 * @throws TypeError for a path that begins or ends with a slash
 */
export function defineScreen<T extends Content>(screen: Screen<T>): AnyScreen {
  if (screen.path.startsWith('/') || screen.path.endsWith('/')) {
    throw new TypeError(`The path of a screen has no slash at its ends: ${screen.path}`);
  }
  return screen;
}

const registered: AnyScreen[] = [];

/** For `appliesTo` of a screen that every object has. */
export function anyObject(_object: Content): _object is Content {
  return true;
}

/**
 * Adds screens to the admin. Tabs stand in the order of registration, so the first that applies to
 * an object and may be opened is the one `@manage` shows.
 *
 * @throws TypeError when a path is taken
 */
export function registerScreens(screens: readonly AnyScreen[]): void {
  for (const screen of screens) {
    if (registered.some((other) => other.path === screen.path)) {
      throw new TypeError(`There is a screen at ${screen.path} already`);
    }
    registered.push(screen);
  }
}

/** Every registered screen, in tab order. */
export function allScreens(): readonly AnyScreen[] {
  return registered;
}

/** The screens that are about this object and that this request's user may open, in tab order. */
export function screensFor(object: Content, request: PublishRequest): AnyScreen[] {
  const isPast = request.connection.at !== undefined;
  return registered.filter(
    (screen) =>
      screen.appliesTo(object) &&
      mayOpen(screen, object, request) &&
      !(isPast && screen.isForm === true) &&
      screen.instead?.(object, request) === undefined,
  );
}

/** Tells whether this request's user may open a screen of an object that it applies to. */
export function mayOpen(
  { permission }: AnyScreen,
  object: Content,
  { policy, user }: PublishRequest,
): boolean {
  return permission === undefined ? isKnown(user) : policy.may(permission, object);
}

/** @throws Unauthorized unless this request's user may open the screen */
export function requireOpen(
  { permission, path }: AnyScreen,
  object: Content,
  { policy, user }: PublishRequest,
): void {
  if (permission !== undefined) policy.require(permission, object);
  if (permission !== undefined || isKnown(user)) return;
  throw new Unauthorized(`Sign in to open the screen ${path}.`, {
    known: false,
    decision: { allowed: false, because: ['Nobody is signed in'] },
  });
}

/** A screen found by the segments after `@manage`, and the segments left over. */
export interface FoundScreen {
  readonly screen: AnyScreen;
  readonly rest: readonly string[];
}

/** Finds the screen with the longest path that the segments begin with. */
export function findScreen(object: Content, segments: readonly string[]): FoundScreen | undefined {
  for (let length = segments.length; length > 0; length -= 1) {
    const path = segments.slice(0, length).join('/');
    const screen = registered.find((each) => each.path === path && each.appliesTo(object));
    if (screen !== undefined) return { screen, rest: segments.slice(length) };
  }
  return undefined;
}

/**
 * Address of a screen of an object, from the root of the site.
 *
 * @param path path of the screen; `''` is the first screen the reader may open
 */
export function screenUrl(object: Content, path = ''): string {
  const base = object.url.endsWith('/') ? object.url : `${object.url}/`;
  return path === '' ? `${base}@manage` : `${base}@manage/${path}`;
}

/** The segments after a screen's path, by the request they came with. */
const rests = new WeakMap<PublishRequest, readonly string[]>();

/** Keeps the segments after a screen's path for the screen to read. */
export function rememberRest(request: PublishRequest, rest: readonly string[]): void {
  rests.set(request, rest);
}

/** The segments after the path of the screen that is shown: `['TID']` in `@manage/history/TID`. */
export function restOf(request: PublishRequest): readonly string[] {
  return rests.get(request) ?? [];
}
