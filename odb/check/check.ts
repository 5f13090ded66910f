/**
 * Checking a storage: whether everything that is stored is what it should be.
 *
 * First the files are looked at: where one is damaged, only what can be reached is walked through, to
 * tell what cannot be read. Then four passes over one moment. The walk from the root follows every reference, so it finds what is
 * missing and how one gets there; the walk along all revisions finds what cannot be read and what
 * does not follow; the walk along what versions hold does the same there, and finds what is based on
 * nothing; the walk along the transactions compares what they say with what is there. The storage
 * may be written to meanwhile. Nothing is changed unless `repair` is asked for.
 */
import type { CheckContext, CheckCounts, CheckPhase } from './check-context.js';
import { pausing, TransactionCache } from './check-context.js';
import { Findings, type Finding, type FoundDamage } from './check-finding.js';
import { isPast, keyOf } from './check-lost.js';
import { checkObjects } from './check-objects.js';
import { checkOverlays } from './check-overlays.js';
import { planRepair } from './check-repair.js';
import { checkRevisions, type LastState } from './check-revisions.js';
import { checkTransactions } from './check-transactions.js';
import type { Oid } from '../oid.js';
import { BOOLEAN, checkOptions } from '../options.js';
import type { OidMarks } from '../pack/oid-marks.js';
import type { Storage } from '../storage.js';
import type { Tid } from '../tid.js';

/** How much a check does. */
export interface CheckOptions {
  /** Read every blob and compare it with its name. Default: look only whether it is there. */
  readonly verifyBlobs?: boolean;
  /**
   * Repair what can be repaired from what is there, as one transaction. Default: change nothing.
   * Missing and unreadable objects come back in the last state that can be read; entries of maps
   * that lead to nothing else are taken out; a map of which a leaf is lost goes on without it; places become what the maps say. An object whose current
   * revision is lost begins its history anew. What nothing can bring back and is of the past alone is
   * noted in the transaction, as `lost` in its extension, and later checks only count it. What is left
   * over needs another way, such as a backup. Run `check` again afterwards. Nothing is done about
   * damaged files, nor while there are any: that is for `repairFiles`, on a closed database.
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
  /**
   * The transaction that repaired, of how many findings it took care, and how many it noted as lost
   * with the past.
   */
  readonly repair?: { readonly tid: Tid; readonly findings: number; readonly lost: number };
}

/**
 * Checks everything that is stored and reports what is wrong.
 *
 * Reads the files, every object reachable from the root, and every kept revision: that files are what
 * was written, records can be decoded,
 * references lead somewhere, maps are proper trees, places agree with the maps of containers,
 * revisions follow one another, versions hold what can be brought to main, transactions list what they wrote, blobs are there, and the newest
 * tid and the next oid are right. Places are known by the storage's merge rules; fields for blobs by
 * the classes this thread has loaded, elsewhere by their form. What a pack forgot is not missed.
 *
 * Reads everything twice, and each revision's key once more. Memory: one bit for each object, the
 * way to the present one, at most `FINDINGS_MAX` findings, and with `verifyBlobs` the names of all
 * blobs. Gives way to other work in this thread every few hundred objects.
 *
 * @throws ConflictError `ODB_CONFLICT` when what was to be repaired changed meanwhile; and whatever
 *   else `commit` throws
 * @throws OdbError `ODB_CLOSED`, and the reason of an aborted `signal`
 * @throws OdbError `ODB_DAMAGED` when the files cannot be read at all, by the disk for example
 */
export async function check(storage: Storage, options: CheckOptions = {}): Promise<CheckReport> {
  checkOptions('check', options, {
    verifyBlobs: BOOLEAN,
    repair: BOOLEAN,
    signal: true,
    onProgress: true,
  });
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
    lost: 0,
  };
  const context: CheckContext = {
    scan,
    unreadable: new Set(),
    lost: new Set(),
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
  const isDamaged = await checkFiles(context);
  const reached: OidMarks = await checkObjects(context);
  const missing = new Set(
    findings.list.flatMap(({ repair }) => (repair?.kind === 'bring-back' ? [repair.oid] : [])),
  );
  // What walks along damaged files would end in their midst.
  const states = isDamaged
    ? new Map<Oid, LastState>()
    : await checkRevisions(context, reached, missing);
  if (!isDamaged) {
    await checkOverlays(context);
    await checkTransactions(context);
    for (const finding of findings.list) {
      finding.repairable = canRepair(finding, states);
      if (isEmptied(finding, states)) {
        finding.what += ', which are lost; a repair leaves the map without them';
      }
    }
    counts.lost = findings.remove((finding) => isPast(finding) && context.lost.has(keyOf(finding)));
  }
  options.signal?.throwIfAborted();
  const plan =
    options.repair === true && !isDamaged
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
  return { ...report, repair: { tid, findings: plan.repaired, lost: plan.lost } };
}

/** Names damaged files, and tells whether there are any. */
async function checkFiles({ scan, findings, pause }: CheckContext): Promise<boolean> {
  await pause('files');
  for await (const { file, what } of scan.damagedFiles()) {
    await pause('files');
    findings.add({
      code: 'file',
      path: '',
      what: `The file ${file} ${what}. Close the database, copy its directory, and repair its files (repairFiles, canopy check --repair)`,
    });
  }
  return findings.count > 0;
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
  return repair.entry !== undefined || repair.isLeaf === true || states.has(repair.oid);
}

/** A leaf of a map is lost with all that was in it. */
function isEmptied({ repair }: FoundDamage, states: ReadonlyMap<Oid, LastState>): boolean {
  return repair?.kind === 'bring-back' && repair.isLeaf === true && !states.has(repair.oid);
}
