/** All that a storage holds, as plain data that can be compared. */
import type { Storage } from '../../../odb/storage.js';
import type { TransactionRange } from '../../../odb/stored.js';

/** Gives every transaction with every record it wrote. */
export async function contentOf(storage: Storage, range?: TransactionRange): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const transaction of storage.transactionsFrom(range)) {
    const [records, forgotten] = [[...transaction.records()], [...transaction.forgotten()]];
    all.push({ ...transaction, records, forgotten });
  }
  return all;
}
