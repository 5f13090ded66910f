/**
 * What security keeps beside the objects: small values in the storage's metadata.
 *
 * They are no part of any transaction: without history, not undone, the same in every version and
 * at every time. The storage's own interface has these methods.
 */
export interface Metadata {
  /** Gives the newest value, whichever thread wrote it; `undefined` when there is none. */
  getMeta(key: string): unknown;

  /** Stores the values; `undefined` removes one. Resolves when they are on disk. */
  setMeta(entries: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Metadata that can be listed, as sweeping needs it. */
export interface ListedMetadata extends Metadata {
  listMeta(prefix: string): Promise<readonly (readonly [key: string, value: unknown])[]>;
}

/** Removes the values under `prefix` that have had their time. Answers how many. */
export async function sweep(
  metadata: ListedMetadata,
  prefix: string,
  isOver: (value: unknown) => boolean,
): Promise<number> {
  const over = (await metadata.listMeta(prefix)).filter(([, value]) => isOver(value));
  if (over.length > 0) {
    await metadata.setMeta(Object.fromEntries(over.map(([key]) => [key, undefined])));
  }
  return over.length;
}
