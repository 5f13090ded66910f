/**
 * What an import would put where: from files to objects, without touching the tree.
 *
 * A folder becomes a Folder. A page (`.md`, `.mdx`, `.html`) becomes a Document whose id is the
 * file's name without its ending; `index` and `readme` become the folder's `index_html`, and so
 * does a page that shares its name with a folder beside it. `.hbs` becomes a Template. Images become
 * Images and everything else Files, with their whole name as id. Nothing is left out silently.
 */
import mime from 'mime-types';
import { LINE_CHARACTERS_MAX } from '../content/fields.js';
import { freeId, ID_BYTES_MAX, refuseId } from '../content/ids.js';
import type { PropertyPatch } from '../content/properties.js';
import { PropertyRefusal, readProperty, refusePropertyName } from '../content/properties.js';
import { USER_FOLDER_ID } from '../security/principal.js';
import { readFrontMatter } from './front-matter.js';
import {
  asLinked,
  type EarlierObject,
  INDEX,
  INDEX_ID,
  indexesFirst,
  keyOf,
  type Linked,
  linkIndexOf,
  namesOf,
  PAGE,
} from './link-names.js';
import { type LinkIndex, rewriteLinks } from './links.js';
import { convertMdx } from './mdx.js';
import type { ImportNote } from './note.js';
import { SOURCE_BYTES_MAX, type SourceFile } from './source-file.js';

export interface PlannedFolder {
  readonly kind: 'folder';
  /** Ids below the target. */
  readonly segments: readonly string[];
}

export interface PlannedObject {
  readonly kind: 'object';
  readonly segments: readonly string[];
  readonly file: SourceFile;
  readonly type: 'Document' | 'Template' | 'File' | 'Image';
}

export interface ImportPlan {
  readonly folders: readonly PlannedFolder[];
  readonly objects: readonly PlannedObject[];
  readonly links: LinkIndex;
  readonly notes: readonly ImportNote[];
}

/** What a text becomes. */
export interface PlannedText {
  readonly title: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly properties: readonly PropertyPatch[];
  readonly notes: readonly ImportNote[];
}

const FORBIDDEN = /^[_.@]+/;

/**
 * Decides where each file goes.
 *
 * @param given in any order; the same files give the same plan
 * @param target URL of the folder they go into, with its final slash
 * @param earlier what links may lead to as well
 */
export function planImport(
  given: readonly SourceFile[],
  target: string,
  earlier: readonly EarlierObject[] = [],
): ImportPlan {
  // An upload arrives in any order, and what links mean must not depend on it.
  const files = given.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const notes: ImportNote[] = [];
  const folders = new Map<string, PlannedFolder>();
  const folderIds = new Map<string, string>();
  const taken = new Set<string>();
  const folderNames = new Set(files.flatMap((file) => foldersOf(file.segments)));

  const idsOf = (segments: readonly string[]): string[] => {
    const ids: string[] = [];
    for (const [at, name] of segments.entries()) {
      const key = segments.slice(0, at + 1).join('/');
      let id = folderIds.get(key);
      if (id === undefined) {
        id = claim(ids, name, key, taken, notes);
        folderIds.set(key, id);
        folders.set(key, { kind: 'folder', segments: [...ids, id] });
      }
      ids.push(id);
    }
    return ids;
  };
  for (const file of files) idsOf(file.segments.slice(0, -1));

  const objects: PlannedObject[] = [];
  const linked: Linked[] = [];
  const indexed = new Set<string>();
  for (const file of [...files].sort(indexesFirst)) {
    const name = file.segments.at(-1) ?? '';
    const shown = file.segments.join('/');
    const type = typeOf(file);
    const stem = type === 'Document' || type === 'Template' ? name.replace(/\.[^.]+$/, '') : name;
    const inside = [...file.segments.slice(0, -1), stem];
    let container = idsOf(file.segments.slice(0, -1));
    let wanted = stem;
    if (type === 'Document' && INDEX.test(stem) && !indexed.has(container.join('/'))) {
      wanted = INDEX_ID;
      indexed.add(container.join('/'));
    } else if (type === 'Document' && folderNames.has(inside.join('/'))) {
      const own = idsOf(inside);
      if (!indexed.has(own.join('/'))) {
        container = own;
        wanted = INDEX_ID;
        indexed.add(own.join('/'));
        notes.push({ file: shown, message: `Became the index of the folder ${stem}` });
      }
    }
    const id = claim(container, wanted, shown, taken, notes);
    objects.push({ kind: 'object', segments: [...container, id], file, type });
    const isIndex = wanted === INDEX_ID;
    const url =
      target + [...(isIndex ? container : [...container, id])].map(encodeURIComponent).join('/');
    linked.push({
      file: file.segments,
      url: isIndex && container.length > 0 ? `${url}/` : url,
      names: namesOf(file.segments, stem, isIndex),
    });
  }
  const folderLinks = [...folders].map(([key, { segments }]): Linked => {
    const url = `${target}${segments.map(encodeURIComponent).join('/')}/`;
    return { file: key.split('/'), url, names: [key.split('/')] };
  });
  const links = linkIndexOf(
    [linked, earlier.filter(({ isFolder }) => !isFolder).map(asLinked)],
    [folderLinks, earlier.filter(({ isFolder }) => isFolder).map(asLinked)],
  );
  const order = new Map(files.map((file, at) => [file, at]));
  objects.sort((a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0));
  return { folders: [...folders.values()], objects, links, notes };
}

/** Reads a page or a template: front matter to title and properties, links to objects. */
export function planText(planned: PlannedObject, text: string, links: LinkIndex): PlannedText {
  const file = planned.file.segments.join('/');
  if (planned.type === 'Template') {
    return { title: '', fields: { source: text }, properties: [], notes: [] };
  }
  const notes: ImportNote[] = [];
  const { data, body, bodyLine, problem } = readFrontMatter(text);
  if (problem !== undefined) notes.push({ file, ...problem });
  const name = planned.file.segments.at(-1) ?? '';
  const html = /\.html?$/i.test(name);
  const { text: linked, dangling } = rewriteLinks(body, planned.file.segments, links);
  for (const { line, link } of dangling) {
    notes.push({
      file,
      line: line + bodyLine - 1,
      message: `Leads to no file: ${link}`,
      about: 'link',
    });
  }
  let source = linked;
  if (/\.mdx$/i.test(name)) {
    const converted = convertMdx(linked);
    source = converted.text;
    for (const { line, message } of converted.notes) {
      notes.push({ file, line: line + bodyLine - 1, message, about: 'form' });
    }
  }
  const { title, layout, properties, refused } = readData(data);
  for (const message of refused) notes.push({ file, line: 1, message, about: 'form' });
  const whole = html && /<html[\s>]/i.test(source);
  return {
    title: asTitle(title ?? titleIn(source, html) ?? titleOf(planned)),
    fields: {
      source: source,
      format: html ? 'html' : 'markdown',
      ...(layout !== undefined ? { layout } : whole ? { layout: '' } : {}),
    },
    properties,
    notes: notes.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)),
  };
}

function typeOf({ segments, sizeBytes }: SourceFile): PlannedObject['type'] {
  const name = segments.at(-1) ?? '';
  if (sizeBytes <= SOURCE_BYTES_MAX) {
    if (PAGE.test(name)) return 'Document';
    if (/\.hbs$/i.test(name)) return 'Template';
  }
  const media = mime.lookup(name);
  return media !== false && media.startsWith('image/') ? 'Image' : 'File';
}

/** Gives the name an id, and says so when it could not keep it. */
function claim(
  container: readonly string[],
  name: string,
  file: string,
  taken: Set<string>,
  notes: ImportNote[],
): string {
  let wanted = shorten(name.normalize('NFC'));
  if (refuseId(wanted) !== undefined) {
    wanted = wanted.replace(FORBIDDEN, '').replaceAll(/[\p{Cc}/]/gu, '-');
    if (refuseId(wanted) !== undefined) wanted = shorten(`item-${wanted}`);
  }
  if (wanted === USER_FOLDER_ID) wanted = `${USER_FOLDER_ID}-files`;
  const within = container.join('/');
  const id = freeId(wanted, (candidate) => taken.has(`${within}/${candidate}`));
  taken.add(`${within}/${id}`);
  if (id !== name && name !== INDEX_ID) notes.push({ file, message: `Got the id ${id}` });
  return id;
}

/** Cuts a name that is too long for an id, before its ending. */
function shorten(name: string): string {
  if (Buffer.byteLength(name) <= ID_BYTES_MAX) return name;
  const [ending = ''] = /\.[^.]{1,16}$/.exec(name) ?? [];
  const stem = name.slice(0, name.length - ending.length);
  const characters = Array.from(stem.slice(0, 2 * ID_BYTES_MAX)).slice(0, ID_BYTES_MAX);
  while (Buffer.byteLength(characters.join('') + ending) > ID_BYTES_MAX) characters.pop();
  return characters.join('') + ending;
}

function foldersOf(segments: readonly string[]): string[] {
  return segments.slice(0, -1).map((_name, at) => segments.slice(0, at + 1).join('/'));
}

interface ReadData {
  readonly title: string | undefined;
  readonly layout: string | undefined;
  readonly properties: readonly PropertyPatch[];
  readonly refused: readonly string[];
}

/** Front matter as title, layout and properties; what fits no property is kept as its JSON. */
function readData(data: Readonly<Record<string, unknown>>): ReadData {
  const properties: PropertyPatch[] = [];
  const refused: string[] = [];
  let title: string | undefined;
  let layout: string | undefined;
  for (const [name, value] of Object.entries(data)) {
    if (name === 'title' && typeof value === 'string') title = value.replaceAll(/\s+/g, ' ').trim();
    else if (name === 'layout' && isLayout(value)) layout = value;
    else if (value !== null && value !== undefined) {
      const own =
        refusePropertyName(name) === undefined && !FIELDS.has(name) ? name : `page_${name}`;
      if (refusePropertyName(own) !== undefined) {
        refused.push(`Front matter cannot be kept as a property: ${name}`);
        continue;
      }
      if (own !== name) refused.push(`Front matter “${name}” became the property ${own}`);
      properties.push(asProperty(own, value));
    }
  }
  return { title, layout, properties, refused };
}

/** A layout is the name of a template; other systems have paths there. */
function isLayout(value: unknown): value is string {
  return typeof value === 'string' && (value === '' || refuseId(value) === undefined);
}

/** Names of a Document's own fields, which no property may have. */
const FIELDS = new Set(['source', 'format', 'layout']);

function asProperty(name: string, value: unknown): PropertyPatch {
  const patch: PropertyPatch =
    value instanceof Date || typeof value !== 'object' || isListOfWords(value)
      ? { name, value }
      : { name, type: 'text', value: JSON.stringify(value, null, 2) };
  try {
    readProperty(patch, undefined);
    return patch;
  } catch (error) {
    if (!(error instanceof PropertyRefusal)) throw error;
    return { name, type: 'text', value: JSON.stringify(value) };
  }
}

function isListOfWords(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((item) => typeof item === 'string' || typeof item === 'number')
  );
}

function titleIn(text: string, html: boolean): string | undefined {
  const found = html ? elementTitle(text) : headingTitle(text);
  const title = found?.replaceAll(/[\s`*_]+/g, ' ').trim();
  return title === undefined || title === '' ? undefined : title;
}

function elementTitle(html: string): string | undefined {
  const at = html.search(/<title/i);
  const from = at === -1 ? -1 : html.indexOf('>', at);
  const rest = from === -1 ? '' : html.slice(from + 1);
  const to = rest.search(/<\/title>/i);
  return to === -1 ? undefined : rest.slice(0, to);
}

/** The first heading, without the signs that may close it. */
function headingTitle(markdown: string): string | undefined {
  const line = /^#[ \t]+(\S.*)$/m.exec(markdown)?.[1]?.trimEnd();
  if (line === undefined) return undefined;
  let end = line.length;
  while (line[end - 1] === '#') end -= 1;
  return end === 0 ? line : line.slice(0, end);
}

function titleOf({ file, segments }: PlannedObject): string {
  const stem = (file.segments.at(-1) ?? '').replace(/\.[^.]+$/, '');
  const name = INDEX.test(stem) ? (segments.at(-2) ?? stem) : stem;
  return titleFrom(name);
}

/** Makes one line of a text, of which an object will take it as its title. */
export function asTitle(text: string): string {
  const line = text
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim();
  return line.slice(0, LINE_CHARACTERS_MAX).toWellFormed();
}

/** Makes a title from a name: `getting-started` is “Getting started”. */
export function titleFrom(name: string): string {
  const words = name.replaceAll(/[-_]+/g, ' ').trim();
  return asTitle(words.charAt(0).toUpperCase() + words.slice(1));
}
