/**
 * Copying transactions from one storage to another.
 *
 * A copy has the tids, the records and the words of the original, so whatever refers to a moment or
 * to a revision keeps its meaning. Copying goes on where it stopped: what the target has is not
 * copied again.
 */
import { possibleBlobs } from '../objects/blob-names.js';
import { checkOptions, TID } from '../options.js';
import type { Reader, Storage } from '../storage.js';
import type { ObjectRevision, StoredTransaction, TransactionMeta } from '../stored.js';
import type { CommitRequest, ObjectWrite, OverlayWrite } from '../writes.js';
import { asTid, TID_ZERO, type Tid } from '../tid.js';

/** Which transactions are copied. */
export interface CopyOptions {
  /** The first transaction to copy, inclusive. Default: the first the target does not have. */
  readonly start?: Tid;
  /** The last one, inclusive. Default: the newest there is when the copying begins. */
  readonly stop?: Tid;
  /** Stops after the transaction that is being copied; those before stay in the target. */
  readonly signal?: AbortSignal;
}

/** What was copied. */
export interface CopyReport {
  readonly transactions: number;
  readonly records: number;
  readonly blobs: number;
  /** The newest transaction of the target afterwards. */
  readonly lastTid: Tid;
}

/**
 * Copies transactions with their tids, the records they wrote, and the blobs those name.
 *
 * The target is either empty or holds an earlier copy, and nobody else writes to it meanwhile. What
 * the source forgot in a pack is not copied; of a transaction of which nothing is left, there remains
 * what it says about itself.
 * Metadata stays behind: it has no transactions. Memory holds one transaction at a time; each is a
 * commit of its own in the target.
 *
 * @throws OdbError `ODB_TID_TAKEN` when the target has transactions from `start` on
 * @throws OdbError `ODB_DAMAGED` when the source is damaged; run `check` on it
 * @throws whatever `commit` of the target throws, and the reason of an aborted `signal`
 */
export async function copyTransactions(
  source: Storage,
  target: Storage,
  options: CopyOptions = {},
): Promise<CopyReport> {
  checkOptions('copyTransactions', options, { start: TID, stop: TID, signal: true });
  const { start = asTid(target.lastTid + 1), stop, signal } = options;
  const report = { transactions: 0, records: 0, blobs: 0, lastTid: target.lastTid };
  const range = stop === undefined ? { start } : { start, stop };
  for await (const transaction of source.transactionsFrom(range)) {
    signal?.throwIfAborted();
    const records = [...transaction.records()];
    const blobs = await copyBlobs(source, target, records);
    const request = copyRequest(target, transaction, records, blobs.names);
    const { tid } = await target.commit(request);
    report.transactions += 1;
    report.records += records.length;
    report.blobs += blobs.copied;
    report.lastTid = tid;
  }
  return report;
}

/** Makes the request that does again what the transaction did. */
function copyRequest(
  target: Storage,
  transaction: StoredTransaction,
  records: readonly ObjectRevision[],
  blobs: readonly string[],
): CommitRequest {
  using reader = target.snapshot();
  const { version } = transaction;
  const ended = endings(reader, transaction);
  const written = [...records, ...ended.entries].filter((one) => one.version === version);
  const copied = new Set(written.map(({ oid }) => oid));
  if (version === undefined) for (const { oid } of ended.objects) copied.add(oid);
  return {
    baseTid: reader.lastTid,
    tid: transaction.tid,
    meta: metaOf(transaction),
    writes: [
      ...records.flatMap((one) => {
        const { oid, record } = one;
        if (one.version !== undefined) return [];
        return [{ oid, record, baseTid: reader.revision(oid)?.tid ?? TID_ZERO }];
      }),
      ...ended.objects,
    ],
    overlay: [...records.flatMap((one) => overlayWrite(reader, one)), ...ended.entries],
    maps: transaction.maps.map(({ map, nodes }) => {
      return { map, nodes: nodes.filter((oid) => copied.has(oid)), entries: [] };
    }),
    reads: [],
    removed: transaction.removed.filter((oid) => copied.has(oid)),
    blobs,
    ...(version === undefined ? {} : { version }),
  };
}

function overlayWrite(
  target: Reader,
  { version, oid, record, live = false, basedOn = TID_ZERO }: ObjectRevision,
): OverlayWrite[] {
  if (version === undefined) return [];
  const baseTid = target.overlay(version, oid)?.tid ?? TID_ZERO;
  return [{ version, oid, baseTid, record, live, basedOn }];
}

interface Endings {
  readonly objects: readonly ObjectWrite[];
  readonly entries: readonly OverlayWrite[];
}

/** Ends what the target has of what a pack of the source forgot. */
function endings(target: Reader, transaction: StoredTransaction): Endings {
  const objects: ObjectWrite[] = [];
  const entries: OverlayWrite[] = [];
  for (const { oid, version } of transaction.forgotten()) {
    if (version === undefined) {
      const held = target.revision(oid);
      if (held?.record === undefined) continue;
      objects.push({ oid, baseTid: held.tid, record: undefined });
    } else {
      const held = target.overlay(version, oid);
      if (held === undefined || held.live) continue;
      const none = { record: undefined, live: true, basedOn: TID_ZERO };
      entries.push({ version, oid, baseTid: held.tid, ...none });
    }
  }
  return { objects, entries };
}

/** Gives what a transaction says about itself, without what it did. */
export function metaOf({ user, note, paths, undoes, extension }: TransactionMeta): TransactionMeta {
  return {
    ...(user === undefined ? {} : { user }),
    ...(note === undefined ? {} : { note }),
    ...(paths === undefined ? {} : { paths }),
    ...(undoes === undefined ? {} : { undoes }),
    ...(extension === undefined ? {} : { extension }),
  };
}

async function copyBlobs(
  source: Storage,
  target: Storage,
  records: readonly ObjectRevision[],
): Promise<{ readonly names: readonly string[]; readonly copied: number }> {
  const names = new Set<string>();
  let copied = 0;
  for (const { record } of records) {
    for (const name of record === undefined ? [] : possibleBlobs(record)) {
      if (names.has(name)) continue;
      if (!target.blobs.has(name)) {
        if (!source.blobs.has(name)) continue;
        await target.blobs.put(source.blobs.createReadStream(name) as AsyncIterable<Uint8Array>);
        copied += 1;
      }
      names.add(name);
    }
  }
  return { names: [...names], copied };
}
