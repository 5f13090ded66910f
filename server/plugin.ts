/**
 * What a package may add to a site: content types, views, static files.
 *
 * A plugin is a plain object that its package exports as `plugin`. It is loaded once in every
 * thread, before the first request, and cannot be taken away while the site is open. The admin is
 * the first one.
 */
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

/**
 * Loads the plugin that a module exports as `plugin`.
 * @param specifier a package's name, or a file's path or URL
 * @throws TypeError when the module exports none
 */
export async function loadPlugin(specifier: string): Promise<Plugin> {
  const module = (await import(specifier)) as { readonly plugin?: unknown };
  const plugin = module.plugin;
  if (typeof plugin !== 'object' || plugin === null || !('name' in plugin)) {
    throw new TypeError(`${specifier} exports no plugin`);
  }
  return plugin as Plugin;
}
