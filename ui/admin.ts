/**
 * The admin whole: every screen, and the view they are reached by.
 *
 * The screens stand here in tab order: the first that applies to an object and may be opened is
 * what `@manage` shows. A thread loads this module when it is first asked for a screen.
 */
import { manageView } from './manage.js';
import { type AnyScreen, registerScreens } from './screen.js';
import { account } from './screens/account.js';
import { add } from './screens/add.js';
import { catalogContents } from './screens/catalog-contents.js';
import { catalogIndexes } from './screens/catalog-indexes.js';
import { catalogQuery } from './screens/catalog-query.js';
import { catalogSearch } from './screens/catalog-search.js';
import { catalogSlow } from './screens/catalog-slow.js';
import { catalogs } from './screens/catalogs.js';
import { conflicts } from './screens/conflicts.js';
import { contents } from './screens/contents.js';
import { database } from './screens/database.js';
import { dryRun } from './screens/dry-run.js';
import { edit } from './screens/edit.js';
import { goTo } from './screens/go-to.js';
import { help } from './screens/help.js';
import { history } from './screens/history.js';
import { importScreen } from './screens/import.js';
import { moment } from './screens/moment.js';
import { place } from './screens/place.js';
import { properties } from './screens/properties.js';
import { rename } from './screens/rename.js';
import { restore } from './screens/restore.js';
import { restored } from './screens/restored.js';
import { security } from './screens/security.js';
import { sqlBrowse } from './screens/sql-browse.js';
import { sqlStatus } from './screens/sql-status.js';
import { sqlTest } from './screens/sql-test.js';
import { sqlTry } from './screens/sql-try.js';
import { trash } from './screens/trash.js';
import { trashRestore } from './screens/trash-restore.js';
import { undo } from './screens/undo.js';
import { upload } from './screens/upload.js';
import { users } from './screens/users.js';
import { version } from './screens/version.js';
import { versionAbout, versionActivity } from './screens/version-activity.js';
import { versionPreview } from './screens/version-preview.js';
import { versions } from './screens/versions.js';
import { view } from './screens/view.js';

/** Every screen of the admin, in tab order. */
const SCREENS: readonly AnyScreen[] = [
  version,
  versionActivity,
  versionAbout,
  versionPreview,
  restored,
  catalogSearch,
  catalogQuery,
  catalogContents,
  catalogIndexes,
  catalogSlow,
  users,
  contents,
  sqlStatus,
  sqlBrowse,
  sqlTry,
  edit,
  sqlTest,
  view,
  properties,
  history,
  security,
  undo,
  importScreen,
  database,
  dryRun,
  add,
  rename,
  upload,
  trash,
  trashRestore,
  versions,
  goTo,
  help,
  account,
  place,
  conflicts,
  moment,
  restore,
  catalogs,
];

registerScreens(SCREENS);

export { manageView };
