/**
 * Front matter: the YAML between two lines of `---` at the beginning of a text.
 *
 * What it says becomes the title and properties of the object. What is not YAML is kept as text and
 * said, never dropped. The library loads when first used.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export interface FrontMatter {
  /** What it says; empty without front matter. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The text after it. */
  readonly body: string;
  /** The line of the file, from 1, that `body` begins at. */
  readonly bodyLine: number;
  /** What is wrong with it, and where. */
  readonly problem?: { readonly line: number; readonly message: string };
}

/** The longest front matter that is read, in UTF-16 units. */
export const FRONT_MATTER_MAX = 1_000_000;
/** How many nodes aliases may stand for. */
const ALIASES_MAX = 100;

/**
 * Splits a text into front matter and body. A byte order mark at the beginning goes.
 *
 * Aliases are not followed beyond the parser's bound, so a small text cannot grow large.
 */
export function readFrontMatter(text: string): FrontMatter {
  const plain = text.replace(/^\uFEFF/, '');
  const match = /^---[ \t]*\r?\n([\s\S]*?)^---[ \t]*(?:\r?\n|$)/m.exec(plain);
  if (match === null || match.index !== 0) return { data: {}, body: plain, bodyLine: 1 };
  const [whole, yaml = ''] = match;
  const bodyLine = whole.split('\n').length;
  const body = plain.slice(whole.length);
  if (yaml.length > FRONT_MATTER_MAX) {
    return {
      ...kept(plain),
      problem: { line: 1, message: 'The front matter is too long to be read' },
    };
  }
  const { LineCounter, parseDocument } = require('yaml') as typeof import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = lines.linePos(error.pos[0]).line + 1;
    return {
      ...kept(plain),
      problem: { line, message: `The front matter is not YAML: ${error.message}` },
    };
  }
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (cause) {
    const message = `The front matter cannot be read: ${(cause as Error).message}`;
    return { ...kept(plain), problem: { line: 1, message } };
  }
  if (data === null || data === undefined) return { data: {}, body, bodyLine };
  if (typeof data !== 'object' || Array.isArray(data)) {
    return {
      ...kept(plain),
      problem: { line: 1, message: 'The front matter is no list of names and values' },
    };
  }
  return { data: data as Record<string, unknown>, body, bodyLine };
}

function kept(text: string): FrontMatter {
  return { data: {}, body: text, bodyLine: 1 };
}
