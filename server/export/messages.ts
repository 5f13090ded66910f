/**
 * What the main thread and the thread of an export say to each other. All of it can be cloned.
 */
import type { StorageHandle } from '../../odb/index.js';

/** Which object is to be exported, as of which moment. Who may have it was judged before. */
export interface ExportOrder {
  readonly oid: number;
  readonly tid: number;
}

/** What the thread is started with. */
export interface ExportThreadData {
  readonly order: ExportOrder;
  readonly handle: StorageHandle;
  readonly plugins: readonly string[];
}

/** Asks for the next bytes: so there are never more than these between the two. */
export type ToExport = 'next';

export type FromExport =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' };
