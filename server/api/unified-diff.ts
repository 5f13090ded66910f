/**
 * Differences between two texts as a unified diff, which `patch` and people read.
 *
 * The search for the shortest one is quadratic in time and memory in the number of edits. Past
 * `EDITS_MAX` the whole text is shown as replaced, which is true, if less helpful. The library loads
 * when first used.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Lines removed plus lines added that are searched for. */
export const EDITS_MAX = 2000;

/** A text and what it is called in the head of the diff. */
export interface DiffSide {
  readonly name: string;
  /** Which state of it the text is. */
  readonly revision: string;
  /** Lines, the last one ended like the others. */
  readonly text: string;
}

export function unifiedDiff(before: DiffSide, after: DiffSide): string {
  const { createTwoFilesPatch } = require('diff') as typeof import('diff');
  const options = { maxEditLength: EDITS_MAX };
  const found = createTwoFilesPatch(
    before.name,
    after.name,
    before.text,
    after.text,
    before.revision,
    after.revision,
    options,
  );
  // The types know of no answer past the bound.
  return found ?? replacement(before, after);
}

function replacement(before: DiffSide, after: DiffSide): string {
  const [removed, added] = [linesOf(before), linesOf(after)];
  const head = [
    '===================================================================',
    `--- ${before.name}\t${before.revision}`,
    `+++ ${after.name}\t${after.revision}`,
    `@@ -1,${removed.length} +1,${added.length} @@`,
  ];
  const body = [...removed.map((line) => `-${line}`), ...added.map((line) => `+${line}`)];
  return `${[...head, ...body].join('\n')}\n`;
}

function linesOf({ text }: DiffSide): readonly string[] {
  return text.replace(/\n$/, '').split('\n');
}

/** An object as lines: its fields and properties one a line, then its text as it is. */
export function diffText(json: Readonly<Record<string, unknown>>): string {
  const fields = json['fields'] as Readonly<Record<string, unknown>>;
  const { source, ...rest } = fields;
  const facts = { title: json['title'], owner: json['owner'], ...rest };
  const lines = Object.entries(facts).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  const properties = json['properties'] as readonly { name: string; value: unknown }[];
  for (const { name, value } of properties) lines.push(`${name}: ${JSON.stringify(value)}`);
  if (typeof source === 'string') lines.push('', source);
  return `${lines.join('\n')}\n`;
}
