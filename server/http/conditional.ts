/**
 * Conditional requests (RFC 9110 §13): whether what the client has is still good.
 *
 * Applies to an answer that would be 200 to a `GET` or `HEAD`. Decides only; sends nothing.
 */

/** What identifies the answer that would be sent. */
export interface Validators {
  /** With its quotes, and `W/` in front of a weak one. */
  readonly etag: string | undefined;
  /** As an HTTP date. */
  readonly lastModified: string | undefined;
}

export type ConditionOutcome = 'send' | 'not-modified' | 'precondition-failed';

type Headers = Readonly<Record<string, string | undefined>>;

/** Evaluates the conditions in the order of RFC 9110 §13.2.2. */
export function evaluateConditions(headers: Headers, validators: Validators): ConditionOutcome {
  const { etag, lastModified } = validators;
  const ifMatch = headers['if-match'];
  const ifUnmodified = headers['if-unmodified-since'];
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, etag, 'strong')) return 'precondition-failed';
  } else if (ifUnmodified !== undefined && isAfter(lastModified, ifUnmodified)) {
    return 'precondition-failed';
  }
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined) {
    return matches(ifNoneMatch, etag, 'weak') ? 'not-modified' : 'send';
  }
  const ifModified = headers['if-modified-since'];
  if (ifModified === undefined || lastModified === undefined) return 'send';
  const known = !Number.isNaN(Date.parse(ifModified));
  return known && !isAfter(lastModified, ifModified) ? 'not-modified' : 'send';
}

/** Tells whether a range of the answer may be sent: what the client has must be of this very one. */
export function ifRangeHolds(ifRange: string | undefined, validators: Validators): boolean {
  if (ifRange === undefined) return true;
  const { etag, lastModified } = validators;
  if (/^(W\/)?"/.test(ifRange)) return matches(ifRange, etag, 'strong');
  return lastModified !== undefined && Date.parse(ifRange) === Date.parse(lastModified);
}

function matches(list: string, etag: string | undefined, compare: 'strong' | 'weak'): boolean {
  if (etag === undefined) return false;
  if (list.trim() === '*') return true;
  if (compare === 'strong' && etag.startsWith('W/')) return false;
  const opaque = etag.replace(/^W\//, '');
  for (const [, weak, candidate] of list.matchAll(/(W\/)?("[^"]*")/g)) {
    if (candidate === opaque && (compare === 'weak' || weak === undefined)) return true;
  }
  return false;
}

function isAfter(lastModified: string | undefined, date: string): boolean {
  return lastModified !== undefined && Date.parse(lastModified) > Date.parse(date);
}
