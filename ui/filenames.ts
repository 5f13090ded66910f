/**
 * What an uploaded file becomes: its id, and its content type, by its name.
 */
import { refuseId } from '../server/index.js';

/** Endings of text that is edited here rather than kept as a file. */
const SOURCES: Readonly<Record<string, { readonly type: string; readonly fields: object }>> = {
  md: { type: 'Document', fields: { format: 'markdown' } },
  markdown: { type: 'Document', fields: { format: 'markdown' } },
  hbs: { type: 'Template', fields: {} },
};

const IMAGE_ENDINGS: ReadonlySet<string> = new Set([
  'png',
  'jpg',
  'jpeg',
  'gif',
  'webp',
  'avif',
  'svg',
  'ico',
  'bmp',
]);

/** What a file becomes. A source loses its ending, since its URL is that of a page. */
export interface Becomes {
  readonly type: string;
  readonly id: string;
  /** Its bytes are text, and become the source of the object. */
  readonly isSource: boolean;
  readonly fields: object;
}

/** Says what a file of that name becomes. */
export function becomes(filename: string): Becomes {
  const id = idFromFilename(filename);
  const dot = id.lastIndexOf('.');
  const ending = dot > 0 ? id.slice(dot + 1).toLowerCase() : '';
  const source = Object.hasOwn(SOURCES, ending) ? SOURCES[ending] : undefined;
  if (source !== undefined) {
    return { type: source.type, id: id.slice(0, dot), isSource: true, fields: source.fields };
  }
  return { type: IMAGE_ENDINGS.has(ending) ? 'Image' : 'File', id, isSource: false, fields: {} };
}

/** Makes an id of a file's name: without folders, spaces as dashes, what no id may begin with gone. */
export function idFromFilename(filename: string): string {
  const name = filename.slice(Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')) + 1);
  const id = name
    .normalize('NFC')
    .trim()
    .replaceAll(/\s+/gu, '-')
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, '')
    .replace(/^[@_.]+/u, '');
  return refuseId(id) === undefined ? id : `file-${id}`;
}
