/**
 * Puts a blob of so many bytes, streams it back, verifies it and copies it, and says in JSON what
 * came of it, with the most memory the process ever had.
 */
import { createHash } from 'node:crypto';
import { FileBlobs } from '../../../odb/blobs/blobs.js';

/** Pieces as the network brings them. */
const PIECE_BYTES = 64 * 1024;

/** So many bytes, no two pieces alike. */
async function* content(sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < sizeBytes; at += PIECE_BYTES) {
    const piece = new Uint8Array(Math.min(PIECE_BYTES, sizeBytes - at)).fill(at / PIECE_BYTES);
    new DataView(piece.buffer).setFloat64(0, at);
    yield piece;
  }
}

const [, , directory, size] = process.argv;
if (directory !== undefined) {
  const sizeBytes = Number(size);
  const startKilobytes = process.resourceUsage().maxRSS;
  const blobs = new FileBlobs(directory);
  const put = await blobs.put(content(sizeBytes));
  const hash = createHash('sha256');
  for await (const piece of blobs.createReadStream(put.sha256)) hash.update(piece as Buffer);
  const copy = await new FileBlobs(`${directory}-copy`).put(blobs.createReadStream(put.sha256));
  const verified = await blobs.verify(put.sha256);
  const readBack = hash.digest('hex');
  const grownKilobytes = process.resourceUsage().maxRSS - startKilobytes;
  process.stdout.write(JSON.stringify({ put, copy, readBack, verified, grownKilobytes }));
}
