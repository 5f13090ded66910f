/**
 * A database opened by a command, without the site in it: what is damaged can be looked at as well.
 */
import { LevelStorage, mergeRules } from '../../odb/index.js';
import { ServerError } from '../errors.js';
import { pluginSpecifiers } from '../plugin-specifiers.js';
import { loadSitePlugins } from '../site.js';
import { hasDatabase, requireDirectory } from './data-directory.js';

export interface CommandStorageOptions {
  readonly data: string;
  readonly plugins: readonly string[];
  /** Where relative paths of plugins start. */
  readonly directory: string;
}

/**
 * Opens the database there is. It writes in this thread: a command has nothing else to do.
 *
 * @throws OdbError `ODB_IN_USE` naming the process that has it
 * @throws SettingsError `SRV_SETTING` when a plugin is not there
 * @throws ServerError `SRV_NO_SITE` when there is none, `SRV_DATA` when that is no directory
 */
export async function openCommandStorage(options: CommandStorageOptions): Promise<LevelStorage> {
  const { data, plugins, directory } = options;
  requireDirectory(data);
  if (!hasDatabase(data)) {
    throw new ServerError(
      'SRV_NO_SITE',
      `There is no database in ${data}. Name another directory with --data.`,
    );
  }
  // Their classes say how objects merge and what is contained in what.
  await loadSitePlugins(pluginSpecifiers(plugins, directory));
  return LevelStorage.open({ directory: data, thread: false, rules: mergeRules() });
}
