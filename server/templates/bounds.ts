/**
 * How much a template may do.
 *
 * Every bound ends a template with an error that names it; none is reached by a page that people
 * read. Steps are the clock that a render carries with it: each look-up, turn of a block and call
 * is one, and work whose cost an author can choose (long texts, long lists, sorting) is charged in
 * steps as well. So the steps bound not only the time but also the memory that a render can keep.
 */
import { TemplateFault } from './errors.js';

/** Steps of one render, called templates included. */
export const STEPS_MAX = 2_000_000;

/** Templates that call one another. */
export const DEPTH_MAX = 100;

/** Characters of one page, and of any text made on the way. */
export const TEXT_MAX = 16 * 1024 * 1024;

/** Numbers that one `range` gives. */
export const RANGE_MAX = 100_000;

/** Items of any list. */
export const LIST_MAX = 1_000_000;

/** Names that `set` keeps for a request. */
export const SET_NAMES_MAX = 10_000;

/** Blocks and expressions one inside the other, in one template. */
export const NESTING_MAX = 100;

/**
 * Tags in one source, and characters inside them. What is between tags does not count. Parsing is
 * the one work that cannot be stopped half-way, so it must be short: these take about a second.
 */
export const TAGS_MAX = 20_000;
export const TAG_CHARACTERS_MAX = 400_000;

/** Steps between two looks at the clock. */
const STEPS_BETWEEN_CHECKS = 4096;

/** Characters, and items, that cost as much as one step. */
const CHARACTERS_A_STEP_LOG2 = 7;
const ITEMS_A_STEP_LOG2 = 3;

/** Counts the steps of one render. */
export class Budget {
  #untilCheck: number;
  #afterCheck: number;
  readonly #stepsMax: number;
  readonly #check: (() => void) | undefined;

  /**
   * @param check called at least every `STEPS_BETWEEN_CHECKS` steps; may throw, to end the render
   */
  constructor(stepsMax: number = STEPS_MAX, check?: () => void) {
    this.#stepsMax = stepsMax;
    this.#check = check;
    this.#untilCheck = Math.min(stepsMax, STEPS_BETWEEN_CHECKS);
    this.#afterCheck = stepsMax - this.#untilCheck;
  }

  /** Steps taken so far. */
  get taken(): number {
    return this.#stepsMax - this.#afterCheck - this.#untilCheck;
  }

  /** @throws TemplateFault `SRV_TEMPLATE_STEPS` */
  step(): void {
    if (--this.#untilCheck < 0) this.#refill();
  }

  /** Charges `steps` at once. */
  charge(steps: number): void {
    this.#untilCheck -= steps;
    if (this.#untilCheck < 0) this.#refill();
  }

  /**
   * Charges for a text of `length` characters, before it is made.
   * @throws TemplateFault `SRV_TEMPLATE_SIZE` when it would be longer than `TEXT_MAX`
   */
  text(length: number): void {
    if (length > TEXT_MAX) throw tooLong();
    this.charge(length >> CHARACTERS_A_STEP_LOG2);
  }

  /**
   * Charges for a list of `length` items, before it is made.
   * @throws TemplateFault `SRV_TEMPLATE_SIZE` when it would be longer than `LIST_MAX`
   */
  list(length: number): void {
    if (length > LIST_MAX) {
      const message = `A list has more than ${LIST_MAX.toLocaleString('en')} items.`;
      throw new TemplateFault('SRV_TEMPLATE_SIZE', message);
    }
    this.charge(length >> ITEMS_A_STEP_LOG2);
  }

  #refill(): void {
    if (this.#afterCheck + this.#untilCheck < 0) {
      this.#untilCheck = 0;
      this.#afterCheck = 0;
      throw new TemplateFault(
        'SRV_TEMPLATE_STEPS',
        `This page takes more than ${this.#stepsMax.toLocaleString('en')} steps. ` +
          'Show fewer items at once, or look for a block that repeats more often than meant.',
      );
    }
    this.#check?.();
    const rest = this.#afterCheck + this.#untilCheck;
    this.#untilCheck = Math.min(rest, STEPS_BETWEEN_CHECKS);
    this.#afterCheck = rest - this.#untilCheck;
  }
}

/** The error of a text or a page that is longer than `TEXT_MAX`. */
export function tooLong(): TemplateFault {
  const message = `The text is longer than ${TEXT_MAX.toLocaleString('en')} characters.`;
  return new TemplateFault('SRV_TEMPLATE_SIZE', message);
}
