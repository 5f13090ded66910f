/**
 * Stacks as whoever reads them wants them: a place in a file of the program, which is made of many
 * modules, becomes the place in the module's source that it was made of.
 *
 * Maps are read when the first stack that needs them is told, and kept.
 */
import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';

/** A place in a stack: URL, line and column, both from 1. */
const PLACE = /(file:\/\/[^\s()]+\.js):(\d+):(\d+)/g;

const maps = new Map<string, SourceMap | undefined>();

/** Gives a text with a stack in it. Places in files without a map stay as they are. */
export function inSources(stack: string): string {
  return stack.replaceAll(PLACE, (place: string, url: string, line: string, column: string) => {
    const entry = mapOf(url)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (entry === undefined || !('originalSource' in entry)) return place;
    const { originalSource, originalLine, originalColumn } = entry;
    return `${new URL(originalSource, url).href}:${originalLine + 1}:${originalColumn + 1}`;
  });
}

function mapOf(url: string): SourceMap | undefined {
  if (!maps.has(url)) maps.set(url, readMap(url));
  return maps.get(url);
}

function readMap(url: string): SourceMap | undefined {
  try {
    const text = readFileSync(new URL(`${url}.map`), 'utf8');
    return new SourceMap(JSON.parse(text) as SourceMapPayload);
  } catch {
    // A stack is told because something else went wrong: that must not be lost for want of a map.
    return undefined;
  }
}
