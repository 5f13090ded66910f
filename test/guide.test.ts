/**
 * The guide to the database alone is a program: its pieces of code, one after another, are run, and
 * print what the guide says they print.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { transform } from 'esbuild';
import { temporaryDirectory } from './support/temporary.js';

const guide = await readFile(new URL('../ui/help/database.md', import.meta.url), 'utf8');
const library = new URL('../odb/index.js', import.meta.url).href;

/** Lines of the guide that tell what they print: `console.log(…); // …`. */
const PRINTS = /^( *)console\.log\((.*)\); \/\/ (.*)$/gm;
const CHECK = `
import { inspect } from 'node:util';
let checked = 0;
function prints(expected, ...values) {
  const shown = values.map((value) => typeof value === 'string' ? value : inspect(value)).join(' ');
  if (shown !== expected) throw new Error('It prints ' + shown + ' and not ' + expected);
  checked += 1;
}
`;

test('the guide to the database is a program that prints what it says', async () => {
  const blocks = [...guide.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
  assert.ok(blocks.length > 12);
  const source = blocks.join('\n');
  const expected = [...source.matchAll(PRINTS)].length;
  assert.ok(expected > 25);
  const checking = source
    .replaceAll(PRINTS, (_line, indent: string, values: string, text: string) => {
      return `${indent}prints(${JSON.stringify(text)}, ${values});`;
    })
    .replaceAll(`'canopy/odb'`, JSON.stringify(library));
  const { code } = await transform(`${CHECK}${checking}\nconsole.log(checked);`, {
    loader: 'ts',
    target: 'node20.19',
    format: 'esm',
  });
  await using directory = await temporaryDirectory();
  const file = path.join(directory.path, 'guide.mjs');
  await writeFile(file, code);

  const child = spawn(process.execPath, [file], { cwd: directory.path });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const [exit] = (await once(child, 'close')) as [number | null];
  assert.equal(exit, 0, output);
  assert.equal(output.trim(), String(expected), 'each of them was reached');
});
