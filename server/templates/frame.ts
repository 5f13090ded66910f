/**
 * Where a running template is: the present object, the names around it, the template itself.
 *
 * A frame is one level of `../`. What is the same for all frames of one call is in its `Env`, and
 * what is the same for one run of one template in its `Activation`. Frames of a loop are reused
 * from turn to turn: nothing keeps a frame for longer than the turn.
 */
import type { Acquirable, Context } from '../../acquisition/index.js';
import { isAcquirable } from '../../acquisition/index.js';
import type { Batch } from './batch.js';
import type { Budget } from './bounds.js';
import type { Position } from './errors.js';
import type { Html } from './html.js';
import type { TemplateCode, TemplateWorld } from './world.js';

/** Compiled code that prints. */
export type Instruction = (frame: Frame) => void;

/** Compiled code that gives a value; `ABSENT` where a name was not found. */
export type Evaluation = (frame: Frame) => unknown;

/** The render that compiled code is part of. Kept by `page-run.ts`, which says more. */
export interface Run {
  readonly world: TemplateWorld;
  readonly budget: Budget;
  /** Whether what is written is HTML. */
  readonly markup: boolean;
  /** What `{{set}}` keeps. */
  readonly names: Map<string, unknown>;
  /** What is being done, for errors. */
  at: Position;

  /** Writes text as it is. @throws TemplateFault `SRV_TEMPLATE_SIZE` */
  write(text: string): void;
  /** Writes markup that needs no sanitizing into the text of `activation`. */
  writeMarkup(markup: string, activation: Activation): void;
  /** Refuses an object that may not be viewed. @throws the world's denial */
  touch(object: Acquirable): void;
  isActive(code: TemplateCode): boolean;
  /** Gives the compiled form of a template. @throws TemplateError `SRV_TEMPLATE_SYNTAX` */
  compiled(code: TemplateCode): Instruction;
  /** Runs a template; gives what it wrote, or the value that it returned. */
  template(program: Instruction, frame: Frame): unknown;
  /** Runs a template into the present text; gives the value that it returned, if it did. */
  templateInto(program: Instruction, frame: Frame): ReturnSignal | undefined;
  /** Runs a part of a template into the text of the template that shows it. */
  fragment(program: Instruction, frame: Frame, into: Activation): void;
  /** Runs a block and gives what it wrote, sanitized where its template is to be. */
  capture(program: Instruction, frame: Frame): Html;
  /** Runs a block and gives what it wrote, for what is no page: mail, a statement. */
  captureText(program: Instruction, frame: Frame): string;
  /** Does `work`; when it fails, takes back what it wrote before the error goes on. */
  undoable(work: () => void): void;
}

/** Thrown by `{{return}}` to end its template. */
export class ReturnSignal {
  readonly activation: Activation;
  readonly value: unknown;

  constructor(activation: Activation, value: unknown) {
    this.activation = activation;
    this.value = value;
  }
}

/** One run of one template. */
export class Activation {
  readonly code: TemplateCode;
  /** The object the template is called on, as it was reached. */
  readonly context: Context;
  /** Whether its authors may write active content. */
  readonly active: boolean;
  /** What the last `{{#in}}` showed, for `{{pager}}` after it. */
  batch: Batch | undefined;

  constructor(code: TemplateCode, context: Context, active: boolean) {
    this.code = code;
    this.context = context;
    this.active = active;
  }
}

/** Names that a caller gave, and those its own caller had given. */
export interface Args {
  readonly names: ReadonlyMap<string, unknown>;
  /** Written as arguments, so that they count as the object's own; the others are `let` names. */
  readonly isOwn: boolean;
  readonly next: Args | undefined;
}

/** Part of a template that is shown elsewhere: an inline partial, or a partial block. */
export interface Fragment {
  readonly program: Instruction;
  /** Where it was written: its names and its template. */
  readonly frame: Frame;
}

/** Inline partials by name, and those defined further out. */
export class Inlines {
  readonly byName: ReadonlyMap<string, Fragment>;
  readonly next: Inlines | undefined;

  constructor(byName: ReadonlyMap<string, Fragment>, next: Inlines | undefined) {
    this.byName = byName;
    this.next = next;
  }

  find(name: string): Fragment | undefined {
    return this.byName.get(name) ?? this.next?.find(name);
  }
}

export interface Env {
  readonly activation: Activation;
  readonly args: Args | undefined;
  readonly inlines: Inlines | undefined;
  /** What `{{> @partial-block}}` shows. */
  readonly block: Fragment | Html | undefined;
}

/** Values of block parameters or of a `let`; which names they have is known when compiling. */
export class Locals {
  readonly values: unknown[];
  readonly up: Locals | undefined;

  constructor(values: unknown[], up: Locals | undefined) {
    this.values = values;
    this.up = up;
  }
}

/** The turns of a block over a list. */
export interface Loop {
  /** Length of the whole list, of which a batch shows a part. */
  readonly total: number;
  /** The items shown, in their order. */
  readonly items: readonly unknown[];
  /** The names of a record's values; none for lists. */
  readonly keys: readonly unknown[] | undefined;
  /** Number of the first item within the whole list, counted from 0. */
  readonly offset: number;
  readonly batch: Batch | undefined;
  index: number;
  /** What the item itself brings: the score of a hit. */
  extra: Readonly<Record<string, unknown>> | undefined;
}

/** What `@name` means here. */
export interface Data {
  readonly loop: Loop | undefined;
  readonly values: ReadonlyMap<string, unknown> | undefined;
  readonly up: Data | undefined;
}

/** Settings of a frame beside its object. */
export interface FrameOptions {
  readonly up?: Frame | undefined;
  /** The outermost frame of a call: what the caller gave comes before the object. */
  readonly isBase?: boolean;
  /** Names are looked up in the object alone. */
  readonly only?: boolean;
  readonly locals?: Locals | undefined;
  readonly data?: Data | undefined;
}

export class Frame {
  readonly run: Run;
  readonly env: Env;
  self: unknown;
  readonly up: Frame | undefined;
  readonly isBase: boolean;
  readonly only: boolean;
  locals: Locals | undefined;
  data: Data | undefined;
  #context: Context | undefined;

  constructor(run: Run, env: Env, self: unknown, options: FrameOptions) {
    this.run = run;
    this.env = env;
    this.self = self;
    this.up = options.up;
    this.isBase = options.isBase ?? false;
    this.only = options.only ?? false;
    this.locals = options.locals;
    this.data = options.data;
    this.#context = undefined;
  }

  /** Makes the frame of a block inside this one, one `../` further in. */
  inner(self: unknown, options: FrameOptions = {}): Frame {
    return new Frame(this.run, this.env, self, {
      up: this,
      only: options.only ?? this.only,
      locals: options.locals ?? this.locals,
      data: options.data ?? this.data,
    });
  }

  /** The same place with other names around it. */
  beside(changes: { readonly locals?: Locals; readonly env?: Env; readonly data?: Data }): Frame {
    return new Frame(this.run, changes.env ?? this.env, this.self, {
      up: this.up,
      isBase: this.isBase,
      only: this.only,
      locals: changes.locals ?? this.locals,
      data: changes.data ?? this.data,
    });
  }

  /** Goes on to the next item of a loop. */
  turn(self: unknown): void {
    this.self = self;
    this.#context = undefined;
  }

  /**
   * The context names are acquired from: the present object with its containers, then the page's
   * context; in a row, the page's context.
   */
  get context(): Context {
    if (this.#context !== undefined) return this.#context;
    const { context } = this.env.activation;
    if (this.self === context.object || !isAcquirable(this.self)) return context;
    this.#context = context.step(this.self);
    return this.#context;
  }

  /** The present object, or in a row the object the template is called on. */
  get object(): Acquirable {
    return isAcquirable(this.self) ? this.self : this.env.activation.context.object;
  }
}
