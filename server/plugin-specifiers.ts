/** Where plugins are: from the names an operator gives to what `import` takes. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SettingsError } from './settings-kinds.js';

/**
 * Gives the URL of each plugin's module.
 *
 * @param names packages, or paths of modules, as `--plugin` takes them
 * @param directory where relative paths start, and packages are looked for first
 * @throws SettingsError `SRV_SETTING` naming the plugin that is not there
 */
export function pluginSpecifiers(names: readonly string[], directory: string): readonly string[] {
  return names.map((name) => find(name, directory));
}

function find(name: string, directory: string): string {
  const isPath = /^(\.{0,2}[/\\]|[A-Za-z]:\\)/.test(name) || /\.[mc]?js$/.test(name);
  const file = isPath ? path.resolve(directory, name) : findPackage(name, directory);
  if (file === undefined || !existsSync(file)) {
    const looked = isPath ? `no file ${file}` : `no package ${name} to be found from ${directory}`;
    throw new SettingsError(`--plugin ${name}: there is ${looked}.`);
  }
  return pathToFileURL(file).href;
}

/** Looks beside the operator's files first, then beside the server's own packages. */
function findPackage(name: string, directory: string): string | undefined {
  const places = [path.join(directory, 'package.json'), fileURLToPath(import.meta.url)];
  for (const place of places) {
    try {
      return createRequire(place).resolve(name);
    } catch {
      // Not from here; what was looked for is named when it is nowhere.
    }
  }
  return undefined;
}
