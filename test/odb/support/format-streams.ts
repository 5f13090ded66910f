/**
 * Readers of backups and exports, written from the help page on the format and nothing else.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { Bytes, cbor } from './format-bytes.js';

/** A frame of a backup file. */
export interface ReadFrame {
  readonly kind: string;
  readonly content: Uint8Array;
}

/** Reads a backup file. */
export async function readBackup(file: string): Promise<ReadFrame[]> {
  const bytes = await readFile(file);
  if (bytes.toString('latin1', 0, 8) !== 'CANOPYB1') throw new Error('It is no backup');
  const frames: ReadFrame[] = [];
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at + 1);
    const content = bytes.subarray(at + 5, at + 5 + length);
    frames.push({ kind: bytes.toString('latin1', at, at + 1), content });
    at += 5 + length;
  }
  return frames;
}

/** Reads a frame of kind `R`. */
export function backedUpRevision({ content }: ReadFrame): {
  readonly oid: number;
  readonly className?: string;
  readonly state?: Record<string, unknown>;
} {
  const bytes = new Bytes(content);
  const oid = bytes.fixed();
  if (bytes.byte() === 0) return { oid };
  const [className, state] = cbor(bytes.rest()) as [string, Record<string, unknown>];
  return { oid, className, state };
}

/** Reads what the CBOR in a frame says. */
export function contentOf(frame: ReadFrame): unknown {
  return cbor(frame.content);
}

/** What an export holds. */
export interface ReadExport {
  readonly header: Record<string, unknown>;
  /** Number to class name and path of what does not go along. */
  readonly outside: ReadonlyMap<number, readonly [className: string, path: unknown]>;
  readonly objects: ReadonlyMap<number, ReadExported>;
  readonly blobs: ReadonlyMap<string, Buffer>;
}

export interface ReadExported {
  readonly className: string;
  readonly state: Record<string, unknown>;
  readonly entries: readonly unknown[];
}

/** Reads an export, and checks its checksums. */
export function readExport(bytes: Buffer): ReadExport {
  if (bytes.toString('latin1', 0, 8) !== 'CANOPYX1') throw new Error('It is no export');
  let header: Record<string, unknown> = {};
  const outside = new Map<number, readonly [string, unknown]>();
  const objects = new Map<number, ReadExported & { readonly entries: unknown[] }>();
  const blobs = new Map<string, Buffer>();
  let [last, blob] = [0, ''];
  for (let at = 8; at < bytes.length;) {
    const kind = bytes.toString('latin1', at, at + 1);
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    if (crc32(bytes.subarray(at, end)) !== bytes.readUInt32BE(end))
      throw new Error('A frame is bad');
    const content = bytes.subarray(at + 5, end);
    if (kind === 'H') header = cbor(content) as Record<string, unknown>;
    else if (kind === 'O') {
      const [number, className, where] = cbor(content) as [number, string, unknown];
      outside.set(number, [className, where]);
    } else if (kind === 'R') {
      const [number, className, state] = cbor(content) as [number, string, Record<string, unknown>];
      objects.set(number, { className, state, entries: [] });
      last = number;
    } else if (kind === 'E') objects.get(last)?.entries.push(...(cbor(content) as unknown[]));
    else if (kind === 'B') {
      blob = content.toString('hex', 0, 32);
      blobs.set(blob, Buffer.alloc(0));
    } else if (kind === 'D') blobs.set(blob, Buffer.concat([blobs.get(blob) ?? content, content]));
    else if (kind === 'Z') {
      const sum = createHash('sha256').update(bytes.subarray(0, at)).digest();
      if (!sum.equals(content)) throw new Error('The export is bad');
    }
    at = end + 4;
  }
  return { header, outside, objects, blobs };
}
