/**
 * Checking a storage: whether everything that is stored is what it should be.
 *
 * Four passes over one moment. The walk from the root follows every reference, so it finds what is
 * missing and how one gets there; the walk along all revisions finds what cannot be read and what
 * does not follow; the walk along what versions hold does the same there, and finds what is based on
 * nothing; the walk along the transactions compares what they say with what is there. The storage
 * may be written to meanwhile. Nothing is changed unless `repair` is asked for.
 */
import type { CheckContext, CheckCounts, CheckPhase } from './check-context.js';
import { pausing, TransactionCache } from './check-context.js';
import { Findings, type Finding, type FoundDamage } from './check-finding.js';
import { checkObjects } from './check-objects.js';
import { checkOverlays } from './check-overlays.js';
import { planRepair } from './check-repair.js';
import { checkRevisions, type LastState } from './check-revisions.js';
import { checkTransactions } from './check-transactions.js';
import type { Oid } from '../oid.js';
import type { OidMarks } from '../pack/oid-marks.js';
import type { Storage } from '../storage.js';
import type { Tid } from '../tid.js';

/** How much a check does. */
export interface CheckOptions {
  /** Read every blob and compare it with its name. Default: look only whether it is there. */
  readonly verifyBlobs?: boolean;
  /**
   * Repair what can be repaired from what is there, as one transaction. Default: change nothing.
   * Missing objects come back in their last state; entries of maps that lead to nothing else are
   * taken out; places become what the maps say. An object whose current revision is lost begins its history
   * anew, so its older revisions stay reported. What is left over needs another way, such as a
   * backup. Run `check` again afterwards.
   */
  readonly repair?: boolean;
  /** Ends the check with its reason; a repair that has begun is committed or not, as a whole. */
  readonly signal?: AbortSignal;
  /** Called now and then with the pass that is running and how far it is. */
  readonly onProgress?: (phase: CheckPhase, done: number) => void;
}

/** What a check found, and what it did about it. */
export interface CheckReport {
  /** The moment that was checked. */
  readonly lastTid: Tid;
  /** How much was looked at. */
  readonly counts: Readonly<CheckCounts>;
  /** The first `FINDINGS_MAX`, in the order they were found; empty when all is well. */
  readonly findings: readonly Finding[];
  /** How many there are. */
  readonly findingsCount: number;
  /** The transaction that repaired, and of how many findings it took care. */
  readonly repair?: { readonly tid: Tid; readonly findings: number };
}

/**
 * Checks everything that is stored and reports what is wrong.
 *
 * Walks every object reachable from the root and every kept revision: that records can be decoded,
 * references lead somewhere, maps are proper trees, places agree with the maps of containers,
 * revisions follow one another, versions hold what can be brought to main, transactions list what they wrote, blobs are there, and the newest
 * tid and the next oid are right. Places are known by the storage's merge rules; fields for blobs by
 * the classes this thread has loaded, elsewhere by their form. What a pack forgot is not missed.
 *
 * Reads everything once, and each revision's key once more. Memory: one bit for each object, the
 * way to the present one, at most `FINDINGS_MAX` findings, and with `verifyBlobs` the names of all
 * blobs. Gives way to other work in this thread every few hundred objects.
 *
 * @throws ConflictError `ODB_CONFLICT` when what was to be repaired changed meanwhile; and whatever
 *   else `commit` throws
 * @throws OdbError `ODB_CLOSED`, and the reason of an aborted `signal`
 * @throws OdbError `ODB_DAMAGED` when the files cannot be read at all
 */
export async function check(storage: Storage, options: CheckOptions = {}): Promise<CheckReport> {
  using scan = storage.scan();
  const findings = new Findings();
  const counts: CheckCounts = {
    transactions: 0,
    revisions: 0,
    reached: 0,
    unreached: 0,
    maps: 0,
    entries: 0,
    overlays: 0,
    blobs: 0,
  };
  const context: CheckContext = {
    scan,
    findings,
    counts,
    rules: storage.rules,
    blobs: storage.blobs,
    // Read after the scan was opened: a pack that begins later forgets nothing of what it sees.
    packedTid: storage.packedTid,
    verifyBlobs: options.verifyBlobs ?? false,
    verified: new Set(),
    transactions: new TransactionCache(scan),
    pause: pausing(options.signal, options.onProgress),
  };
  const reached: OidMarks = await checkObjects(context);
  const missing = new Set(
    findings.list.flatMap(({ repair }) => (repair?.kind === 'bring-back' ? [repair.oid] : [])),
  );
  const states = await checkRevisions(context, reached, missing);
  await checkOverlays(context);
  await checkTransactions(context);
  for (const finding of findings.list) finding.repairable = canRepair(finding, states);
  options.signal?.throwIfAborted();
  const plan =
    options.repair === true
      ? planRepair(findings.list, {
          reader: scan.reader,
          rules: storage.rules,
          transactions: context.transactions,
          states,
          allocate: () => storage.allocate(1),
        })
      : undefined;
  const report = {
    lastTid: scan.reader.lastTid,
    counts,
    findings: findings.list.map(publicFinding),
    findingsCount: findings.count,
  };
  if (plan === undefined) return report;
  const { tid } = await storage.commit(plan.request);
  return { ...report, repair: { tid, findings: plan.repaired } };
}

function publicFinding(found: FoundDamage): Finding {
  const { code, oid, version, tid, path, what, repairable } = found;
  return {
    code,
    path,
    what,
    repairable,
    ...(oid === undefined ? {} : { oid }),
    ...(version === undefined ? {} : { version }),
    ...(tid === undefined ? {} : { tid }),
  };
}

function canRepair({ repair }: FoundDamage, states: ReadonlyMap<Oid, LastState>): boolean {
  if (repair?.kind !== 'bring-back') return repair !== undefined;
  return repair.entry !== undefined || states.has(repair.oid);
}
