/** Images: files whose width and height are known. */
import { closeSync, openSync, readSync } from 'node:fs';
import type { ContentType } from './content-type.js';
import { mediaType } from './data.js';
import {
  answerFile,
  applyFile,
  File,
  FILE_FIELDS,
  type NewBytes,
  readFile,
  validateFile,
} from './file.js';
import { IMAGE_HEAD_BYTES, imageSize } from './image-size.js';
import type { SiteServices } from './work.js';

export class Image extends File {
  static {
    this.define('canopy.Image', { width: undefined, height: undefined });
  }

  /** In pixels, as shown; `undefined` for what has none, or none that can be read. */
  declare width: number | undefined;
  declare height: number | undefined;

  override get type(): string {
    return 'Image';
  }

  override setBytes(bytes: NewBytes, site: SiteServices): void {
    super.setBytes(bytes, site);
    const size = imageSize(bytes.head ?? readHead(site.blobs.path(bytes.sha256)));
    this.width = size?.width;
    this.height = size?.height;
  }

  protected override field(name: string): unknown {
    return name === 'width' || name === 'height' ? this[name] : super.field(name);
  }
}

function readHead(path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(IMAGE_HEAD_BYTES);
    return head.subarray(0, readSync(file, head, 0, IMAGE_HEAD_BYTES, 0));
  } finally {
    closeSync(file);
  }
}

export const imageType: ContentType<Image> = {
  name: 'Image',
  title: 'Image',
  icon: 'image',
  description: 'A picture: PNG, JPEG, GIF, WebP or SVG.',
  class: Image,
  addPermission: 'Add Images',
  changePermission: 'Change Images',
  executable: false,
  data: 'blob',
  fields: [
    ...FILE_FIELDS,
    { name: 'width', label: 'Width', kind: 'number', readonly: true },
    { name: 'height', label: 'Height', kind: 'number', readonly: true },
  ],
  validate: validateFile,
  read: (image) => ({
    ...readFile(image),
    ...(image.width === undefined ? {} : { width: image.width }),
    ...(image.height === undefined ? {} : { height: image.height }),
  }),
  apply: applyFile,
  page: (image) => answerFile(image, { inline: mediaType(image.contentType).startsWith('image/') }),
};
