/**
 * What templates need of the site around them.
 *
 * The engine meets objects as `Acquirable` alone and asks everything else here, so it knows no
 * content type, no policy and no request. One world belongs to one request: its answers may be
 * remembered there, and whatever makes an answer depend on more than the objects read (the clock, a
 * header, chance) is noticed by its owner, because it is asked for through this interface.
 *
 * What a world promises: `mayTouch` judges with the rights of the caller *and* of every author
 * pushed by `run`; `lookup` of its objects has no effect; texts it gives are plain text, and
 * markup it vouches for is an `Html`.
 */
import type { Acquirable, Context } from '../../acquisition/index.js';
import type { Html } from './html.js';

export interface TemplateWorld {
  /** The site's outermost object. */
  readonly root: Acquirable;
  readonly request: RequestData;
  /** The address of the page as the visitor sees it, without its query. */
  readonly url: string;
  /** Who asks: `name`, `roles` and what else templates may know. */
  readonly user: Readonly<Record<string, unknown>>;
  /** The version the request is in; `null` on the live site. */
  readonly version: unknown;
  readonly response: ResponseControls;

  /** Gives the moment that `@now` and `now` show. */
  now(): Date;
  /** Gives a number from 0 up to, not including, 1. */
  random(): number;

  /** Tells whether caller and authors may view `object`. Asked very often; should be remembered. */
  mayTouch(object: Acquirable): boolean;
  /** Throws the denial of `object`, with its reasons. */
  refuse(object: Acquirable): never;
  /** Tells whether `{{dump}}` shows anything to who asks. */
  readonly mayDump: boolean;

  /** Tells whether who asks may see the source at a path, and so where in it something failed. */
  mayInspect(path: string): boolean;

  /** Tells what an object is that can be called; `undefined` for all others. Asked very often. */
  executable(object: Acquirable): Executable | undefined;
  /** Does `work` with no more rights than the executable's authors have. */
  run<T>(executable: Executable, work: () => T): T;
  /** Tells whether what the executable writes may be active content. */
  mayActive(executable: Executable): boolean;
  /**
   * Takes active content out of what an executable wrote. In what it gives, `<` and `>` stand around
   * tags and nowhere else, attribute values included; other characters stay as they are.
   */
  sanitize(html: string, executable?: Executable): string;

  /** Gives a folder's children in their order, whoever may view them; `undefined` for what is no folder. */
  children(object: Acquirable): Iterable<Acquirable> | undefined;
  /** Gives an object's address, as links on this page write it. */
  urlOf(object: Acquirable): string;
  /** Gives the address of a file's contents, which changes when they do. */
  assetUrl(object: Acquirable): string;
  /** Names the fields and properties of an object that templates may read. */
  attributes(object: Acquirable): Iterable<string>;

  /**
   * Looks objects up in a catalog: what caller and authors may view is found, and nothing else.
   *
   * @param question names of indexes and options with what is asked, as in the JSON interface
   * @returns `undefined` for what is no catalog
   */
  search?(
    catalog: Acquirable,
    question: Readonly<Record<string, unknown>>,
  ): SearchAnswer | undefined;

  /** The languages the visitor asks for, best first: `['de-CH', 'de', 'en']`. */
  readonly languages: readonly string[];
  /** Gives Markdown as HTML that was not sanitized. */
  markdown(text: string): string;

  /** Makes the error that `{{raise}}` throws; `undefined` for a type that is the author's own. */
  raise(type: string, message: string): Error | undefined;
  /** Names the type of an error that `{{#try}}` may catch; `undefined` for what must pass. */
  errorType(error: unknown): string | undefined;

  /**
   * Begins what `{{#try}}` shows: what it does in databases can then be taken back, as if it had never
   * been. Exactly one of the two is called at its end.
   */
  attempt?(): { keep(): void; undo(): void };

  /** Looks at the clock now and then; throws to end a render that has no time left. */
  checkDeadline?(): void;
  /** Keeps what `{{log}}` says. */
  log?(message: string, place: { readonly path: string; readonly line: number }): void;
}

/** The request as templates see it. Nothing in it is believed. */
export interface RequestData {
  readonly method: string;
  readonly url: string;
  readonly path: string;
  /** The text after the `?`. */
  readonly query: string;
  readonly form: Readonly<Record<string, unknown>>;
  readonly cookies: Readonly<Record<string, unknown>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** What a template may decide about the answer beside its text. */
export interface ResponseControls {
  /** @throws when `status` is no HTTP status */
  status(status: number): void;
  /** @throws when the name or the value is none of a header */
  header(name: string, value: string): void;
  redirect(url: string, status?: number): void;
}

/** A template: text in this language. */
export interface TemplateCode {
  readonly kind: 'template';
  /** The template itself. */
  readonly object: Acquirable;
  /** Differs whenever `source` differs: object and revision. */
  readonly key: string;
  /** Where it stands, for messages. */
  readonly path: string;
  readonly source: string;
  /** Whether a name that finds nothing is an error. */
  readonly strict: boolean;
}

/** Anything else that runs when it is named: a script, an SQL method. */
export interface Method {
  readonly kind: 'method';
  readonly object: Acquirable;
  readonly path: string;
  /** Runs it. A text it answers is plain text; one that is an `Html` is markup. */
  call(args: CallArguments): unknown;
}

export type Executable = TemplateCode | Method;

export interface CallArguments {
  readonly positional: readonly unknown[];
  readonly named: Readonly<Record<string, unknown>>;
  /** What it is called on. */
  readonly context: Context;
}

/** An item of a list, and what `@name` means while a block shows it: the score of a hit. */
export class ListItem {
  readonly value: unknown;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(value: unknown, data: Readonly<Record<string, unknown>>) {
    this.value = value;
    this.data = data;
  }
}

/** What a catalog answers. */
export interface SearchAnswer {
  readonly items: readonly {
    readonly object: Acquirable;
    readonly score?: number | undefined;
    /** Markup: the words that were asked for stand in `<mark>`. */
    readonly excerpt?: Html | undefined;
  }[];
  /** All that was found, whatever is in `items`. */
  readonly total: number;
  /** Values with how many were found that have them, by index. */
  readonly facets: Readonly<
    Record<string, readonly { readonly value: unknown; readonly count: number }[]>
  >;
  /** What else might have been meant, where words are in no object. */
  readonly suggestion?: string | undefined;
}

/** What one render begins with beside the object. */
export interface RenderOptions {
  /** Names found before those of the object, as if given to a partial. */
  readonly names?: Readonly<Record<string, unknown>>;
  /** What `{{> @partial-block}}` shows. */
  readonly block?: Html;
}
