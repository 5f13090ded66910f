/**
 * A site opened by a command: in this process alone, while no server has the database.
 */
import { Database, LevelStorage, type LevelStorageOptions, mergeRules } from '../../odb/index.js';
import { ServerError } from '../errors.js';
import { pluginSpecifiers } from '../plugin-specifiers.js';
import { loadSitePlugins, openSite, type Site } from '../site.js';
import { hasDatabase, prepareDataDirectory, requireDirectory } from './data-directory.js';

export interface CommandSite extends AsyncDisposable {
  readonly site: Site;
  /** What to say of a data directory that held other things and no database. */
  readonly remark: string | undefined;
  /** The storage was empty when it was opened. */
  readonly isNew: boolean;
}

export interface CommandSiteOptions {
  readonly data: string;
  readonly plugins: readonly string[];
  /** Where relative paths of plugins start. */
  readonly directory: string;
  /** There must be a site already; nothing is made. */
  readonly mustExist?: boolean;
}

/**
 * Opens the site, and its storage, until the caller's scope ends.
 *
 * @throws OdbError `ODB_IN_USE` naming the process that has it
 * @throws SettingsError `SRV_SETTING` when a plugin is not there
 * @throws ServerError `SRV_NO_SITE` when there must be a site and is none
 * @throws ServerError `SRV_DATA` when the directory cannot be used
 */
export async function openCommandSite(options: CommandSiteOptions): Promise<CommandSite> {
  requireDirectory(options.data);
  if (options.mustExist === true && !hasDatabase(options.data)) throw noSite(options.data);
  const remark = prepareDataDirectory(options.data);
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
    if (options.mustExist === true && !site.exists()) throw noSite(options.data);
    return { site, remark, isNew, [Symbol.asyncDispose]: () => database.close() };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function noSite(data: string): ServerError {
  return new ServerError(
    'SRV_NO_SITE',
    `There is no site in ${data}. Make one with canopy init --data ${data}, or name another directory.`,
  );
}
