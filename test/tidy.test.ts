/**
 * The code about the code: what `README.md` and the layout of the rooms promise a reader, kept by a
 * test because nobody keeps such promises by hand.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const top = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const rooms = ['odb', 'acquisition', 'server', 'ui'] as const;
const TOP_LEVEL = new Set([
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'README.md', 'LICENSE', 'CHANGELOG.md'],
  ...[...rooms, 'test', 'node_modules'],
]);
/** Modules that nothing imports because something outside starts them. */
const ENTRIES = ['odb/index.ts', 'server/cli/main.ts', 'ui/index.ts', 'test/bench/main.ts'];

interface Source {
  readonly file: string;
  readonly room: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function read(relative: string): string {
  return readFileSync(path.join(top, relative), 'utf8');
}

function filesIn(folder: string): string[] {
  return readdirSync(path.join(top, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      path.relative(top, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'),
    );
}

/** Relative module specifiers in a source: static and dynamic imports, and files named for threads. */
function importsOf(file: string, text: string): string[] {
  const specifier =
    /(?:(?:from\s+|import\s+|import\(\s*)'(?=\.{1,2}\/)|new URL\(\s*')([^':]+\.js)'/g;
  const found: string[] = [];
  for (const [, relative = ''] of text.matchAll(specifier)) {
    const target = path.posix.join(path.posix.dirname(file), relative).replace(/\.js$/, '.ts');
    found.push(target);
  }
  return found;
}

const sources: readonly Source[] = [...rooms, 'test']
  .flatMap(filesIn)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  .map((file) => {
    const text = read(file);
    return { file, room: file.split('/')[0] ?? '', text, imports: importsOf(file, text) };
  });
const bySource = new Map(sources.map((source) => [source.file, source]));
const product = sources.filter((source) => source.room !== 'test');

test('the top level holds what the layout names, and dot-files', () => {
  const strays = readdirSync(top).filter((name) => !name.startsWith('.') && !TOP_LEVEL.has(name));
  assert.deepEqual(strays, []);
});

test('every relative import names a file that exists', () => {
  const missing = sources.flatMap(({ file, imports }) =>
    imports.filter((target) => !bySource.has(target)).map((target) => `${file} → ${target}`),
  );
  assert.deepEqual(missing, []);
});

test('imports between rooms go down, and through the door', () => {
  const wrong: string[] = [];
  for (const { file, room, imports } of product) {
    for (const target of imports) {
      const other = target.split('/')[0] ?? '';
      if (other === room) continue;
      const floor = rooms.indexOf(room as (typeof rooms)[number]);
      const below = rooms.indexOf(other as (typeof rooms)[number]);
      if (below === -1 || below > floor) wrong.push(`${file} → ${target}: goes up`);
      else if (room === 'acquisition') wrong.push(`${file} → ${target}: knows no other room`);
      else if (room === 'ui' && other !== 'server')
        wrong.push(`${file} → ${target}: not ui's floor`);
      else if (target !== `${other}/index.ts`) wrong.push(`${file} → ${target}: not the door`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('inside a room no file imports the door', () => {
  const wrong = product.flatMap(({ file, room, imports }) =>
    imports.filter((target) => target === `${room}/index.ts`).map(() => file),
  );
  assert.deepEqual(wrong, []);
});

test('imports make no circle', () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (file: string, trail: readonly string[]): void => {
    const at = trail.indexOf(file);
    if (at !== -1) {
      circles.push([...trail.slice(at), file].join(' → '));
      return;
    }
    if (done.has(file)) return;
    for (const target of bySource.get(file)?.imports ?? []) walk(target, [...trail, file]);
    done.add(file);
  };
  for (const { file } of product) if (!file.startsWith('ui/client/')) walk(file, []);
  assert.deepEqual(circles, []);
});

test('every module is used', () => {
  const reached = new Set<string>();
  const pending = [
    ...ENTRIES,
    ...sources.filter(({ file }) => /^ui\/client\/[^/]+\.ts$/.test(file)).map(({ file }) => file),
    ...sources.filter(({ file }) => file.endsWith('.test.ts')).map(({ file }) => file),
    'test/support/trial-plugin.ts',
  ];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    pending.push(...(bySource.get(file)?.imports ?? []));
  }
  const orphans = sources.filter(({ file }) => !reached.has(file)).map(({ file }) => file);
  assert.deepEqual(orphans, []);
});

test('every test stands where its subject stands', () => {
  const free =
    /^test\/(e2e|bench|support|odb\/(conformance|model|crash|faults))\/|^test\/[a-z-]+\.test\.ts$/;
  const homeless = sources
    .filter(({ file }) => file.endsWith('.test.ts') && !free.test(file))
    .filter(({ file }) => {
      const folder = path.posix.dirname(file).replace(/^test\//, '');
      return !existsSync(path.join(top, folder));
    })
    .map(({ file }) => file);
  assert.deepEqual(homeless, []);
});

test('every module begins by saying what is always true', () => {
  const silent = sources
    .filter(({ file, room }) => room !== 'test' || file.startsWith('test/support/'))
    .filter(({ text }) => !text.startsWith('/**'))
    .map(({ file }) => file);
  assert.deepEqual(silent, []);
});

test('every public name of the database says what it is', () => {
  const silent: string[] = [];
  const lists = /export\s+(?:type\s+)?(\*|\{[^}]*\})\s+from\s+'\.\/([\w-]+)\.js'/g;
  const declared = (name: string): RegExp =>
    new RegExp(
      `^export (?:(?:declare|abstract|async) )*(?:class|function\\*?|const|interface|type) ${name}\\b`,
      'm',
    );
  const look = (file: string, name: string): void => {
    const text = bySource.get(file)?.text ?? '';
    const at = declared(name).exec(text)?.index;
    if (at !== undefined) {
      if (!text.slice(0, at).trimEnd().endsWith('*/')) silent.push(`${file}: ${name}`);
      return;
    }
    const from = new RegExp(`export[^;]*\\b${name}\\b[^;]* from '\\./([\\w-]+)\\.js'`).exec(text);
    if (from === null) silent.push(`${file}: ${name}, which is not there`);
    else look(`odb/${from[1]}.ts`, name);
  };
  for (const [, names = '', module = ''] of bySource.get('odb/index.ts')?.text.matchAll(lists) ??
    []) {
    const file = `odb/${module}.ts`;
    const all = (bySource.get(file)?.text ?? '').matchAll(new RegExp(declared('(\\w+)'), 'gm'));
    const listed =
      names === '*'
        ? [...all].map(([, name = '']) => name)
        : names
            .slice(1, -1)
            .split(',')
            .map((name) => name.replace(/^\s*type\s/, '').trim());
    for (const name of listed) if (name !== '') look(file, name);
  }
  assert.deepEqual(silent, []);
});

test('nothing unfinished is left lying about', () => {
  const marks =
    /\b(TODO|FIXME|HACK)\b|\bXXX:|not implemented|coming soon|\b(it|test|describe)\.(skip|only|todo)\(/;
  const left = sources
    .filter(({ file }) => file !== 'test/tidy.test.ts')
    .flatMap(({ file, text }) =>
      text.split('\n').flatMap((line, index) => (marks.test(line) ? [`${file}:${index + 1}`] : [])),
    );
  assert.deepEqual(left, []);
});

test('every suppression gives its reason', () => {
  const bare = sources
    .filter(({ file }) => file !== 'test/tidy.test.ts')
    .flatMap(({ file, text }) =>
      text
        .split('\n')
        .flatMap((line, index) =>
          /oxlint-disable|eslint-disable|@ts-expect-error|@ts-ignore|oxfmt-ignore/.test(line) &&
          !/ -- \S|@ts-expect-error \S|oxfmt-ignore -- /.test(line)
            ? [`${file}:${index + 1}`]
            : [],
        ),
    );
  assert.deepEqual(bare, []);
});

test('the README explains every error code, and no other', () => {
  const codes = /'((?:ODB|ACQ|SRV|UI)_[A-Z0-9_]+)'/g;
  const thrown = new Set(
    product.flatMap(({ text }) => [...text.matchAll(codes)].map(([, code = '']) => code)),
  );
  const explained = new Set(
    [...read('README.md').matchAll(/^\| `((?:ODB|ACQ|SRV|UI)_[A-Z0-9_]+)` \|/gm)].map(
      ([, code = '']) => code,
    ),
  );
  assert.deepEqual(
    [...thrown].filter((code) => !explained.has(code)).sort(),
    [],
    'in the code only',
  );
  assert.deepEqual(
    [...explained].filter((code) => !thrown.has(code)).sort(),
    [],
    'in the README only',
  );
});

test('the README gives the reason for every dependency', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  const readme = read('README.md');
  const names = [
    ...Object.keys(manifest['dependencies'] ?? {}),
    ...Object.keys(manifest['devDependencies'] ?? {}),
  ];
  const silent = names.filter((name) => {
    const [scope = ''] = name.split('/');
    return !readme.includes(`\`${name}\``) && !readme.includes(`\`${scope}/*\``);
  });
  assert.deepEqual(silent, []);
});

test('each library has one way in', () => {
  const doors: Record<string, RegExp> = {
    level: /^(odb\/level\/[a-z-]+|test\/bench\/[a-z-]+|test\/support\/watched-disk)\.ts$/,
    'classic-level':
      /^(odb\/level\/[a-z-]+|test\/bench\/[a-z-]+|test\/odb\/support\/format-reader)\.ts$/,
    express: /^(server\/http\/app|test\/bench\/[a-z-]+)\.ts$/,
    pg: /^server\/sql\/postgres-[a-z]+\.ts$/,
    mysql2: /^server\/sql\/mysql-[a-z]+\.ts$/,
    libsql: /^server\/sql\/sqlite-child\.ts$/,
    handlebars: /^(server\/templates\/compiler|ui\/render|test\/bench\/[a-z-]+)\.ts$/,
  };
  const wrong = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/from '([a-z@][^']*)'/g)]
      .map(([, name = '']) => name)
      .filter((name) => doors[name] !== undefined && !doors[name].test(file))
      .map((name) => `${file}: ${name}`),
  );
  assert.deepEqual(wrong, []);
});

test('the readers that prove the page on the format know nothing of the database', () => {
  const readers = ['format-bytes', 'format-reader', 'format-streams'];
  const wrong = readers.flatMap((name) => {
    const { imports = ['nothing: it is not there'] } =
      bySource.get(`test/odb/support/${name}.ts`) ?? {};
    return imports.filter((target) => !target.startsWith('test/odb/support/format-'));
  });
  assert.deepEqual(wrong, []);
});

test('colours are tokens, and no view carries a style of its own', () => {
  const colour = /#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(/i;
  const wrong = filesIn('ui').flatMap((file) => {
    const lines = read(file).split('\n');
    if (file.endsWith('.hbs')) {
      return lines.flatMap((line, at) => (/\sstyle=/.test(line) ? [`${file}:${at + 1}`] : []));
    }
    if (!file.endsWith('.css') || file.endsWith('tokens.css')) return [];
    return lines.flatMap((line, at) => (colour.test(line) ? [`${file}:${at + 1}: ${line}`] : []));
  });
  assert.deepEqual(wrong, []);
});
