/**
 * The welcome site: the small site a new database begins with.
 *
 * Its objects lie beside this module as the files they are: `contents.json` lists them with their
 * titles, in the order they stand in. A file's ending says what it becomes: `.hbs` a Template, `.md`
 * a Document, `.sql` an SQL method (all without the ending), a picture an Image, anything else a File.
 * What is no file, such as the catalog, is listed with its type.
 *
 * The database of the site's shop is a file that is ready to be used, and is copied: so no process of
 * SQLite is started before somebody comes to the shop.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Storage } from '../../odb/index.js';
import { type Container, type Content, contentAt, isContainer } from '../content/content.js';
import { contentTypeOf, mediaType } from '../content/data.js';
import { createObject, type NewObject, setData, updateObject } from '../content/edit.js';
import { setPermissions } from '../content/permissions.js';
import { siteRoot } from '../content/places.js';
import type { PropertyPatch } from '../content/properties.js';
import type { Work } from '../content/work.js';
import { SQLITE_FOLDER } from '../sql/data-host.js';
import { sqliteFile } from '../sql/sqlite-file.js';

/** One object of the site, as `contents.json` lists it. */
interface Entry {
  /** Path of the file or folder; a folder's ends in a slash. */
  readonly file: string;
  /** Given for what has no file: `file` is its path all the same. */
  readonly type?: string;
  readonly title: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly properties?: readonly PropertyPatch[];
  /** As `setPermissions` has them. */
  readonly permissions?: Readonly<Record<string, unknown>>;
}

/** Types of objects whose source is a file, by its ending. */
const SOURCE_TYPES: ReadonlyMap<string, string> = new Map([
  ['.hbs', 'Template'],
  ['.md', 'Document'],
  ['.sql', 'SqlMethod'],
]);

const DIRECTORY = fileURLToPath(new URL('site/', import.meta.url));
/** The shop's database, as `shop.sql` makes it. */
const SHOP = fileURLToPath(new URL('shop.sqlite', import.meta.url));
/** Where the shop's connection looks for it. */
const SHOP_FILE = 'shop.sqlite';
/** Readable for the server's own user alone. */
const FILE_MODE = 0o600;

/** Puts the welcome site into the root. The user must be allowed to add everything there. */
export function loadWelcomeSite(work: Work): void {
  const entries = JSON.parse(read('contents.json').toString('utf8')) as readonly Entry[];
  updateObject(work, siteRoot(work.connection), { title: 'Canopy' });
  for (const entry of entries) {
    const object = addEntry(work, entry);
    const { permissions } = entry;
    if (permissions !== undefined) setPermissions(work, object, { permissions });
  }
  copyShop(work.site.storage);
  work.note('Added the welcome site');
}

function addEntry(work: Work, entry: Entry): Content {
  const file = entry.file.replace(/\/$/, '');
  const container = containerOf(work, path.posix.dirname(file));
  const { title, properties, fields = {} } = entry;
  const common = { title, ...(properties === undefined ? {} : { properties }) };
  const base = path.posix.basename(file);
  if (file !== entry.file) {
    return createObject(work, container, { ...common, type: 'Folder', id: base });
  }
  if (entry.type !== undefined) {
    return createObject(work, container, { ...common, type: entry.type, id: base, fields });
  }
  const bytes = read(file);
  const { name, ext } = path.posix.parse(file);
  const type = SOURCE_TYPES.get(ext);
  if (type !== undefined) {
    const source = bytes.toString('utf8');
    return createObject(work, container, {
      ...{ ...common, type, id: name },
      fields: { ...fields, source },
    });
  }
  return addFile(work, container, { ...common, id: base, bytes });
}

function addFile(
  work: Work,
  container: Container,
  { bytes, ...common }: Omit<NewObject, 'type'> & { readonly bytes: Buffer },
): Content {
  const contentType = contentTypeOf(common.id);
  const type = mediaType(contentType).startsWith('image/') ? 'Image' : 'File';
  const object = createObject(work, container, { ...common, type });
  setData(work, object, { bytes, contentType, filename: common.id });
  return object;
}

function containerOf(work: Work, directory: string): Container {
  const object = contentAt(siteRoot(work.connection), directory === '.' ? '/' : directory);
  if (!isContainer(object)) throw new TypeError(`The welcome site lists ${directory} too late`);
  return object;
}

/** Puts the shop's database into the data directory. One that is there stays as it is. */
function copyShop(storage: Storage): void {
  if (!storage.supports.threads) return; // In memory there is no directory.
  const { directory } = storage.share();
  const file = sqliteFile(path.join(directory, SQLITE_FOLDER), SHOP_FILE);
  if (existsSync(file)) return;
  writeFileSync(file, readFileSync(SHOP), { mode: FILE_MODE, flush: true });
}

function read(file: string): Buffer {
  return readFileSync(path.join(DIRECTORY, file));
}
