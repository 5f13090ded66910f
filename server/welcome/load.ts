/**
 * The welcome site: the small site a new database begins with.
 *
 * Its objects lie beside this module as the files they are: `contents.json` lists them with their
 * titles, in the order they stand in. A file's ending says what it becomes: `.hbs` a Template, `.md`
 * a Document (both without the ending), a picture an Image, anything else a File. What is no file, such
 * as the catalog, is listed with its type.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Container, contentAt, isContainer } from '../content/content.js';
import { contentTypeOf, mediaType } from '../content/data.js';
import { createObject, setData, updateObject } from '../content/edit.js';
import { siteRoot } from '../content/places.js';
import type { PropertyPatch } from '../content/properties.js';
import type { Work } from '../content/work.js';

/** One object of the site, as `contents.json` lists it. */
interface Entry {
  /** Path of the file or folder; a folder's ends in a slash. */
  readonly file: string;
  /** Given for what has no file: `file` is its path all the same. */
  readonly type?: string;
  readonly title: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly properties?: readonly PropertyPatch[];
}

const DIRECTORY = fileURLToPath(new URL('site/', import.meta.url));

/** Puts the welcome site into the root. The user must be allowed to add everything there. */
export function loadWelcomeSite(work: Work): void {
  const entries = JSON.parse(read('contents.json').toString('utf8')) as readonly Entry[];
  updateObject(work, siteRoot(work.connection), { title: 'Canopy' });
  for (const entry of entries) addEntry(work, entry);
  work.note('Added the welcome site');
}

function addEntry(work: Work, entry: Entry): void {
  const file = entry.file.replace(/\/$/, '');
  const container = containerOf(work, path.posix.dirname(file));
  const { title, properties } = entry;
  const common = { title, ...(properties === undefined ? {} : { properties }) };
  const base = path.posix.basename(file);
  if (file !== entry.file) {
    createObject(work, container, { ...common, type: 'Folder', id: base });
    return;
  }
  if (entry.type !== undefined) {
    const { type, fields = {} } = entry;
    createObject(work, container, { ...common, type, id: base, fields });
    return;
  }
  const bytes = read(file);
  const { name, ext } = path.posix.parse(file);
  if (ext === '.hbs' || ext === '.md') {
    const fields = { ...entry.fields, source: bytes.toString('utf8') };
    const type = ext === '.hbs' ? 'Template' : 'Document';
    createObject(work, container, { ...common, type, id: name, fields });
    return;
  }
  const contentType = contentTypeOf(base);
  const type = mediaType(contentType).startsWith('image/') ? 'Image' : 'File';
  const object = createObject(work, container, { ...common, type, id: base });
  setData(work, object, { bytes, contentType, filename: base });
}

function containerOf(work: Work, directory: string): Container {
  const object = contentAt(siteRoot(work.connection), directory === '.' ? '/' : directory);
  if (!isContainer(object)) throw new TypeError(`The welcome site lists ${directory} too late`);
  return object;
}

function read(file: string): Buffer {
  return readFileSync(path.join(DIRECTORY, file));
}
