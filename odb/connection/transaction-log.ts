/**
 * Walking the log of transactions, newest first.
 */
import type { Oid } from '../oid.js';
import { checkOptions, NUMBER_FROM_0, TEXT, TID, type OptionRules } from '../options.js';
import type { Reader } from '../storage.js';
import type { TransactionRecord } from '../stored.js';
import { TID_ZERO, type Tid } from '../tid.js';

/** Most transaction records read for one answer, where the query says nothing else. */
export const LOG_SCAN_MAX = 100_000;

/** Which transactions are listed. */
export interface LogQuery {
  /** Only transactions older than this. */
  readonly before?: Tid;
  /** At most so many. */
  readonly limit: number;
  /** Reads so many records at most. Default: `LOG_SCAN_MAX`, which is also the most. */
  readonly scan?: number;
  /** Only those about this path, or something below it. */
  readonly path?: string;
  /** Only those of this user. */
  readonly user?: string;
  /** Only those not older than this. */
  readonly from?: Tid;
  /** Only those not newer than this. */
  readonly to?: Tid;
  /** Only those made in this version; `'all'`: in main and in any version. Default: only main's. */
  readonly version?: Oid | 'all';
}

const QUERY: OptionRules = {
  before: TID,
  limit: NUMBER_FROM_0,
  scan: NUMBER_FROM_0,
  path: TEXT,
  user: TEXT,
  from: TID,
  to: TID,
  version: true,
};

/** A part of the log. */
export interface LogPage {
  readonly items: readonly TransactionRecord[];
  /** Where to go on, as `before`; absent when nothing older is left to look at. */
  readonly next?: Tid;
}

/**
 * Lists transactions, newest first.
 *
 * Reads one record for each transaction it passes, `scan` at most; an answer may so have fewer items
 * than asked for and still name a `next`.
 *
 * @param newest where to begin: the newest transaction that may be seen
 * @throws TypeError for a query without `limit`, or with what it does not know
 */
export function listTransactions(reader: Reader, newest: Tid, query: LogQuery): LogPage {
  checkOptions('transactions', query, QUERY);
  if (query.limit === undefined) throw new TypeError("transactions: 'limit' is missing");
  const items: TransactionRecord[] = [];
  let tid = reader.lastTid;
  let passed = tid;
  if (query.before !== undefined) tid = reader.transaction(query.before)?.previousTid ?? tid;
  const scan = Math.min(query.scan ?? LOG_SCAN_MAX, LOG_SCAN_MAX);
  for (let scanned = 0; tid !== TID_ZERO && scanned < scan; scanned += 1) {
    const record = reader.transaction(tid);
    if (record === undefined || (query.from !== undefined && tid < query.from)) return { items };
    if (tid <= newest && matches(record, query)) {
      if (items.length >= query.limit) break;
      items.push(record);
    }
    passed = tid;
    tid = record.previousTid;
  }
  if (tid === TID_ZERO) return { items };
  return { items, next: passed };
}

function matches(record: TransactionRecord, query: LogQuery): boolean {
  const { before, path, user, to, version } = query;
  if (version !== 'all' && record.version !== version) return false;
  if (before !== undefined && record.tid >= before) return false;
  if (to !== undefined && record.tid > to) return false;
  if (user !== undefined && record.user !== user) return false;
  if (path === undefined || path === '/') return true;
  return record.paths?.some((one) => one === path || one.startsWith(`${path}/`)) ?? false;
}
