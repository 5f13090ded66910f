/**
 * The width and height of an image, read from the beginning of its bytes.
 *
 * PNG, JPEG, GIF, WebP and SVG. Nothing is decoded, so a broken or hostile image costs no more than
 * a good one. What cannot be read has no size; that is no error.
 */

/** How much of a file is looked at. A JPEG may hold that much before its frame header. */
export const IMAGE_HEAD_BYTES = 512 * 1024;

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** @param head the first `IMAGE_HEAD_BYTES` of the image, or all of it */
export function imageSize(head: Uint8Array): ImageSize | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  try {
    return pngSize(bytes) ?? gifSize(bytes) ?? webpSize(bytes) ?? jpegSize(bytes) ?? svgSize(bytes);
  } catch (error) {
    // A header that promises more bytes than there are.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function pngSize(bytes: Buffer): ImageSize | undefined {
  if (bytes.length < 24 || bytes.readUInt32BE(0) !== 0x89504e47) return undefined;
  return sizeOf(bytes.readUInt32BE(16), bytes.readUInt32BE(20));
}

function gifSize(bytes: Buffer): ImageSize | undefined {
  if (!/^GIF8[79]a/.test(bytes.toString('latin1', 0, 6))) return undefined;
  return sizeOf(bytes.readUInt16LE(6), bytes.readUInt16LE(8));
}

function webpSize(bytes: Buffer): ImageSize | undefined {
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WEBP') {
    return undefined;
  }
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8X':
      return sizeOf(bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1);
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return sizeOf((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    case 'VP8 ':
      return sizeOf(bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff);
    default:
      return undefined;
  }
}

/** Walks the segments up to the frame header, and turns the size as EXIF turns the picture. */
function jpegSize(bytes: Buffer): ImageSize | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  let at = 2;
  let turned = false;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = bytes.readUInt16BE(at + 2);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const height = bytes.readUInt16BE(at + 5);
      const width = bytes.readUInt16BE(at + 7);
      return turned ? sizeOf(height, width) : sizeOf(width, height);
    }
    if (marker === 0xe1) turned = isTurned(bytes.subarray(at + 4, at + 2 + length));
    if (marker === 0xda || length < 2) return undefined;
    at += 2 + length;
  }
  return undefined;
}

/** EXIF orientations 5 to 8 lay the picture on its side. */
function isTurned(segment: Buffer): boolean {
  if (segment.toString('latin1', 0, 6) !== 'Exif\0\0' || segment.length < 16) return false;
  const tiff = segment.subarray(6);
  const little = tiff.toString('latin1', 0, 2) === 'II';
  const short = (at: number): number => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const long = (at: number): number => (little ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const directory = long(4);
  if (directory + 2 > tiff.length) return false;
  const entries = short(directory);
  for (let index = 0; index < entries; index += 1) {
    const entry = directory + 2 + index * 12;
    if (entry + 12 > tiff.length) return false;
    if (short(entry) === 0x0112) return short(entry + 8) >= 5;
  }
  return false;
}

function svgSize(bytes: Buffer): ImageSize | undefined {
  const tag = /<svg\b[^>]*>/i.exec(bytes.toString('utf8', 0, 64 * 1024))?.[0];
  if (tag === undefined) return undefined;
  const width = pixels(attribute(tag, 'width'));
  const height = pixels(attribute(tag, 'height'));
  if (width !== undefined && height !== undefined) return sizeOf(width, height);
  const box = (attribute(tag, 'viewBox') ?? '')
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  const [, , boxWidth, boxHeight] = box;
  if (boxWidth === undefined || boxHeight === undefined) return undefined;
  if (width !== undefined) return sizeOf(width, (width * boxHeight) / boxWidth);
  if (height !== undefined) return sizeOf((height * boxWidth) / boxHeight, height);
  return sizeOf(boxWidth, boxHeight);
}

function attribute(tag: string, name: string): string | undefined {
  const match = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'i').exec(tag);
  return match?.[1] ?? match?.[2];
}

function pixels(length: string | undefined): number | undefined {
  const [, digits] = /^\s*(\d*\.?\d+)(?:px)?\s*$/.exec(length ?? '') ?? [];
  return digits === undefined ? undefined : Number(digits);
}

function sizeOf(width: number, height: number): ImageSize | undefined {
  const rounded = { width: Math.round(width), height: Math.round(height) };
  return rounded.width > 0 && rounded.height > 0 && Number.isFinite(width * height)
    ? rounded
    : undefined;
}
