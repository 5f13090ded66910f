/**
 * Builds Canopy into `.build` (or `--out DIR`): every TypeScript module on its own, so that stack
 * traces and `import` paths stay those of the sources, and the browser's modules as bundles.
 * Views, styles and help pages are copied beside the code that reads them, and declarations of the
 * object database are made for programs that use it. Types are not checked here; `.ci/check.mjs` does
 * that.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const top = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const rooms = ['odb', 'acquisition', 'server', 'ui', 'test'];
const copied = /\.(hbs|css|svg|png|md|html|json|txt)$/;

const at = process.argv.indexOf('--out');
const out = path.resolve(top, at === -1 ? '.build' : (process.argv[at + 1] ?? '.build'));

const sources = [];
const others = [];
const clients = [];
for (const room of rooms) {
  for (const entry of await readdir(path.join(top, room), {
    recursive: true,
    withFileTypes: true,
  })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const relative = path.relative(top, file);
    if (relative.startsWith(path.join('ui', 'client') + path.sep)) {
      if (path.dirname(relative) === path.join('ui', 'client') && entry.name.endsWith('.ts')) {
        clients.push(file);
      }
    } else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts')) sources.push(file);
    else if (copied.test(entry.name)) others.push(relative);
  }
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
// It takes as long as everything else, so both go on at once.
const declared = declare();
await build({
  absWorkingDir: top,
  entryPoints: sources,
  outdir: out,
  outbase: top,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
});
if (clients.length > 0) {
  await build({
    absWorkingDir: top,
    entryPoints: clients,
    outdir: path.join(out, 'ui', 'client'),
    outbase: path.join(top, 'ui', 'client'),
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'warning',
  });
}
for (const relative of others) {
  await cp(path.join(top, relative), path.join(out, relative));
}
if ((await declared) !== 0) process.exitCode = 1;

/** Makes the declarations that `exports` in `package.json` names, and gives the exit code. */
async function declare() {
  const tsc = path.join(top, 'node_modules', '.bin', 'tsc');
  const child = spawn(tsc, ['-p', 'odb/tsconfig.json', '--noCheck', '--outDir', out], {
    cwd: top,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  const [status] = await once(child, 'close');
  return status;
}
