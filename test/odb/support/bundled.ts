/**
 * Programs and threads that tests start again and again, each in one file, so that they are running
 * at once: a process that reads a hundred modules is killed before it did much.
 */
import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

/**
 * Options of Node for a process that is killed in its first second: it never gets back what
 * optimizing its functions takes.
 */
export const SHORT_LIVED = ['--no-opt', '--no-sparkplug'] as const;

/** Packages that are no ES modules ask for others with this. */
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";
/** The part of LevelDB that is no JavaScript: its package finds it beside itself. */
const native: Plugin = {
  name: 'native',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/binding$/ }, () => ({
      path: 'classic-level/binding.js',
      external: true,
    }));
  },
};

const packages = fileURLToPath(new URL('../../../../node_modules', import.meta.url));

/**
 * Writes a program, and the threads of a storage, into a directory.
 *
 * @param program the module of this build that the process or thread begins with
 * @returns the file to run
 */
export async function bundled(program: URL, directory: string): Promise<string> {
  const here = (module: string): string => fileURLToPath(new URL(module, import.meta.url));
  const entryPoints = [
    fileURLToPath(program),
    here('../../../odb/level/level-writer-thread.js'),
    here('../../../odb/level/level-pack-thread.js'),
  ];
  await build({
    entryPoints,
    outdir: directory,
    entryNames: '[name]',
    bundle: true,
    minify: true,
    banner: { js: REQUIRE },
    plugins: [native],
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'warning',
    tsconfigRaw: '{}',
  });
  await writeFile(path.join(directory, 'package.json'), '{ "type": "module" }');
  await symlink(packages, path.join(directory, 'node_modules'), 'junction');
  return path.join(directory, path.basename(fileURLToPath(program)));
}
