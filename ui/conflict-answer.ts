/**
 * Reads what was decided about a conflict from the form that shows it.
 */
import {
  type ConflictAnswer,
  type FieldError,
  type Form,
  Invalid,
  type OpenConflict,
  type PartChoice,
} from '../server/index.js';
import { chosenIn, type DecidedPart, type TextPart, type ValuePart } from './conflict-parts.js';
import { linesFor, linesOf, PIECE_CHOICES } from './conflict-text.js';
import { countInWords } from './helpers.js';

/**
 * Gives the answer that a form makes.
 *
 * @throws Invalid naming all that is open still
 */
export function answerIn(
  form: Form,
  { kind }: Pick<OpenConflict, 'kind'>,
  parts: readonly DecidedPart[],
): ConflictAnswer {
  if (kind !== 'changed') return sideIn(form);
  const choices = new Map<string, PartChoice>();
  const errors: FieldError[] = [];
  for (const part of parts) {
    const choice = part.kind === 'text' ? textIn(form, part) : valueIn(form, part);
    if (typeof choice === 'object' && 'open' in choice) {
      errors.push({ field: `parts.${part.name}`, message: choice.open });
    } else choices.set(part.name, choice);
  }
  if (errors.length > 0) throw new Invalid(errors);
  return { kind: 'parts', parts: choices };
}

interface StillOpen {
  readonly open: string;
}

function sideIn(form: Form): ConflictAnswer {
  const side = chosenIn(form, 'side', ['main', 'version', 'move']);
  if (side === undefined) throw new Invalid([{ field: 'side', message: 'Choose one of these' }]);
  if (side !== 'move') return { kind: 'side', side };
  return { kind: 'move', to: form.text('to').trim(), id: form.text('id').trim() };
}

function valueIn(form: Form, part: ValuePart): PartChoice | StillOpen {
  const choice = chosenIn(form, part.field, ['main', 'version', 'both', 'own']);
  if (choice === 'both' && !part.hasBoth) return { open: `${part.label} has no such choice` };
  if (choice === undefined || (choice === 'own' && part.own === 'none')) {
    return { open: `${part.label} is not decided yet` };
  }
  return choice === 'own' ? { value: part.valueOf(form.text(part.ownField)) } : choice;
}

/** Puts a text together; where one side was taken throughout, it need not be written anew. */
function textIn(form: Form, { label, pieces }: TextPart): PartChoice | StillOpen {
  let open = 0;
  const text = (side?: 'main' | 'version'): string =>
    pieces.flatMap((piece) => (side === undefined ? decided(piece) : piece[side])).join('');
  const decided = (piece: TextPart['pieces'][number]): readonly string[] => {
    const choice = chosenIn(form, piece.field, PIECE_CHOICES);
    if (piece.kind === 'open' && choice === undefined) open += 1;
    return linesFor(piece, choice, ownLines(form.text(piece.ownField), piece));
  };
  const result = text();
  if (open > 0) {
    return {
      open: `${label} has ${countInWords(open, 'place')} that ${open === 1 ? 'is' : 'are'} not decided yet`,
    };
  }
  const side = (['main', 'version'] as const).find((each) => text(each) === result);
  return side ?? { value: result };
}

/** Gives lines the endings that the text has; a form sends its own kind, and none at the end. */
function ownLines(written: string, { main, version }: TextPart['pieces'][number]): string[] {
  const lines = written.replaceAll(/\r\n?/g, '\n');
  if (lines === '') return [];
  const around = [...main, ...version];
  const isEnded = around.length === 0 || around.some((line) => line.endsWith('\n'));
  const whole = isEnded && !lines.endsWith('\n') ? `${lines}\n` : lines;
  const hasReturns = around.some((line) => line.endsWith('\r\n'));
  return linesOf(hasReturns ? whole.replaceAll('\n', '\r\n') : whole);
}
