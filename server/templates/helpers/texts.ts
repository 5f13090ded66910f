/** Helpers for texts. What each makes is charged before it is made. */
import { TEXT_MAX } from '../bounds.js';
import { TemplateFault, unusable } from '../errors.js';
import type { Run } from '../frame.js';
import { escapeHtml, Html } from '../html.js';
import type { Helper } from '../language.js';
import { entriesOf, itemsOf } from '../list.js';
import { compilePattern, matchesPattern } from '../pattern.js';
import { formatPrintf } from '../printf.js';
import { percentDecoded, percentEncoded } from '../query.js';
import { listText } from '../text.js';
import { listArgument, textArgument, wholeArgument } from './arguments.js';

/** Characters of Markdown; reading it cannot be stopped half-way. */
const MARKDOWN_CHARACTERS_MAX = 1_000_000;

/** A helper that makes one text of another. */
function textHelper(name: string, change: (text: string, run: Run) => string): Helper {
  return {
    name,
    arguments: [1, 1],
    call([value], { run }) {
      const text = textArgument(run, value);
      run.budget.text(text.length);
      return change(text, run);
    },
  };
}

/** Cuts a text, at a word where one ends in the second half of what is left. */
function truncated(text: string, size: number, etc: string): string {
  if (text.length <= size) return text;
  let cut = text
    .slice(0, size)
    .toWellFormed()
    .replace(/\uFFFD$/, '');
  const space = cut.lastIndexOf(' ');
  if (space > size / 2 && text[size] !== ' ') cut = cut.slice(0, space);
  return cut.trimEnd() + etc;
}

function replaced(run: Run, text: string, [from, to]: readonly [string, string]): string {
  if (from === '') return text;
  let count = 0;
  for (let at = text.indexOf(from); at !== -1; at = text.indexOf(from, at + from.length))
    count += 1;
  run.budget.text(text.length + count * (to.length - from.length));
  return count === 0 ? text : text.split(from).join(to);
}

function split(run: Run, text: string, separator: string): readonly string[] {
  run.budget.text(text.length);
  if (text === '') return [];
  if (separator === '') {
    run.budget.list(text.length);
    return Array.from(text);
  }
  let count = 1;
  for (
    let at = text.indexOf(separator);
    at !== -1;
    at = text.indexOf(separator, at + separator.length)
  ) {
    count += 1;
  }
  run.budget.list(count);
  return text.split(separator);
}

const isPlus = (value: unknown): boolean => value === true;

export const textHelpers: readonly Helper[] = [
  textHelper('upper', (text) => text.toUpperCase()),
  textHelper('lower', (text) => text.toLowerCase()),
  textHelper('capitalize', (text) => {
    const [first = ''] = text;
    return first.toUpperCase() + text.slice(first.length).toLowerCase();
  }),
  textHelper('spacify', (text) => text.replaceAll('_', ' ')),
  textHelper('trim', (text) => text.trim()),
  {
    name: 'urlencode',
    arguments: [1, 1],
    options: ['plus'],
    call([value], { run, options }) {
      const text = textArgument(run, value);
      run.budget.text(text.length * 3);
      const encoded = percentEncoded(text);
      return isPlus(options['plus']) ? encoded.replaceAll('%20', '+') : encoded;
    },
  },
  {
    name: 'urldecode',
    arguments: [1, 1],
    options: ['plus'],
    call([value], { run, options }) {
      const text = textArgument(run, value);
      run.budget.text(text.length);
      return percentDecoded(isPlus(options['plus']) ? text.replaceAll('+', ' ') : text);
    },
  },
  {
    name: 'nl2br',
    arguments: [1, 1],
    escapes: true,
    call([value], { run }) {
      if (value instanceof Html) return value;
      const escaped = escapeHtml(textArgument(run, value));
      run.budget.text(escaped.length);
      return new Html(replaced(run, escaped.replace(/\r\n?/g, '\n'), ['\n', '<br>\n']));
    },
  },
  {
    name: 'truncate',
    arguments: [2, 2],
    options: ['etc'],
    call([value, size], { run, options }) {
      const text = textArgument(run, value);
      const bound = wholeArgument(run, size, { name: 'The size', min: 0, max: TEXT_MAX });
      const etc = options['etc'] === undefined ? '…' : textArgument(run, options['etc']);
      run.budget.text(Math.min(text.length, bound) + etc.length);
      return truncated(text, bound, etc);
    },
  },
  {
    name: 'printf',
    arguments: [1, 100],
    call: ([format, ...values], { run }) => formatPrintf(run, textArgument(run, format), values),
  },
  {
    name: 'join',
    arguments: [1, 2],
    call([list, separator], { run }) {
      const between = separator === undefined ? ', ' : textArgument(run, separator);
      return listText(run, listArgument(run, list), between);
    },
  },
  {
    name: 'split',
    arguments: [1, 2],
    call([text, separator], { run }) {
      return split(
        run,
        textArgument(run, text),
        separator === undefined ? ',' : textArgument(run, separator),
      );
    },
  },
  {
    name: 'replace',
    arguments: [3, 3],
    call([text, from, to], { run }) {
      return replaced(run, textArgument(run, text), [
        textArgument(run, from),
        textArgument(run, to),
      ]);
    },
  },
  {
    name: 'repeat',
    arguments: [2, 2],
    call([text, times], { run }) {
      const piece = textArgument(run, text);
      const count = wholeArgument(run, times, { name: 'How often', min: 0, max: TEXT_MAX });
      run.budget.text(piece.length * count);
      return piece.repeat(count);
    },
  },
  {
    name: 'matches',
    arguments: [2, 2],
    options: ['ignoreCase'],
    call([text, pattern], { run, options }) {
      const source = textArgument(run, pattern);
      const compiled = compilePattern(source, { ignoreCase: options['ignoreCase'] === true });
      return matchesPattern(compiled, textArgument(run, text), (steps) => run.budget.charge(steps));
    },
  },
  {
    name: 'markdown',
    arguments: [1, 1],
    call([value], { run, frame }) {
      const text = textArgument(run, value);
      if (text.length > MARKDOWN_CHARACTERS_MAX) {
        const most = MARKDOWN_CHARACTERS_MAX.toLocaleString('en');
        throw new TemplateFault('SRV_TEMPLATE_SIZE', `Markdown has at most ${most} characters.`);
      }
      run.budget.text(text.length * 8);
      const html = run.world.markdown(text);
      run.budget.text(html.length);
      return new Html(run.world.sanitize(html, frame.env.activation.code));
    },
  },
  {
    name: 'length',
    arguments: [1, 1],
    call([value], { run }) {
      if (value === undefined || value === null) return 0;
      if (typeof value === 'object' && !(value instanceof Html)) return sizeOf(run, value);
      return textArgument(run, value).length;
    },
  },
];

function sizeOf(run: Run, value: object): number {
  if (Array.isArray(value)) return value.length;
  const items = itemsOf(run, value) ?? entriesOf(run, value)?.items;
  if (items === undefined) throw unusable('This has no length.');
  return items.length;
}
