/**
 * Boolean indexes: true or false for each document.
 *
 * Besides booleans, what forms and properties write for them counts.
 */
import type { CatalogedDocument } from './catalog-index.js';
import type { KeysRead } from './entry-index.js';
import { FieldIndex } from './field-index.js';
import { booleanKey } from './key.js';
import { QueryError } from './query-error.js';
import { typeName, type Span } from './spans.js';

const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

export class BooleanIndex extends FieldIndex {
  protected override read(document: CatalogedDocument): KeysRead {
    const value = document.value(this.source);
    if (value === undefined || value === null) return { keys: [], problem: 'it has no value' };
    const read = readBoolean(value);
    if (read !== undefined) return { keys: [booleanKey(read)] };
    return {
      keys: [],
      problem: `its value, of type ${typeName(value)}, is neither true nor false`,
    };
  }

  protected override spansOf(value: unknown, field: string): readonly Span[] {
    const read = readBoolean(value);
    if (read === undefined) throw new QueryError(field, 'is true or false');
    const key = booleanKey(read);
    return [{ low: key, high: key }];
  }

  protected override between(_from: unknown, _to: unknown, field: string): readonly Span[] {
    throw new QueryError(field, 'true and false have no range');
  }
}

function readBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const word = String(value).trim().toLowerCase();
  return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
}
