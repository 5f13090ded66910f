/**
 * One render: the text written so far, the steps left, the place being worked on.
 *
 * Whatever templates call each other within one request shares one run, so the bounds hold for the
 * page as a whole.
 *
 * The text of a template whose authors may not write active content is kept apart until it ends,
 * and then sanitized. What other templates wrote into it must survive that, so it waits outside,
 * and a *mark* stands in its place. After sanitizing, marks between tags are replaced by what they
 * stand for; marks inside a tag are dropped, since there the author's text, not the other
 * template, would decide what they mean.
 */
import type { Acquirable } from '../../acquisition/index.js';
import { ServerError, TemplateError } from '../errors.js';
import { DEPTH_MAX, TEXT_MAX, tooLong } from './bounds.js';
import type { Budget } from './bounds.js';
import { placed, TemplateFault, unusable } from './errors.js';
import type { Position } from './errors.js';
import { ReturnSignal } from './frame.js';
import type { Activation, Frame, Instruction, Run } from './frame.js';
import { Html } from './html.js';
import { taint } from './taint.js';
import type { TemplateCode, TemplateWorld } from './world.js';

const BEGINNING: Position = Object.freeze({ line: 1, column: 1 });

/** Around the number of a mark: characters that no text may contain, in any language. */
const MARK_OPENS = '\uFDD0';
const MARK_CLOSES = '\uFDD1';
const MARKS = /\uFDD0([0-9]+)\uFDD1/g;
const TAGS_OR_MARKS = /<[^>]*>|\uFDD0([0-9]+)\uFDD1|[\uFDD0\uFDD1]/g;

export interface RunOptions {
  readonly world: TemplateWorld;
  readonly budget: Budget;
  readonly markup: boolean;
  /** Whether no template is called from another one. */
  readonly alone: boolean;
  /** Gives the compiled form of a template; throws what is wrong with its syntax. */
  readonly compiled: (code: TemplateCode) => Instruction;
}

export class PageRun implements Run {
  readonly world: TemplateWorld;
  readonly budget: Budget;
  readonly markup: boolean;
  readonly compiled: (code: TemplateCode) => Instruction;
  readonly names = new Map<string, unknown>();
  /** The text written since the last boundary. */
  out = '';
  at: Position = BEGINNING;
  readonly #alone: boolean;
  #waiting: string[] = [];
  #depth = 0;
  #cleared: Acquirable | undefined;

  constructor(options: RunOptions) {
    this.world = options.world;
    this.budget = options.budget;
    this.markup = options.markup;
    this.#alone = options.alone;
    this.compiled = options.compiled;
  }

  write(text: string): void {
    this.out += text;
    this.budget.text(text.length);
    if (this.out.length > TEXT_MAX) throw tooLong();
  }

  writeMarkup(markup: string, activation: Activation): void {
    if (activation.active) {
      this.write(markup);
      return;
    }
    this.budget.text(markup.length);
    this.write(`${MARK_OPENS}${this.#waiting.length}${MARK_CLOSES}`);
    this.#waiting.push(markup);
  }

  touch(object: Acquirable): void {
    if (object === this.#cleared) return;
    if (!this.world.mayTouch(object)) this.world.refuse(object);
    this.#cleared = object;
  }

  isActive(code: TemplateCode): boolean {
    return !this.markup || this.world.mayActive(code);
  }

  /**
   * Runs a template and gives what it wrote, as `Html`, or the value that it returned.
   *
   * @throws TemplateFault `SRV_TEMPLATE_DEPTH`; `SRV_TEMPLATE_VALUE` where none may be called
   */
  template(program: Instruction, frame: Frame): unknown {
    const { activation } = frame.env;
    if (this.#alone && this.#depth > 0) throw unusable('No other template is called in this one.');
    const { code } = activation;
    const text = this.#apart(activation, () =>
      this.world.run(code, () => {
        this.#cleared = undefined;
        program(frame);
      }),
    );
    if (text instanceof ReturnSignal) return returnedValue(text);
    return this.markup ? new Html(text) : text;
  }

  /** Both templates must be allowed active content. */
  templateInto(program: Instruction, frame: Frame): ReturnSignal | undefined {
    const before = this.out;
    try {
      this.#deeper(frame.env.activation, () =>
        this.world.run(frame.env.activation.code, () => {
          this.#cleared = undefined;
          program(frame);
        }),
      );
      return undefined;
    } catch (error) {
      const signal = returned(error, frame.env.activation);
      if (signal === undefined) throw error;
      this.out = before;
      return signal;
    } finally {
      this.#cleared = undefined;
    }
  }

  fragment(program: Instruction, frame: Frame, into: Activation): void {
    const { activation } = frame.env;
    if (activation.active && into.active) {
      this.#deeper(activation, () => program(frame));
      return;
    }
    this.writeMarkup(this.capture(program, frame).text, into);
  }

  capture(program: Instruction, frame: Frame): Html {
    const { activation } = frame.env;
    const text = this.#apart(activation, () => program(frame), { passReturn: true });
    if (text instanceof ReturnSignal) throw text;
    return new Html(text);
  }

  captureText(program: Instruction, frame: Frame): string {
    const before = this.out;
    this.out = '';
    try {
      program(frame);
      return this.out.replace(MARKS, '');
    } finally {
      this.out = before;
    }
  }

  undoable(work: () => void): void {
    const before = { out: this.out, waiting: this.#waiting.length };
    try {
      work();
    } catch (error) {
      this.out = before.out;
      this.#waiting.length = before.waiting;
      throw error;
    }
  }

  #apart(
    activation: Activation,
    work: () => void,
    { passReturn = false }: { readonly passReturn?: boolean } = {},
  ): string | ReturnSignal {
    const { out, at } = this;
    const waiting = this.#waiting;
    this.out = '';
    this.#waiting = [];
    try {
      this.#deeper(activation, work);
      return activation.active ? this.out : this.#sanitized(activation.code);
    } catch (error) {
      const signal = passReturn ? undefined : returned(error, activation);
      if (signal === undefined) throw error;
      return signal;
    } finally {
      this.out = out;
      this.at = at;
      this.#waiting = waiting;
      this.#cleared = undefined;
    }
  }

  /** Does `work` one level deeper; errors get the place of what it was doing. */
  #deeper(activation: Activation, work: () => void): void {
    if (this.#depth >= DEPTH_MAX) throw tooDeep(activation.code);
    const { at } = this;
    this.#depth += 1;
    try {
      work();
      this.at = at;
    } catch (error) {
      const located = this.#located(error, activation.code);
      this.at = at;
      throw located;
    } finally {
      this.#depth -= 1;
    }
  }

  #sanitized(code: TemplateCode): string {
    const clean = this.world.sanitize(this.out, code);
    this.budget.text(clean.length);
    const waiting = this.#waiting;
    let length = clean.length;
    const filled = clean.replace(TAGS_OR_MARKS, (found, number?: string) => {
      if (number === undefined) return found.startsWith('<') ? found.replace(MARKS, '') : '';
      const markup = waiting[Number(number)] ?? '';
      length += markup.length;
      if (length > TEXT_MAX) throw tooLong();
      return markup;
    });
    this.budget.text(filled.length);
    return filled;
  }

  #located(error: unknown, code: TemplateCode): unknown {
    if (error instanceof TemplateError || error instanceof ReturnSignal) return error;
    const place = { path: code.path, line: this.at.line, column: this.at.column };
    if (error instanceof TemplateFault) return placed(error, place);
    if (isTooDeep(error)) return placed(tooDeep(code, error), place);
    if (hasCode(error) || this.world.errorType(error) !== undefined) return error;
    return placed(faultOf(error), place);
  }
}

/** What a template gives that ends with `{{return}}`. */
export function returnedValue({ activation, value }: ReturnSignal): unknown {
  return activation.active || value instanceof Html ? value : taint(value);
}

/** Marks what a template without active content hands to one with it. */
export function guarded(value: unknown, from: Activation, to: Activation): unknown {
  if (from.active || !to.active || value instanceof Html) return value;
  return taint(value);
}

function returned(error: unknown, activation: Activation): ReturnSignal | undefined {
  return error instanceof ReturnSignal && error.activation === activation ? error : undefined;
}

function tooDeep({ path }: TemplateCode, cause?: unknown): TemplateFault {
  const message = `More than ${DEPTH_MAX} templates call each other; the last is ${path}.`;
  return new TemplateFault('SRV_TEMPLATE_DEPTH', message, { cause });
}

/** The policy counts what runs, too, and may be first to see that there is no end to it. */
function isTooDeep(error: unknown): boolean {
  return error instanceof ServerError && error.code === 'SRV_TOO_DEEP';
}

/** Tells errors of the other rooms, which say themselves what they are. */
function hasCode(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^(ODB|ACQ|SRV|UI)_/.test(error.code)
  );
}

function faultOf(error: unknown): TemplateFault {
  if (error instanceof RangeError && error.message.includes('call stack')) {
    return new TemplateFault(
      'SRV_TEMPLATE_DEPTH',
      'Blocks and templates are too deep in each other.',
    );
  }
  if (error instanceof RangeError && error.message.includes('string length')) return tooLong();
  return new TemplateFault('SRV_TEMPLATE_FAILED', 'Something failed here.', { cause: error });
}
