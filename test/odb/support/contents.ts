/** All that a storage holds, as plain data that can be compared. */
import type { Storage, TransactionRange } from '../../../odb/storage.js';

/** Gives every transaction with every record it wrote. */
export async function contentOf(storage: Storage, range?: TransactionRange): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const { records, ...transaction } of storage.transactionsFrom(range)) {
    all.push({ ...transaction, records: [...records()] });
  }
  return all;
}
