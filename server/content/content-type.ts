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
  | 'password';

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
}

export type FieldValues = Readonly<Record<string, unknown>>;

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
  /** Asked on the object, for title, fields and data. */
  readonly changePermission: string;
  /** It runs: it keeps its authors, and acts with what its caller and every author may do. */
  readonly executable: boolean;
  /** The field that holds its text, for editors that save files. */
  readonly sourceField?: 'source';
  /** What `data` is: the source's text, or bytes in the blob store. */
  readonly data?: 'source' | 'blob';
  /** Fields and data ask `View management screens` beside `View`. */
  readonly protectedFields?: boolean;
  /** It is called on the object it was reached from, as a method is, not on itself. */
  readonly method?: boolean;
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
  /** Gives what runs when a template names it, or calls it as a partial. */
  callable?(object: T, work: Work): Executable;
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
