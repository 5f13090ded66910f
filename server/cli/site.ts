/**
 * A site opened by a command: in this process alone, while no server has the database.
 */
import { Database, LevelStorage, type LevelStorageOptions, mergeRules } from '../../odb/index.js';
import { pluginSpecifiers } from '../plugin-specifiers.js';
import { loadSitePlugins, openSite, type Site } from '../site.js';

export interface CommandSite extends AsyncDisposable {
  readonly site: Site;
  /** The storage was empty when it was opened. */
  readonly isNew: boolean;
}

export interface CommandSiteOptions {
  readonly data: string;
  readonly plugins: readonly string[];
  /** Where relative paths of plugins start. */
  readonly directory: string;
}

/**
 * Opens the site, and its storage, until the caller's scope ends.
 *
 * @throws OdbError `ODB_IN_USE` naming the process that has it
 * @throws SettingsError `SRV_SETTING` when a plugin is not there
 */
export async function openCommandSite(options: CommandSiteOptions): Promise<CommandSite> {
  const plugins = await loadSitePlugins(pluginSpecifiers(options.plugins, options.directory));
  const opening: LevelStorageOptions = {
    directory: options.data,
    thread: false,
    rules: mergeRules(),
  };
  const storage = await LevelStorage.open(opening);
  const isNew = storage.lastTid === 0;
  const database = await Database.open({ storage });
  try {
    const site = await openSite({ database, plugins });
    return { site, isNew, [Symbol.asyncDispose]: () => database.close() };
  } catch (error) {
    await database.close();
    throw error;
  }
}
