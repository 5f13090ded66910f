/**
 * What the passes of a check share: the scan, what they found, and pauses.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Findings } from './check-finding.js';
import { pathByPlaces as pathInStorage } from '../commit/stored-path.js';
import type { Oid } from '../oid.js';
import { decodeRecord, type DecodedRecord } from '../records/record.js';
import type { MergeRules } from '../rules.js';
import type { Blobs, StorageScan } from '../storage.js';
import type { TransactionRecord } from '../stored.js';
import type { Tid } from '../tid.js';

/** Things looked at between two pauses, at which progress is told and an abort is seen. */
const PAUSE_EVERY = 500;
/** Transaction records kept at hand: objects that are near each other were written together. */
const RECORDS_KEPT = 64;

/** The passes of a check, in their order. */
export type CheckPhase = 'files' | 'objects' | 'revisions' | 'overlays' | 'transactions';

/** How much a check has looked at. */
export interface CheckCounts {
  transactions: number;
  revisions: number;
  /** Objects that are reached from the root, nodes of maps included. */
  reached: number;
  /** Objects that exist and are not reached: a pack would remove them unless the past needs them. */
  unreached: number;
  maps: number;
  entries: number;
  /** Entries of versions. */
  overlays: number;
  /** References to blobs. */
  blobs: number;
  /** Losses of the past that an earlier repair noted; they are not among the findings. */
  lost: number;
}

export interface CheckContext {
  readonly scan: StorageScan;
  readonly rules: MergeRules;
  readonly blobs: Blobs;
  readonly findings: Findings;
  readonly counts: CheckCounts;
  /** Of transactions up to this one, not all revisions are kept. */
  readonly packedTid: Tid;
  readonly verifyBlobs: boolean;
  /** Blobs whose content was read. */
  readonly verified: Set<string>;
  readonly transactions: TransactionCache;
  /** Objects of which the current record cannot be read, and that were named for it. */
  readonly unreadable: Set<Oid>;
  /** What a repair has noted as lost; see `check-lost.ts`. */
  readonly lost: Set<string>;
  readonly pause: (phase: CheckPhase) => Promise<void>;
}

/** Makes what is called after each thing looked at. */
export function pausing(
  signal: AbortSignal | undefined,
  onProgress: ((phase: CheckPhase, done: number) => void) | undefined,
): (phase: CheckPhase) => Promise<void> {
  let current: CheckPhase | undefined;
  let done = 0;
  return async (phase) => {
    if (phase !== current) done = 0;
    current = phase;
    done += 1;
    if (done % PAUSE_EVERY !== 1) return;
    await nextTurn();
    signal?.throwIfAborted();
    onProgress?.(phase, done);
  };
}

/** Transaction records by tid, the last ones used at hand. */
export class TransactionCache {
  readonly #scan: StorageScan;
  readonly #kept = new Map<Tid, TransactionRecord | undefined>();

  constructor(scan: StorageScan) {
    this.#scan = scan;
  }

  /** Gives a transaction; `undefined` when there is none that can be read. */
  get(tid: Tid): TransactionRecord | undefined {
    if (this.#kept.has(tid)) return this.#kept.get(tid);
    const found = attempt(() => this.#scan.reader.transaction(tid));
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= RECORDS_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(tid, found);
    return found;
  }

  /** Tells whether the revision was written as the root of a map. */
  isMap(oid: Oid, tid: Tid): boolean {
    return (
      this.get(tid)?.maps.some(({ map, nodes }) => map === oid && nodes.includes(oid)) ?? false
    );
  }
}

/** Reads what may be damaged: `undefined` stands for damage, which its own pass names. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Reads a record that may be damaged. */
export function decoded(record: Uint8Array): DecodedRecord | undefined {
  return attempt(() => decodeRecord(record));
}

/** Gives the path of an object by the places it and its containers say; empty where they end. */
export function pathByPlaces({ scan, rules }: CheckContext, oid: Oid): string {
  return pathInStorage(scan.reader, rules, oid);
}
