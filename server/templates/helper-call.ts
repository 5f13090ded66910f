/** A helper at work: what it was given, and its block. */
import { Locals } from './frame.js';
import type { Frame, Instruction, Run } from './frame.js';
import { Html } from './html.js';
import type { BlockOptions, BlockPart, HelperCall, Options } from './language.js';

export interface CallParts {
  readonly options: Options;
  readonly fields: ReadonlyMap<string, string>;
  readonly isMarked: boolean;
  readonly block:
    | {
        readonly program: Instruction;
        readonly inverse: Instruction;
        readonly parts: readonly BlockPart[];
      }
    | undefined;
}

export class BlockCall implements HelperCall {
  readonly frame: Frame;
  readonly #parts: CallParts;

  constructor(frame: Frame, parts: CallParts) {
    this.frame = frame;
    this.#parts = parts;
  }

  get run(): Run {
    return this.frame.run;
  }

  get options(): Options {
    return this.#parts.options;
  }

  get fields(): ReadonlyMap<string, string> {
    return this.#parts.fields;
  }

  get isMarked(): boolean {
    return this.#parts.isMarked;
  }

  get parts(): readonly BlockPart[] {
    return this.#parts.block?.parts ?? [];
  }

  capture(how: BlockOptions = {}): Html {
    const program = how.part?.program ?? this.#parts.block?.program;
    if (program === undefined) return new Html('');
    return this.run.capture(program, this.#frameOf(how));
  }

  captureText(how: BlockOptions = {}): string {
    const program = how.part?.program ?? this.#parts.block?.program;
    return program === undefined ? '' : this.run.captureText(program, this.#frameOf(how));
  }

  captureElse(): Html {
    const inverse = this.#parts.block?.inverse;
    return inverse === undefined ? new Html('') : this.run.capture(inverse, this.frame);
  }

  #frameOf({ self, data, values }: BlockOptions): Frame {
    this.run.budget.step();
    const { frame } = this;
    const changes = {
      ...(values === undefined ? {} : { locals: new Locals([...values], frame.locals) }),
      ...(data === undefined ? {} : { data: { loop: undefined, values: data, up: frame.data } }),
    };
    return self === undefined ? frame.beside(changes) : frame.inner(self, changes);
  }
}
