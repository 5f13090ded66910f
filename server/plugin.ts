/**
 * What a package may add to a site: content types, views, static files.
 *
 * A plugin is a plain object that its package exports as `plugin`. It is loaded once in every
 * thread, before the first request, and cannot be taken away while the site is open. The admin is
 * the first one: it comes from beside the server, and nothing else of the server knows where it is.
 */
import { existsSync } from 'node:fs';
import type { ContentType } from './content/content-type.js';
import type { SiteServices } from './content/work.js';
import type { View } from './publisher/view.js';

/** A folder of files served at `/@assets/HASH/NAME`, where HASH changes with their contents. */
export interface AssetFolder {
  readonly directory: string;
  /** Put before each file's name, as in `client/`. */
  readonly prefix?: string;
}

export interface Plugin {
  readonly name: string;
  readonly contentTypes?: readonly ContentType[];
  readonly views?: readonly View[];
  readonly assets?: readonly AssetFolder[];
  /** Called once in each thread when the site is open. */
  start?(site: SiteServices): void | Promise<void>;
}

const ADMIN_MODULE = '../ui/index.js';

/**
 * Loads the admin, and then the plugin that each module exports as `plugin`.
 *
 * @param specifiers names of packages, or paths or URLs of modules
 * @throws TypeError when a module exports none
 */
export async function loadPlugins(specifiers: readonly string[]): Promise<readonly Plugin[]> {
  const plugins: Plugin[] = [];
  const admin = new URL(ADMIN_MODULE, import.meta.url);
  if (existsSync(admin)) plugins.push(await loadPlugin(admin.href));
  for (const specifier of specifiers) plugins.push(await loadPlugin(specifier));
  return plugins;
}

async function loadPlugin(specifier: string): Promise<Plugin> {
  const module = (await import(specifier)) as { readonly plugin?: unknown };
  const plugin = module.plugin;
  if (typeof plugin !== 'object' || plugin === null || !('name' in plugin)) {
    throw new TypeError(`${specifier} exports no plugin`);
  }
  return plugin as Plugin;
}
