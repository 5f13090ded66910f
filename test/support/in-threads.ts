/**
 * Modules for threads. A thread runs the program (`.ci/build.mjs`), and a class that a test gives to
 * it has to be one of the program's, not one of the test's.
 */

const HERE = new URL('../', import.meta.url).href;
const THERE = new URL('../../program/test/', import.meta.url).href;

/** Gives the URL of a module of tests as a thread is to load it. */
export function inThreads(module: string): string {
  return module.replace(HERE, THERE);
}
