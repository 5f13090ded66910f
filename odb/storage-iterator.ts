/**
 * The transactions of a storage, one after another, each with what it wrote.
 *
 * A walk rests on one scan and so sees one moment. It closes the scan when it ends, is left, or
 * fails; until then the scan keeps what it sees from being reclaimed.
 */
import { OdbError } from './errors.js';
import type { Reader, StorageScan } from './storage.js';
import type {
  ObjectRevision,
  ForgottenObject,
  OverlayOids,
  StoredTransaction,
  TransactionRange,
  TransactionRecord,
} from './stored.js';
import type { Tid } from './tid.js';

/**
 * Walks the transactions of a scan, oldest first, and takes the scan over.
 *
 * The answer is an iterator rather than something that makes iterators: a walk over a moment that
 * has passed could not be begun again.
 */
export function walkTransactions(
  scan: StorageScan,
  range: TransactionRange,
): AsyncIterableIterator<StoredTransaction> {
  return new TransactionWalk(scan, range);
}

class TransactionWalk implements AsyncIterableIterator<StoredTransaction> {
  readonly #scan: StorageScan;
  readonly #walk: AsyncIterator<StoredTransaction>;

  constructor(scan: StorageScan, range: TransactionRange) {
    this.#scan = scan;
    this.#walk = walk(scan, range);
  }

  async next(): Promise<IteratorResult<StoredTransaction>> {
    try {
      const step = await this.#walk.next();
      if (step.done === true) this.#scan.close();
      return step;
    } catch (error) {
      this.#scan.close();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<StoredTransaction>> {
    // A generator that was never started would not close what it was given.
    await this.#walk.return?.();
    this.#scan.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

async function* walk(
  scan: StorageScan,
  range: TransactionRange,
): AsyncGenerator<StoredTransaction> {
  const { reader } = scan;
  const { lastTid } = reader;
  const stop = range.stop !== undefined && range.stop < lastTid ? range.stop : lastTid;
  for await (const { tid, transaction } of scan.transactions({ ...range, stop })) {
    if (transaction === undefined) {
      throw new OdbError('ODB_DAMAGED', `The record of transaction ${tid} cannot be read`);
    }
    yield {
      ...transaction,
      records: () => recordsOf(reader, transaction),
      forgotten: () => forgottenOf(reader, transaction),
    };
  }
}

/** Walks the revisions a transaction wrote, as far as they are kept: main's, then those of overlays. */
export function* recordsOf(
  reader: Reader,
  { tid, oids, version, overlays = [] }: TransactionRecord,
): Generator<ObjectRevision> {
  if (version !== undefined) yield* overlayRecords(reader, tid, { version, oids });
  else {
    for (const oid of oids) {
      const revision = reader.revision(oid, tid);
      if (revision?.tid !== tid) continue;
      const { previousTid, number, record } = revision;
      yield { oid, tid, previousTid, number, record };
    }
  }
  for (const beside of overlays) yield* overlayRecords(reader, tid, beside);
}

/** Walks what a transaction wrote, in main and in overlays, and a pack forgot altogether. */
export function* forgottenOf(
  reader: Reader,
  { tid, oids, version, overlays = [] }: TransactionRecord,
): Generator<ForgottenObject> {
  for (const oid of version === undefined ? oids : []) {
    if (reader.revision(oid, tid) === undefined) yield { oid };
  }
  const written = version === undefined ? overlays : [{ version, oids }, ...overlays];
  for (const overlay of written) {
    for (const oid of overlay.oids) {
      const isForgotten = reader.overlay(overlay.version, oid, tid) === undefined;
      if (isForgotten) yield { oid, version: overlay.version };
    }
  }
}

function* overlayRecords(
  reader: Reader,
  tid: Tid,
  { version, oids }: OverlayOids,
): Generator<ObjectRevision> {
  for (const oid of oids) {
    const revision = reader.overlay(version, oid, tid);
    if (revision?.tid !== tid) continue;
    const { previousTid, number, record, live, basedOn } = revision;
    yield { oid, tid, previousTid, number, record, version, live, basedOn };
  }
}
