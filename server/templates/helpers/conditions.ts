/** Conditions: what decides whether something else is looked at or shown at all. */
import type { BlockStatement } from '../ast.js';
import type { Instruction } from '../frame.js';
import type { Coder, Form } from '../language.js';
import { isTainted, untaint } from '../taint.js';
import { isTrue } from '../text.js';

const LENIENT = { lenient: true } as const;

function condition(
  node: BlockStatement,
  coder: Coder,
  { negated }: { readonly negated: boolean },
): Instruction {
  coder.requireArguments(node, 1, 1);
  const [argument] = node.params;
  const includesZero = coder.options(node, ['includeZero']).get('includeZero');
  const value = argument === undefined ? () => undefined : coder.argument(argument, LENIENT);
  const then = coder.program(negated ? node.inverse : node.program);
  const otherwise = coder.program(negated ? node.program : node.inverse);
  return (frame) => {
    frame.run.budget.step();
    const tested = value(frame);
    const isMet = isTrue(tested) || (untaint(tested) === 0 && isTrue(includesZero?.(frame)));
    (isMet ? then : otherwise)(frame);
  };
}

/** Gives the first argument that decides, or the last one; the rest is not looked at. */
function firstThat(name: string, decides: (value: unknown) => boolean): Form {
  return {
    name,
    value(node, coder) {
      coder.requireArguments(node, 1, Infinity);
      coder.options(node, []);
      const values = node.params.map((param) => coder.argument(param, LENIENT));
      return (frame) => {
        frame.run.budget.step();
        let value: unknown;
        for (const next of values) {
          value = next(frame);
          if (decides(value)) return value;
        }
        return value;
      };
    },
  };
}

/** False, nothing, and what has nothing in it; 0 is a value like others. */
function isNull(value: unknown): boolean {
  const inside = untaint(value);
  if (inside === 0) return false;
  return isTainted(value) ? !isTrue(inside) : !isTrue(value);
}

export const conditionForms: readonly Form[] = [
  { name: 'if', block: (node, coder) => condition(node, coder, { negated: false }) },
  { name: 'unless', block: (node, coder) => condition(node, coder, { negated: true }) },
  firstThat('and', (value) => !isTrue(value)),
  firstThat('or', isTrue),
  firstThat('default', (value) => value !== undefined && value !== null),
  firstThat('ifnull', (value) => !isNull(value)),
];
