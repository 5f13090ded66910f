/**
 * Content types: the kinds of objects a site is made of.
 *
 * A type is one module that says everything about its kind: the class, the permissions to add and
 * change one, the fields an editor sets, how they are checked, what JSON shows of it, and its page
 * when it is published. This registry is the only list of types, for every door alike.
 *
 * What a type may rely on: `validate` has passed before `apply` is called, with the same values;
 * values have the JSON shape that their field's kind says, and only names that `fields` lists and
 * that are not read-only. Permissions were asked before. What it promises: `read` answers plain
 * JSON, and `apply` of what `read` answered changes nothing.
 */
import type { Context } from '../../acquisition/index.js';
import type { FieldError } from '../errors.js';
import type { Response } from '../publisher/response.js';
import type { Executable } from '../templates/index.js';
import type { Content } from './content.js';
import type { SiteRow } from './sql-row.js';
import type { PageRequest, SiteServices, Work } from './work.js';

export type FieldKind =
  /** A line of text: a string. */
  | 'text'
  /** Text of any length, edited in the editor: a string. */
  | 'source'
  /** One of `choices`: a string. */
  | 'choice'
  | 'boolean'
  | 'number'
  /** Lines of text: an array of strings. */
  | 'list'
  /** Bytes in the blob store; set by `setData`, shown as what is known of them. */
  | 'file'
  /** Written, never read: a string. */
  | 'password'
  /** Plain data, checked by the type. */
  | 'json';

export interface FieldDef {
  readonly name: string;
  readonly label: string;
  readonly kind: FieldKind;
  readonly choices?: readonly string[];
  readonly help?: string;
  /** Shown, never set. */
  readonly readonly?: boolean;
  /** Set, never shown. */
  readonly writeOnly?: boolean;
  /** What a new object has where nothing is given; `undefined` where it may be left out. */
  readonly default?: unknown;
  /** How people write a value of kind `json`, where that is not as JSON. */
  readonly asText?: WrittenValue;
  /** Keeps what is secret in a text that was typed out of a form that shows it again. */
  hides?(typed: string): HiddenText | undefined;
}

/** What a form shows in place of what was typed, and says of it. */
export interface HiddenText {
  readonly text: string;
  readonly remark: string;
}

export interface WrittenValue {
  write(value: unknown): string;
  /** Gives the value; for a text that is none the text itself, which the type refuses. */
  read(text: string): unknown;
}

export type FieldValues = Readonly<Record<string, unknown>>;

/** What a URL calls something with. */
export interface PathArguments {
  readonly given: Readonly<Record<string, string>>;
  /** How many ids that took: at least one. */
  readonly taken: number;
}

/** What a value is checked in the light of. */
export interface ValidationContext {
  readonly work: Work;
  /** Where the object is, or is to be. */
  readonly container: Content | undefined;
  /** The object to change; `undefined` for one to be added. */
  readonly object: Content | undefined;
  readonly id: string;
}

export interface ContentType<T extends Content = Content> {
  /** The word in JSON and in records: `Document`. */
  readonly name: string;
  /** The word on screen. */
  readonly title: string;
  /** Name of an icon of the sprite. */
  readonly icon: string;
  readonly description: string;
  readonly class: new (init?: object) => T;
  /** Asked on the container. */
  readonly addPermission: string;
  /**
   * The attributes by which it leads out of the site: the permissions to add it, and to change these,
   * are asked at the site's root, too.
   */
  readonly leadsOut?: readonly string[];
  /** Asked on the object, for title, fields and data. */
  readonly changePermission: string;
  /** It runs: it keeps its authors, and acts with what its caller and every author may do. */
  readonly executable: boolean;
  /** Fields whose change makes somebody an author. Default: `source`. */
  readonly authored?: readonly string[];
  /** The field that holds its text, for editors that save files. */
  readonly sourceField?: 'source';
  /** What `data` is: the source's text, or bytes in the blob store. */
  readonly data?: 'source' | 'blob';
  /** Fields and data ask `View management screens` beside `View`. */
  readonly protectedFields?: boolean;
  /** It is called on the object it was reached from, as a method is, not on itself. */
  readonly method?: boolean;
  /** `false`: catalogs leave it out. */
  readonly isFound?: boolean;
  readonly fields: readonly FieldDef[];
  /** Says what is wrong with values to be set; an empty list means nothing. */
  validate?(values: FieldValues, context: ValidationContext): readonly FieldError[];
  /**
   * Gives the fields as JSON shows them.
   * @param site where they are to be complete: a few are not stored with the object
   */
  read(object: T, site?: SiteServices): Record<string, unknown>;
  /** Sets fields after validation. */
  apply(object: T, values: FieldValues, work: Work): void;
  /** Says why a child of that type may not be put in; `undefined` when it may. */
  refuses?(container: T, child: ContentType, id: string): string | undefined;
  /**
   * Takes ids that follow its own in a URL as what it is called with, and no steps to objects;
   * `undefined` where the next one is none. What it gives then is one row.
   */
  pathArguments?(object: T, ids: readonly string[]): PathArguments | undefined;
  /**
   * Gives that row.
   * @param call.context the object as it was reached
   * @throws NotFound where it is not exactly one row
   */
  urlRow?(
    object: T,
    request: PageRequest,
    call: { readonly given: PathArguments['given']; readonly context: Context },
  ): SiteRow;
  /** Gives a field that holds text with markup as HTML, which was not sanitized. */
  html?(object: T, field: string): string | undefined;
  /** Gives what runs when a template names it, or calls it as a partial. */
  callable?(object: T, request: PageRequest): Executable;
  /**
   * Answers its page when it is published; a type without one has no page.
   * @param context what a method is called on; for any other object, the object as it was reached
   */
  page?(object: T, request: PageRequest, context: Context): Response | Promise<Response>;
}

class ContentTypes {
  readonly #byName = new Map<string, ContentType>();

  /**
   * Adds a type to the list. Adding the same one again changes nothing.
   * @throws TypeError when another type has the name
   */
  register<T extends Content>(type: ContentType<T>): void {
    const held = this.#byName.get(type.name);
    if (held !== undefined && held !== (type as unknown as ContentType)) {
      throw new TypeError(`There is a content type ${type.name} already`);
    }
    this.#byName.set(type.name, type);
  }

  get(name: string): ContentType | undefined {
    return this.#byName.get(name);
  }

  /** Every type, in order of registration. */
  all(): readonly ContentType[] {
    return [...this.#byName.values()];
  }

  /**
   * Gives the type of an object.
   * @throws TypeError when no plugin brings it: the object was made with one that is gone
   */
  of(object: Content): ContentType {
    const type = this.#byName.get(object.type);
    if (type === undefined) throw new TypeError(`No content type ${object.type} is registered`);
    return type;
  }
}

export const contentTypes = new ContentTypes();
