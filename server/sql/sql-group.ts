/**
 * `{{#sqlgroup}}…{{and}}…{{or}}…{{/sqlgroup}}`: parts of which some may be empty.
 *
 * Empty parts go, and the words between them; what is left stands in parentheses. `where=true` and
 * `set=true` put WHERE or SET before it. Where every part is empty nothing is written, or with
 * `required=true` the call is refused. Groups stand in each other.
 */
import { hasArguments, positionOf, simpleName } from '../templates/ast.js';
import type { Program, Statement } from '../templates/ast.js';
import { unusable } from '../templates/errors.js';
import type { Instruction } from '../templates/frame.js';
import type { Coder, Form } from '../templates/language.js';
import { SyntaxFault } from '../templates/syntax-fault.js';
import { LiteralOptions } from './literal-options.js';
import { placeMark, withoutPlaces } from './source-marks.js';

const JOINERS: ReadonlyMap<string, string> = new Map([
  ['and', ' AND '],
  ['or', ' OR '],
  ['comma', ', '],
]);

interface Part {
  /** What joins it to the part before it. */
  readonly joiner: string;
  readonly write: Instruction;
}

export const sqlGroup: Form = {
  name: 'sqlgroup',
  block(node, coder) {
    coder.requireArguments(node, 0, 0);
    if (node.inverse !== undefined) throw SyntaxFault.at(node, 'A group has no {{else}}.');
    const options = new LiteralOptions(node, ['where', 'set', 'required', 'noparens']);
    const isSet = options.flag('set');
    const head = options.flag('where') ? 'WHERE ' : isSet ? 'SET ' : '';
    if (isSet && options.flag('where')) throw options.fault('set', 'A group is WHERE or SET.');
    const [opens, closes] = isSet || options.flag('noparens') ? ['', ''] : ['(', ')'];
    const isRequired = options.flag('required');
    const at = positionOf(node);
    const here = placeMark(at, true);
    const parts = partsOf(node.program, coder);
    return (frame) => {
      const { run } = frame;
      run.budget.step();
      let text = '';
      for (const { joiner, write } of parts) {
        const part = run.captureText(write, frame);
        if (isBlank(part)) continue;
        text += text === '' ? part : `${here}${joiner}${part}`;
        // A comment at the end of a line would take the rest of the group with it.
        if (/--|#/.test(part)) text += '\n';
      }
      if (text !== '') {
        // The line break after a tag that stands alone in its line is not written.
        run.write(`${here}${head}${opens}${text}${here}${closes} `);
      } else if (isRequired) {
        run.at = at;
        throw unusable('Nothing was given of what this group asks for.');
      }
    };
  },
};

function partsOf(program: Program | undefined, coder: Coder): readonly Part[] {
  if (program === undefined) return [];
  const parts: { readonly joiner: string; readonly body: Statement[] }[] = [
    { joiner: ' AND ', body: [] },
  ];
  for (const statement of program.body) {
    const joiner = joinerOf(statement);
    if (joiner === undefined) parts.at(-1)?.body.push(statement);
    else parts.push({ joiner, body: [] });
  }
  return parts.map(({ joiner, body }) => ({ joiner, write: coder.program({ ...program, body }) }));
}

function joinerOf(statement: Statement): string | undefined {
  if (statement.type !== 'MustacheStatement' || hasArguments(statement)) return undefined;
  return JOINERS.get(simpleName(statement.path) ?? '');
}

/** Tells whether a part has nothing but white space and comments. */
function isBlank(part: string): boolean {
  let rest = withoutPlaces(part).trimStart();
  while (rest.startsWith('--') || rest.startsWith('/*')) {
    const end = rest.startsWith('--') ? rest.indexOf('\n') : rest.indexOf('*/', 2) + 1;
    if (end <= 0) return true;
    rest = rest.slice(end + 1).trimStart();
  }
  return rest === '';
}
