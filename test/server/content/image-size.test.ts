/** Width and height of images, from the smallest of each kind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageSize } from '../../../server/content/image-size.js';

function bytes(...parts: readonly (string | readonly number[])[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) =>
      typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part),
    ),
  );
}

const u32 = (value: number): number[] => [
  value >>> 24,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
];
const exif = (orientation: number): readonly number[] => {
  const head = [0xff, 0xe1, 0, 34, ...Buffer.from('Exif\0\0MM\0*', 'latin1')];
  const entry = [0, 1, 0x01, 0x12, 0, 3, ...u32(1), 0, orientation, 0, 0];
  return [...head, ...u32(8), ...entry, ...u32(0)];
};
const frame = [0xff, 0xc0, 0, 11, 8, 0, 20, 0, 10, 1, 0, 0, 0];

const images: readonly (readonly [
  name: string,
  image: Uint8Array,
  size: readonly [number, number] | undefined,
])[] = [
  ['PNG', bytes([0x89], 'PNG\r\n\x1a\n', u32(13), 'IHDR', u32(640), u32(480)), [640, 480]],
  ['GIF', bytes('GIF89a', [10, 0, 20, 0]), [10, 20]],
  ['JPEG', bytes([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2], frame), [10, 20]],
  ['JPEG on its side', bytes([0xff, 0xd8], exif(6), frame), [20, 10]],
  ['JPEG upright', bytes([0xff, 0xd8], exif(1), frame), [10, 20]],
  ['WebP VP8X', bytes('RIFF', u32(0), 'WEBPVP8X', u32(0), u32(0), [9, 0, 0, 19, 0, 0]), [10, 20]],
  ['WebP VP8L', bytes('RIFF', u32(0), 'WEBPVP8L', u32(0), [0x2f, 9, 0xc0, 4, 0]), [10, 20]],
  [
    'WebP VP8',
    bytes('RIFF', u32(0), 'WEBPVP8 ', u32(0), [0, 0, 0, 0x9d, 1, 0x2a, 10, 0, 20, 0]),
    [10, 20],
  ],
  ['SVG', bytes('<?xml version="1.0"?><svg width="10px" height="20">'), [10, 20]],
  ['SVG with a box', bytes('<svg viewBox="0 0 30,40">'), [30, 40]],
  ['SVG with a width and a box', bytes('<svg width="15" viewBox="0 0 30 40">'), [15, 20]],
  ['SVG in percent', bytes('<svg width="100%" height="100%">'), undefined],
  ['text', bytes('hello'), undefined],
  ['nothing', bytes(), undefined],
  ['half a PNG', bytes([0x89], 'PNG\r\n\x1a\n'), undefined],
  ['half a WebP', bytes('RIFF', u32(0), 'WEBPVP8X'), undefined],
  ['half a JPEG', bytes([0xff, 0xd8, 0xff, 0xe0, 0x7f, 0xff]), undefined],
  ['a JPEG without a frame', bytes([0xff, 0xd8, 0xff, 0xda, 0, 4, 1, 2]), undefined],
];

for (const [name, image, size] of images) {
  test(`imageSize: ${name}`, () => {
    const found = imageSize(image);
    assert.deepEqual(found === undefined ? undefined : [found.width, found.height], size);
  });
}
