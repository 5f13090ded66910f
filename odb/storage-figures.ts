/**
 * How much a storage holds, in figures for those who look after it.
 */

export interface StorageFigures {
  /**
   * Objects that are stored: nodes of maps and lists are objects too, and so is what nothing refers
   * to any more until a pack removes it.
   */
  readonly objects: number;
  /** States that are kept, the current one of each object included, and all those of versions. */
  readonly revisions: number;
  /** Those of `revisions` that versions have: of their entries, ended ones and nodes included. */
  readonly overlayRevisions: number;
  readonly transactions: number;
  /** What all that takes on disk, transactions and metadata included; 0 in memory. */
  readonly recordBytes: number;
  readonly blobs: number;
  readonly blobBytes: number;
}
