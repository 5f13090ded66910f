/**
 * A language: the helpers its templates may use, and how it prints.
 *
 * Languages differ in helpers alone; names, blocks and partials mean the same in all. One never
 * changes after it was made: `with` gives another. A *helper* is called with values. A *form* is
 * given the syntax instead, for what must decide whether and when its arguments are worth
 * anything: conditions, loops, `let`.
 */
import type {
  BlockStatement,
  CallNode,
  Expression,
  MustacheStatement,
  PartialStatement,
  Program,
  SubExpression,
} from './ast.js';
import type { Position } from './errors.js';
import type { Evaluation, Frame, Instruction, Run } from './frame.js';
import type { Html } from './html.js';

export type Options = Readonly<Record<string, unknown>>;

export interface Helper {
  readonly name: string;
  /** Fewest and most arguments; checked when a template is saved. */
  readonly arguments: readonly [min: number, max: number];
  /** Names it takes as `name=value`; `any` when it passes them on. None by default. */
  readonly options?: readonly string[] | 'any';
  /** Whether it is written `{{#name}}…{{/name}}`: `never` by default. */
  readonly block?: 'never' | 'always' | 'either';
  /**
   * `objects` when arguments that name a template or a script mean the object itself. By default
   * they are called, as everywhere else.
   */
  readonly takes?: 'values' | 'objects';
  /** What it gives is safe although it was given values from the request: it escapes them. */
  readonly escapes?: boolean;
  /** It wins over a name even without arguments. */
  readonly reserved?: boolean;
  /** An argument that finds nothing is an answer, not an error, in strict templates too. */
  readonly lenient?: boolean;
  /** Names that divide its block, as `{{and}}` divides `{{#sqlgroup}}`; see `HelperCall.parts`. */
  readonly separators?: readonly string[];
  /**
   * Gives its value. Arguments come without marks: when one had a mark, the result gets it.
   * @throws TemplateFault for what it cannot use; the place is added on the way out
   */
  call(args: readonly unknown[], call: HelperCall): unknown;
}

/** A part of a helper's block: what stands before it, `undefined` for the first. */
export interface BlockPart {
  readonly separator: string | undefined;
  readonly program: Instruction;
}

/** What a helper may know and do beside its arguments. */
export interface HelperCall {
  readonly frame: Frame;
  readonly run: Run;
  readonly options: Options;
  /** Where an option was written as `name=@request.form.field`: the field. */
  readonly fields: ReadonlyMap<string, string>;
  /** Whether an argument had the mark of the request. */
  readonly isMarked: boolean;
  readonly parts: readonly BlockPart[];
  /** Shows its block and gives it as markup. */
  capture(how?: BlockOptions): Html;
  /** Shows its block and gives it as text. */
  captureText(how?: BlockOptions): string;
  /** Shows what follows `{{else}}`. */
  captureElse(): Html;
}

export interface BlockOptions {
  /** The object of the block; default: the present one. */
  readonly self?: unknown;
  /** What `@name` means in it. */
  readonly data?: ReadonlyMap<string, unknown>;
  /** Values of the block's parameters. */
  readonly values?: readonly unknown[];
  /** One of `parts`; default: the whole block. */
  readonly part?: BlockPart;
}

export interface Form {
  readonly name: string;
  /** Compiles `{{#name …}}`; absent for a form that is no block. */
  block?(node: BlockStatement, coder: Coder): Instruction;
  /** Compiles `{{name …}}` and `(name …)`; absent for a form that is only a block. */
  value?(node: MustacheStatement | SubExpression, coder: Coder): Evaluation;
}

/** How an argument is read. */
export interface ArgumentRules {
  /** A template or script that is named is meant, not called. */
  readonly takes?: 'values' | 'objects' | undefined;
  /** Nothing is an answer, in strict templates too. */
  readonly lenient?: boolean | undefined;
}

/** Names that are known where a piece of a template is compiled, innermost first. */
export interface Scope {
  readonly names: readonly string[];
  /** `let` names are handed on to templates that are called; block parameters are not. */
  readonly isLet: boolean;
  readonly up: Scope | undefined;
}

/** Compiles the pieces of a template. Forms are given one. */
export interface Coder {
  readonly scope: Scope | undefined;
  /** Compiles for a place where more names are known. */
  within(scope: Omit<Scope, 'up'>): Coder;
  /** Compiles a block; nothing when it is absent. */
  program(program: Program | undefined): Instruction;
  /** Compiles an argument; gives `undefined` where it finds nothing. */
  argument(node: Expression, rules?: ArgumentRules): Evaluation;
  /** Compiles an argument; gives what is found, uncalled, or `ABSENT`. */
  found(node: Expression): Evaluation;
  /** Compiles a call of what the first argument means with the other ones. */
  callOf(node: CallNode): Evaluation;
  /** Compiles the options of a form. @throws SyntaxFault for one that is not in `known` */
  options(
    node: CallNode,
    known: readonly string[],
    rules?: ArgumentRules,
  ): ReadonlyMap<string, Evaluation>;
  /** Requires a number of arguments. @throws SyntaxFault */
  requireArguments(node: CallNode, min: number, max: number): void;
}

export interface LanguageParts {
  readonly helpers: readonly Helper[];
  readonly forms: readonly Form[];
  /** Whether what is written is HTML, and values are escaped. */
  readonly markup: boolean;
  /**
   * Gives what `{{x}}` writes, or with `raw` `{{{x}}}`, where it is not the usual text.
   * @throws TemplateFault where nothing may be printed this way
   */
  readonly print?: (frame: Frame, value: unknown, raw: boolean) => string;
  /** Gives what a piece of the source between tags writes, where it is not the piece as it is. */
  readonly content?: (text: string, at: Position) => string;
  /** Says why a tag that writes something cannot stand in this language; told when it is saved. */
  readonly refusal?: (node: MustacheStatement | PartialStatement) => string | undefined;
  /** Whether a template is never called from another one; it may be by default. */
  readonly alone?: boolean;
}

export class Language {
  readonly markup: boolean;
  readonly print: LanguageParts['print'];
  readonly content: LanguageParts['content'];
  readonly refusal: LanguageParts['refusal'];
  readonly alone: boolean;
  readonly #helpers: ReadonlyMap<string, Helper>;
  readonly #forms: ReadonlyMap<string, Form>;

  constructor({ helpers, forms, markup, print, content, refusal, alone }: LanguageParts) {
    this.markup = markup;
    this.print = print;
    this.content = content;
    this.refusal = refusal;
    this.alone = alone ?? false;
    this.#helpers = new Map(helpers.map((helper) => [helper.name, helper]));
    this.#forms = new Map(forms.map((form) => [form.name, form]));
  }

  /** Gives this language with more, or other, helpers. */
  with(parts: Partial<LanguageParts>): Language {
    const print = parts.print ?? this.print;
    const content = parts.content ?? this.content;
    const refusal = parts.refusal ?? this.refusal;
    return new Language({
      helpers: [...this.#helpers.values(), ...(parts.helpers ?? [])],
      forms: [...this.#forms.values(), ...(parts.forms ?? [])],
      markup: parts.markup ?? this.markup,
      alone: parts.alone ?? this.alone,
      ...(print === undefined ? {} : { print }),
      ...(content === undefined ? {} : { content }),
      ...(refusal === undefined ? {} : { refusal }),
    });
  }

  helper(name: string): Helper | undefined {
    return this.#helpers.get(name);
  }

  form(name: string): Form | undefined {
    return this.#forms.get(name);
  }

  /** The names of all helpers, sorted: what an editor offers. */
  get names(): readonly string[] {
    return [...new Set([...this.#helpers.keys(), ...this.#forms.keys()])].sort();
  }
}
