/**
 * Files: bytes with a media type.
 *
 * The bytes lie in the blob store and the main thread streams them. Whatever they are, browsers
 * treat them as a stranger's: sandboxed, never guessed at, and what could run is downloaded.
 */
import { blob } from '../../odb/index.js';
import { type AnswerBlob, Response } from '../publisher/response.js';
import { Content } from './content.js';
import type { ContentType, FieldDef, FieldValues } from './content-type.js';
import {
  type BlobReference,
  contentTypeOf,
  isActive,
  refuseContentType,
  UNKNOWN_CONTENT_TYPE,
} from './data.js';
import type { SiteServices } from './work.js';

/** Bytes to be set, which the blob store has already. */
export interface NewBytes extends BlobReference {
  /** `undefined` or `''`: guessed from the name. */
  readonly contentType?: string | undefined;
  readonly filename?: string | undefined;
  /** Where the bytes are on their way to the blob store: all of them, or how they begin. */
  readonly head?: Uint8Array | undefined;
}

export class File extends Content {
  static {
    this.define('canopy.File', {
      blob: blob(),
      contentType: UNKNOWN_CONTENT_TYPE,
      filename: '',
    });
  }

  /** `undefined` until bytes were given. */
  declare blob: BlobReference | undefined;
  declare contentType: string;
  /** The name it was uploaded with; `''` for none. */
  declare filename: string;

  get type(): string {
    return 'File';
  }

  get size(): number {
    return this.blob?.sizeBytes ?? 0;
  }

  get sha256(): string {
    return this.blob?.sha256 ?? '';
  }

  /** Takes other bytes. What is known of them is read here, so it always fits. */
  setBytes(bytes: NewBytes, _site: SiteServices): void {
    const { sha256, sizeBytes, filename = '', contentType = '' } = bytes;
    if (filename !== '') this.filename = plainName(filename);
    if (contentType !== '') this.contentType = contentType;
    else if (filename !== '' || this.contentType === UNKNOWN_CONTENT_TYPE) {
      this.contentType = contentTypeOf(this.filename || this.id);
    }
    if (this.blob?.sha256 !== sha256) this.blob = { sha256, sizeBytes };
  }

  protected override field(name: string): unknown {
    return ['contentType', 'filename', 'sha256'].includes(name)
      ? this[name as keyof this]
      : super.field(name);
  }
}

/** Browsers send a name, some of them a whole path of the visitor's machine. */
function plainName(filename: string): string {
  return filename
    .replace(/^.*[\\/]/, '')
    .replace(/\p{Cc}/gu, '')
    .slice(0, 255)
    .toWellFormed();
}

export const FILE_FIELDS: readonly FieldDef[] = [
  {
    name: 'contentType',
    label: 'Media type',
    kind: 'text',
    help: 'Such as text/css or image/png.',
  },
  { name: 'size', label: 'Size', kind: 'number', readonly: true },
  { name: 'sha256', label: 'SHA-256', kind: 'text', readonly: true },
  { name: 'filename', label: 'File name', kind: 'text', help: 'Offered where it is downloaded.' },
];

export const fileType: ContentType<File> = {
  name: 'File',
  title: 'File',
  icon: 'file',
  description: 'Bytes of any kind: a style sheet, a PDF, a sound.',
  class: File,
  addPermission: 'Add Files',
  changePermission: 'Change Files',
  executable: false,
  data: 'blob',
  fields: FILE_FIELDS,
  validate: validateFile,
  read: readFile,
  apply: applyFile,
  page: (file) => answerFile(file),
};

export function validateFile(values: FieldValues): { field: string; message: string }[] {
  const { contentType } = values;
  const message = typeof contentType === 'string' ? refuseContentType(contentType) : undefined;
  return message === undefined ? [] : [{ field: 'fields.contentType', message }];
}

export function readFile(file: File): Record<string, unknown> {
  const { contentType, size, sha256, filename } = file;
  return { contentType, size, sha256, filename };
}

export function applyFile(file: File, values: FieldValues): void {
  if (typeof values['contentType'] === 'string') file.contentType = values['contentType'];
  if (typeof values['filename'] === 'string') file.filename = plainName(values['filename']);
}

/**
 * Answers a file's bytes.
 * @param options.inline shown even where the type is active: an image in its sandbox
 */
export function answerFile(file: File, options: { readonly inline?: boolean } = {}): Response {
  const { blob: bytes, contentType } = file;
  const response =
    bytes === undefined
      ? Response.bytes(new Uint8Array(), contentType)
      : Response.blob({ ...bytes, contentType } satisfies AnswerBlob);
  response
    .set('ETag', `"${bytes?.sha256 ?? 'empty'}"`)
    .set('Last-Modified', file.modified.toUTCString());
  return sandboxed(response, { contentType, filename: file.filename || file.id, ...options });
}

/**
 * Makes browsers treat what is answered as a stranger's: sandboxed, never guessed at, and downloaded
 * where they would run it.
 */
export function sandboxed(
  response: Response,
  about: {
    readonly contentType: string;
    readonly filename: string;
    readonly inline?: boolean;
  },
): Response {
  response.set('Content-Security-Policy', 'sandbox').set('X-Content-Type-Options', 'nosniff');
  if (isActive(about.contentType) && about.inline !== true) {
    response.set('Content-Disposition', disposition('attachment', about.filename));
  }
  return response;
}

/** Gives a `Content-Disposition` whose name survives any client: ASCII first, then UTF-8. */
export function disposition(kind: 'attachment' | 'inline', filename: string): string {
  const ascii = filename.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(filename.replace(/\p{Cs}/gu, '_')).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
