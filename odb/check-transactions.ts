/**
 * Checking the records of transactions: that each can be read and follows the one before, that what
 * it lists is there, and that the storage's account of the newest is right.
 */
import { attempt, pathByPlaces, type CheckContext } from './check-context.js';
import { TID_ZERO, type Tid } from './tid.js';

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
      if (previousTid !== last && !broken) {
        const what = `It says that the transaction before it is ${previousTid}; it is ${last}`;
        findings.add({ code: 'transaction', tid, path: '', what });
      }
      for (const oid of transaction.oids) {
        await context.pause('transactions');
        if (tid <= packedTid) continue;
        if (attempt(() => scan.reader.revision(oid, tid))?.tid === tid) continue;
        const what = `The revision that transaction ${tid} wrote is missing or cannot be reached`;
        findings.add({ code: 'written', oid, tid, path: pathByPlaces(context, oid), what });
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
