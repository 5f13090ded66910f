/** The line that tells how far a command is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProgressLine } from '../../../server/cli/progress.js';

test('progress is written over itself, not too often, and is gone at the end', () => {
  const written: string[] = [];
  let nowMs = 0;
  const terminal = { isTTY: true, write: (text: string) => void written.push(text) };
  const line = new ProgressLine(terminal, () => nowMs);
  line.show('Reading', 1);
  line.show('Reading', 2);
  nowMs += 1000;
  line.show('Reading', 1234, 5678);
  line.show('Writing', 0);
  line[Symbol.dispose]();
  line[Symbol.dispose]();
  const clear = '\r\u001B[K';
  assert.deepEqual(written, [
    `${clear}Reading: 1`,
    `${clear}Reading: 1,234 of 5,678`,
    `${clear}Writing: 0`,
    clear,
  ]);
});

test('where there is no terminal, nothing is written', () => {
  const written: string[] = [];
  const line = new ProgressLine({ write: (text: string) => void written.push(text) });
  line.show('Reading', 1);
  line[Symbol.dispose]();
  assert.deepEqual(written, []);
});
