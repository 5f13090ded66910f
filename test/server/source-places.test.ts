import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { transform } from 'esbuild';
import { Log } from '../../server/log.js';
import { inSources } from '../../server/source-places.js';
import { temporaryDirectory } from '../support/temporary.js';

const SOURCE = `interface Note {
  readonly title: string;
}

export function refuse(note: Note): never {
  throw new TypeError(note.title);
}
`;

test('a place in a file that was built becomes the place in its source, also in the log', async () => {
  await using directory = await temporaryDirectory();
  const built = path.join(directory.path, 'built.js');
  const { code, map } = await transform(SOURCE, {
    loader: 'ts',
    sourcefile: '../sources/note.ts',
    sourcemap: 'external',
  });
  await writeFile(built, code);
  await writeFile(`${built}.map`, map);
  const { refuse } = (await import(pathToFileURL(built).href)) as {
    refuse(note: { readonly title: string }): never;
  };
  assert.throws(
    () => refuse({ title: 'No' }),
    ({ stack = '' }: Error) => {
      const source = new URL('../sources/note.ts', pathToFileURL(built));
      const told = inSources(stack).split('\n');
      assert.equal(told[0], 'TypeError: No');
      assert.equal(told[1], `    at refuse (${source.href}:6:9)`);
      for (const error of [new Error('Why', { cause: { stack } }), { name: 'TypeError', stack }]) {
        assert.match(logged(error), /at refuse \([^)]*\/sources\/note\.ts:6:9\)/);
      }
      return true;
    },
  );
});

/** What the log has of an error, be it one or what another thread made of one. */
function logged(error: unknown): string {
  let text = '';
  const write = (lines: string): void => void (text += lines);
  using log = new Log({ level: 'error', format: 'json', write });
  log.error('It failed', { error });
  log.flush();
  return text;
}

test('what names no place, or a place in a file that is not there, stays', () => {
  const stack =
    'Error: at file:///x.js\n    at f (file:///none/of/that.js:1:2)\n    at g (node:fs:3:4)';
  assert.equal(inSources(stack), stack);
});
