/**
 * `canopy init`: makes a database, with the welcome site or with nothing but its root.
 */
import { initialise } from '../site.js';
import { defineCommand } from './command.js';
import { announceAdmin, passwordFrom } from './password.js';
import { openCommandSite } from './site.js';

export const init = defineCommand({
  about: `Makes a database with a small welcome site, or with just the root folder and its user folder.
Does nothing where there is a site already. "canopy serve" does the same by itself.`,
  settings: ['data', 'plugins', 'empty', 'adminPassword'],
  async run({ settings, directory, out }) {
    await using opened = await openCommandSite({ ...settings, directory });
    const admin = passwordFrom(settings.adminPassword);
    const made = await initialise(opened.site, {
      adminPassword: admin.password,
      welcome: !settings.empty,
    });
    if (!made) {
      out(`There is a site in ${settings.data} already; nothing was changed.`);
      return 0;
    }
    out(`Made a database in ${settings.data}.`);
    if (opened.remark !== undefined) out(opened.remark);
    for (const line of announceAdmin(admin)) out(line);
    return 0;
  },
});
