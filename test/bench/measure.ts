/** What the benchmarks share: running one alone, and the middle of several figures. */
import { pathToFileURL } from 'node:url';
import type { BenchRow } from './row.js';

/** Tells whether a module is the one the process was started with. */
export function isStarted(moduleUrl: string): boolean {
  const started = process.argv[1];
  return started !== undefined && pathToFileURL(started).href === moduleUrl;
}

/** Runs a benchmark when its module is the one the process was started with. */
export async function runAlone(
  moduleUrl: string,
  bench: () => Promise<readonly BenchRow[]>,
): Promise<void> {
  if (!isStarted(moduleUrl)) return;
  for (const { name, figure, reference, ratio, aim } of await bench()) {
    console.log(`${name}: ${figure}; ${reference}; ratio ${ratio?.toFixed(2) ?? '-'}, aim ${aim}`);
  }
}

/** Gives the middle one of several figures. */
export function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[figures.length >> 1] ?? Number.NaN;
}
