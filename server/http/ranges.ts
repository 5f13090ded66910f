/**
 * Byte ranges (RFC 9110 §14): which part of a file is asked for.
 *
 * A header that is malformed, or asks for more parts than anybody needs, is ignored, as the RFC
 * allows, and the whole is sent. Decides only; sends nothing.
 */

/** Parts of one answer; a request for more gets the whole file. */
export const RANGES_MAX = 16;

/** First and last byte, both inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export type RangeOutcome =
  | { readonly kind: 'whole' }
  | { readonly kind: 'parts'; readonly parts: readonly [ByteRange, ...ByteRange[]] }
  | { readonly kind: 'unsatisfiable' };

const WHOLE: RangeOutcome = { kind: 'whole' };

/** Reads a `Range` header for a file of `sizeBytes`. Parts keep the order they were asked in. */
export function parseRange(header: string | undefined, sizeBytes: number): RangeOutcome {
  const listed = header === undefined ? null : /^bytes=([\d\s,-]+)$/i.exec(header.trim());
  if (listed === null) return WHOLE;
  const asked = (listed[1] ?? '').split(',').map((part) => part.trim());
  const named = asked.filter((part) => part !== '');
  if (named.length === 0 || named.length > RANGES_MAX) return WHOLE;
  const parts: ByteRange[] = [];
  for (const one of named) {
    const part = readPart(one, sizeBytes);
    if (part === 'malformed') return WHOLE;
    if (part !== undefined) parts.push(part);
  }
  const [first, ...others] = parts;
  if (first === undefined) return { kind: 'unsatisfiable' };
  const total = parts.reduce((sum, { start, end }) => sum + end - start + 1, 0);
  // Overlapping parts would make an answer larger than the file.
  return total > sizeBytes ? WHOLE : { kind: 'parts', parts: [first, ...others] };
}

/** Gives one part; `undefined` when it lies outside the file. */
function readPart(text: string, sizeBytes: number): ByteRange | 'malformed' | undefined {
  const [, from, to] = /^(\d*)-(\d*)$/.exec(text) ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return 'malformed';
  if (from === '') {
    const suffix = Math.min(Number(to), sizeBytes);
    return suffix === 0 ? undefined : { start: sizeBytes - suffix, end: sizeBytes - 1 };
  }
  const start = Number(from);
  if (to !== '' && Number(to) < start) return 'malformed';
  if (start >= sizeBytes) return undefined;
  return { start, end: to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1) };
}
