/**
 * Checking the records of transactions: that each can be read and follows the one before, that what
 * it lists is there, and that the storage's account of the newest is right.
 */
import { attempt, pathByPlaces, type CheckContext } from './check-context.js';
import { notedLosses } from './check-lost.js';
import type { Oid } from '../oid.js';
import type { TransactionRecord } from '../stored.js';
import { TID_ZERO, type Tid } from '../tid.js';

export async function checkTransactions(context: CheckContext): Promise<void> {
  const { scan, findings, counts, packedTid } = context;
  let last: Tid = TID_ZERO;
  let broken = false;
  for await (const { tid, transaction } of scan.transactions()) {
    await context.pause('transactions');
    counts.transactions += 1;
    if (transaction === undefined) {
      const what = 'The record of the transaction cannot be read';
      findings.add({ code: 'transaction', tid, path: '', what });
    } else {
      const { previousTid } = transaction;
      for (const key of notedLosses(tid, transaction)) context.lost.add(key);
      if (previousTid !== last && !broken) {
        const what = `It says that the transaction before it is ${previousTid}; it is ${last}`;
        findings.add({ code: 'transaction', tid, path: '', what });
      }
      for (const { version, oid } of writtenBy(transaction)) {
        await context.pause('transactions');
        if (tid <= packedTid) continue;
        const { reader } = scan;
        const found = attempt(() =>
          version === undefined ? reader.revision(oid, tid) : reader.overlay(version, oid, tid),
        );
        if (found?.tid === tid) continue;
        const what = `The revision that transaction ${tid} wrote is missing or cannot be reached`;
        const where = version === undefined ? {} : { version };
        findings.add({
          code: 'written',
          oid,
          tid,
          path: pathByPlaces(context, oid),
          what,
          ...where,
        });
      }
    }
    broken = transaction === undefined;
    last = tid;
  }
  const { lastTid } = scan.reader;
  if (lastTid !== last) {
    const what = `The newest transaction is ${last}, the storage says ${lastTid}`;
    findings.add({ code: 'counter', tid: last, path: '', what });
  }
}

/** Walks what a transaction wrote, in main and in overlays. */
function* writtenBy({
  version,
  oids,
  overlays = [],
}: TransactionRecord): Generator<{ readonly version: Oid | undefined; readonly oid: Oid }> {
  for (const oid of oids) yield { version, oid };
  for (const beside of overlays) {
    for (const oid of beside.oids) yield { version: beside.version, oid };
  }
}
