/**
 * Checking that a blob which a record names is there, and, when asked, is what its name says.
 */
import type { CheckContext } from './check-context.js';
import type { Oid } from '../oid.js';
import type { Tid } from '../tid.js';

export interface BlobUser {
  readonly oid: Oid;
  readonly tid: Tid;
  /** Asked for only when something is wrong. */
  readonly path: () => string;
}

export async function checkBlob(
  { blobs, counts, findings, verifyBlobs, verified }: CheckContext,
  sha256: string,
  { oid, tid, path }: BlobUser,
): Promise<void> {
  counts.blobs += 1;
  if (!blobs.has(sha256)) {
    const what = `The blob ${sha256} is not there`;
    findings.add({ code: 'blob-missing', oid, tid, path: path(), what });
  } else if (verifyBlobs && !verified.has(sha256)) {
    verified.add(sha256);
    if (await blobs.verify(sha256)) return;
    const what = `The content of the blob ${sha256} is not what its name says`;
    findings.add({ code: 'blob-damaged', oid, tid, path: path(), what });
  }
}
