/**
 * Builds Canopy into `.build` (or `--out DIR`), twice.
 *
 * `program/` is what runs and what the package consists of: the command line, the threads, the admin
 * and `canopy/odb` as few files that share what they have in common, packages included, since
 * hundreds of modules take three times as long to load, and each thread loads its own. Views, styles,
 * help pages and the browser's modules stand there as they do in the sources, and so do the
 * declarations of `canopy/odb`, and the licences of the packages that are taken in.
 *
 * Everything else is there for the tests alone: each module is a file of its own, so that a test
 * can load the one it is about. Only what starts a process or a thread is not there a second time:
 * it leads to `program/`, so a test's threads are those that run elsewhere, and have no object of
 * the test's in common with it. What a test gives to them to load is in `program/test/`.
 *
 * Types are not checked here; `.ci/check.mjs` does that.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const top = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const rooms = ['odb', 'acquisition', 'server', 'ui'];
const copied = /\.(hbs|css|svg|png|md|html|json|txt|sql|sqlite)$/;

/** Modules that start a process or a thread. They export nothing. */
const starts = [
  'server/cli/main.ts',
  'server/publisher/worker.ts',
  'server/jobs/worker.ts',
  'server/export/worker.ts',
  'server/sql/data-thread.ts',
  'server/sql/sqlite-child.ts',
  'server/sql/sqlite-watch.ts',
  'odb/level/level-writer-thread.ts',
  'odb/level/level-pack-thread.ts',
];
/** Modules that are loaded by name from outside. */
const doors = ['odb/index.ts', 'ui/index.ts'];
/** Modules of tests that processes and threads of the program load. */
const givenByTests = [
  'test/odb/support/account.ts',
  'test/odb/support/person.ts',
  'test/odb/support/quarrelling.ts',
  'test/server/api/faulty-plugin.ts',
  'test/server/sql/both-sides-plugin.ts',
  'test/support/trial-plugin.ts',
];

/** These stay packages: what they load is no JavaScript, or is found by name while they run. */
const apart = /^libsql(\/|$)/;
/** Packages that are no ES modules ask for those of Node with this. */
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

const at = process.argv.indexOf('--out');
const out = path.resolve(top, at === -1 ? '.build' : (process.argv[at + 1] ?? '.build'));
const program = path.join(out, 'program');

const modules = [];
const others = [];
const clients = [];
for (const room of [...rooms, 'test']) {
  for (const entry of await readdir(path.join(top, room), {
    recursive: true,
    withFileTypes: true,
  })) {
    if (!entry.isFile()) continue;
    const relative = path
      .relative(top, path.join(entry.parentPath, entry.name))
      .replaceAll(path.sep, '/');
    if (relative.startsWith('ui/client/')) {
      if (path.posix.dirname(relative) === 'ui/client' && relative.endsWith('.ts')) {
        clients.push(relative);
      }
    } else if (relative.endsWith('.ts') && !relative.endsWith('.d.ts')) modules.push(relative);
    else if (copied.test(relative)) others.push(relative);
  }
}

const onNode = {
  absWorkingDir: top,
  outbase: top,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
};

await rm(out, { recursive: true, force: true });
await mkdir(program, { recursive: true });
const [onServer, , inBrowser, status] = await Promise.all([
  build({
    ...onNode,
    entryPoints: [...starts, ...doors, ...givenByTests],
    outdir: program,
    metafile: true,
    bundle: true,
    splitting: true,
    banner: { js: REQUIRE },
    plugins: [
      { name: 'places', setup: keepPlaces },
      { name: 'packages', setup: keepPackages },
    ],
  }),
  build({
    ...onNode,
    entryPoints: modules.filter((file) => !starts.includes(file)),
    outdir: out,
  }),
  build({
    absWorkingDir: top,
    entryPoints: clients,
    outdir: path.join(program, 'ui', 'client'),
    outbase: path.join(top, 'ui', 'client'),
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'warning',
  }),
  declare(),
]);
for (const file of starts) {
  const built = file.replace(/\.ts$/, '.js');
  const theirs = path.posix.relative(path.posix.dirname(built), `program/${built}`);
  await writeFile(path.join(out, built), `import '${theirs}';\n`);
}
for (const file of others) {
  await cp(path.join(top, file), path.join(out, file));
  if (!file.startsWith('test/')) await cp(path.join(top, file), path.join(program, file));
}
await cp(path.join(program, 'ui', 'client'), path.join(out, 'ui', 'client'), { recursive: true });
const taken = [onServer, inBrowser].flatMap(({ metafile }) => Object.keys(metafile.inputs));
await writeFile(path.join(program, 'LICENSES.txt'), await licencesOf(taken));
if (status !== 0) process.exitCode = 1;

/**
 * Lets modules of the program find what stands beside them: in whichever file a module ends up, its
 * `import.meta.url` names the place in `program/` that it has in the sources.
 */
function keepPlaces({ onLoad, onResolve }) {
  // Shared by several, so it ends up in a file at the top of `program/`, as all that is shared does.
  onResolve({ filter: /^canopy:top$/ }, () => ({ path: 'top', namespace: 'canopy' }));
  onLoad({ filter: /^top$/, namespace: 'canopy' }, () => ({
    contents: 'export const top = import.meta.url;',
  }));
  onLoad({ filter: /\.ts$/ }, async ({ path: file }) => {
    const source = await readFile(file, 'utf8');
    if (!source.includes('import.meta.url')) return undefined;
    const built = path.relative(top, file).replaceAll(path.sep, '/').replace(/\.ts$/, '.js');
    const place = `new URL('./${built}', canopyTop).href`;
    // On the first line, so that the others keep their numbers.
    const contents = `import { top as canopyTop } from 'canopy:top'; ${source.replaceAll('import.meta.url', place)}`;
    return { contents, loader: 'ts' };
  });
}

/** Takes packages into the program, but for what stays apart. */
function keepPackages({ onResolve }) {
  onResolve({ filter: apart }, ({ path: name }) => ({ path: name, external: true }));
  // The part of LevelDB that is no JavaScript: its package finds it beside itself.
  onResolve({ filter: /^\.\/binding$/ }, () => ({
    path: 'classic-level/binding.js',
    external: true,
  }));
}

/** Gives the licences of the packages that these files are of, one after the other. */
async function licencesOf(files) {
  const packages = new Set(
    files.flatMap(
      (file) => /^node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(file) ?? [],
    ),
  );
  const texts = [...packages].sort().map(async (folder) => {
    const { name, version, license } = JSON.parse(
      await readFile(path.join(top, folder, 'package.json'), 'utf8'),
    );
    const file = (await readdir(path.join(top, folder))).find((each) => /^licen[cs]e/i.test(each));
    const text = file === undefined ? '' : await readFile(path.join(top, folder, file), 'utf8');
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  return (await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n\n`);
}

/** Makes the declarations that `exports` in `package.json` names, and gives the exit code. */
async function declare() {
  const tsc = path.join(top, 'node_modules', '.bin', 'tsc');
  const child = spawn(tsc, ['-p', 'odb/tsconfig.json', '--noCheck', '--outDir', program], {
    cwd: top,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  const [status] = await once(child, 'close');
  return status;
}
