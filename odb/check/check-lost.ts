/**
 * What of the past a repair found to be lost for good.
 *
 * The transaction that repairs notes it, so that whoever asks later learns it from the log, and a
 * check does not report for ever what nothing can bring back. Only what the present does not rest on
 * is noted so.
 */
import type { Finding, FindingCode } from './check-finding.js';
import { isOid, type Oid } from '../oid.js';
import type { TransactionMeta } from '../stored.js';
import { isTid, type Tid } from '../tid.js';
import { isPlainObject } from '../value.js';

/** Where a transaction's extension has the list. */
const LOST = 'lost';
/** Kinds of damage that are of the past alone where they cannot be repaired. */
const OF_THE_PAST: ReadonlySet<FindingCode> = new Set([
  'record',
  'revision',
  'no-current',
  'chain',
  'written',
  'transaction',
]);

/** One loss, as the transaction notes it. */
export interface NotedLoss {
  readonly code: FindingCode;
  readonly oid?: Oid;
  readonly version?: Oid;
  readonly tid?: Tid;
}

/**
 * Lists the losses among findings.
 *
 * @param isStillThere tells whether a finding is about the present
 */
export function lossesIn(
  findings: readonly Finding[],
  isStillThere: (finding: Finding) => boolean,
): NotedLoss[] {
  return findings
    .filter((finding) => isPast(finding) && !isStillThere(finding))
    .map(({ code, oid, version, tid }) => ({
      code,
      ...(oid === undefined ? {} : { oid }),
      ...(version === undefined ? {} : { version }),
      ...(tid === undefined ? {} : { tid }),
    }));
}

/** Tells whether a finding is of a kind that can be noted as lost. */
export function isPast({ code, repairable }: Finding): boolean {
  return !repairable && OF_THE_PAST.has(code);
}

/** Gives what a transaction notes as lost, and what follows from that, each as `keyOf` says. */
export function* notedLosses(tid: Tid, { extension }: TransactionMeta): Generator<string> {
  const noted = extension?.[LOST];
  if (!Array.isArray(noted)) return;
  for (const loss of noted) {
    if (!isLoss(loss)) continue;
    yield keyOf(loss);
    // An object that came back begins its history anew, beside what is left of the old one.
    if (loss.code === 'no-current') yield keyOf({ ...loss, code: 'chain', tid });
  }
}

export function keyOf({ code, oid, version, tid }: NotedLoss): string {
  return `${code} ${version ?? ''} ${oid ?? ''} ${tid ?? ''}`;
}

function isLoss(value: unknown): value is NotedLoss {
  if (!isPlainObject(value) || typeof value.code !== 'string') return false;
  const { oid, version, tid } = value;
  return (
    [oid, version].every((one) => one === undefined || isOid(one)) &&
    (tid === undefined || isTid(tid))
  );
}
