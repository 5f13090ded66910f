/**
 * HTTP methods: which of them, by definition, change nothing.
 */

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** True for a method that asks for nothing to be changed. */
export function isSafeMethod(method: string): boolean {
  return SAFE_METHODS.has(method);
}
