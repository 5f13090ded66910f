/**
 * What the README tells a newcomer to type, typed: its commands and its code, as they stand there.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { temporaryDirectory } from './support/temporary.js';

const top = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const readme = await readFile(path.join(top, 'README.md'), 'utf8');

function blocks(language: string): string[] {
  const fence = new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm');
  return [...readme.matchAll(fence)].map(([, indent = '', text = '']) =>
    text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
}

/** Every line of the README's shell blocks that begins with `start`. */
function commands(start: string): string[] {
  const lines = blocks('sh').flatMap((block) => block.split('\n'));
  return lines.filter((line) => line.startsWith(start));
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

async function run(
  command: string,
  options: {
    readonly env?: Record<string, string>;
    /** It is ended when it says so. */
    readonly until?: RegExp;
    /** What is done when it has said so, before that. */
    readonly meanwhile?: (line: string) => Promise<void>;
  } = {},
): Promise<Ended> {
  const child = spawn('/bin/sh', ['-c', `exec ${command}`], {
    cwd: top,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const stop = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  };
  let done: Promise<unknown> = Promise.resolve();
  createInterface(child.stdout).on('line', (line) => {
    output += `${line}\n`;
    if (options.until?.test(line) !== true) return;
    done = Promise.resolve(options.meanwhile?.(line)).finally(stop);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [[code]] = await Promise.all([once(child, 'close') as Promise<[number | null]>, done]);
  return { code, output };
}

/** Asks a site what the README asks its own, and expects an answer in JSON. */
async function askAsTold(line: string): Promise<void> {
  const [origin = ''] = /http:\S+/.exec(line) ?? [];
  const told = commands('curl ').map((command) => /'(\S+)'/.exec(command)?.[1] ?? command);
  assert.ok(told.length > 0);
  for (const url of told) {
    const { pathname, search } = new URL(url);
    const answer = await fetch(new URL(`${pathname}${search}`, origin));
    assert.equal(answer.status, 200, url);
    const { total } = (await answer.json()) as { readonly total: number };
    assert.ok(total > 0, url);
  }
}

for (const [index, source] of blocks('ts').entries()) {
  test(`the README’s ${index + 1}. program runs as it stands`, async () => {
    await using directory = await temporaryDirectory();
    // Beside the build, so that \`canopy/odb\` is this package.
    const file = path.join(top, '.build', `readme-${process.pid}-${index}.mjs`);
    const { code } = await transform(source, { loader: 'ts', target: 'node20.19' });
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, code);
    try {
      const ended = await run(
        `${process.execPath} ${file}`.replace(/^/, `env -C ${directory.path} `),
      );
      assert.equal(ended.code, 0, ended.output);
      assert.match(ended.output, /Oak\s+Ash\s+Elm/);
    } finally {
      await rm(file, { force: true });
    }
  });
}

test('npm start makes a site, says its password once, and serves', async () => {
  assert.ok(blocks('sh').some((block) => /^npm start$/m.test(block)));
  await using directory = await temporaryDirectory();
  const start = `npm start -- --data ${directory.path}/data --port 0 --workers 1`;
  const first = await run(start, { until: /^Canopy is ready at http:\/\/127\.0\.0\.1:\d+\/$/ });
  assert.match(first.output, /^Canopy is ready at /m);
  assert.match(first.output, /password/i);
  // npm passes on the signal that its whole process group has had, so the server has it twice.
  assert.equal(first.code, 0, 'it ended in order');
  assert.match(first.output, /"ended"/);
  const second = await run(start, { until: /^Canopy is ready at/, meanwhile: askAsTold });
  assert.match(second.output, /^Canopy is ready at /m);
  assert.doesNotMatch(second.output, /password/i);
});

test('the commands of the README do what it says', async () => {
  await using directory = await temporaryDirectory();
  const data = path.join(directory.path, 'data');
  const docs = path.join(directory.path, 'my-docs');
  await mkdir(docs);
  await writeFile(path.join(docs, 'index.md'), '# Mine\n');
  const statements = path.join(directory.path, 'statements.sql');
  await writeFile(statements, "UPDATE Artist SET Name = 'Osier and Reed' WHERE ArtistId = 1;\n");
  const fill = (line: string): string =>
    line
      .replace(/\s+#.*$/, '')
      // A site without the welcome site has no shop for the commands after it.
      .replace(' [--empty]', '')
      .replace(/\[(--[^\]]+)\]/, '$1')
      .replace('--data DIR', `--data ${data}`)
      .replace('SOURCE_DIR', docs)
      .replace('FILE.sql', statements)
      .replace('FILE', path.join(directory.path, 'handbook.canopy'))
      .replace('BACKUPS', path.join(directory.path, 'backups'))
      .replace('NEW_DIR', path.join(directory.path, 'restored'))
      .replace('./my-docs', docs);
  const { bin } = JSON.parse(await readFile(path.join(top, 'package.json'), 'utf8')) as {
    readonly bin: { readonly canopy: string };
  };
  const program = `${process.execPath} ${bin.canopy}`;
  const told = commands('npx canopy').toSorted(
    (a, b) => Number(b.includes(' init ')) - Number(a.includes(' init ')),
  );
  assert.ok(told.length >= 4, 'the README names the commands');
  for (const [index, line] of told.entries()) {
    // What npx runs is seen the first time.
    const command = index === 0 ? fill(line) : fill(line).replace('npx canopy', program);
    const whole = command.includes('--data') ? command : `${command} --data ${data}`;
    const ended = await run(whole, { env: { CANOPY_ADMIN_PASSWORD: 'readme password' } });
    assert.equal(ended.code, 0, `${whole}\n${ended.output}`);
  }
});
