/**
 * What is asked of a pack, and what it answers.
 */
import type { Oid } from '../oid.js';
import {
  BOOLEAN,
  checkOptions,
  NUMBER_FROM_0,
  OID,
  requireTid,
  TID,
  WHOLE,
  type OptionRules,
} from '../options.js';
import type { Tid } from '../tid.js';

/** How long the trash keeps what was removed, unless told otherwise. */
export const TRASH_DAYS_DEFAULT = 30;
/** Blobs younger than this are kept: whoever put one may be about to commit what names it. */
export const BLOB_AGE_MIN_MS = 24 * 60 * 60 * 1000;

/**
 * Keeps more of the past than the moment of a pack says. Of several rules, the one that keeps most
 * decides.
 *
 * What is kept of an object are always its newest revisions without a gap: reading as of a moment
 * either gives the state it had then, or, from the oldest one on, the oldest one kept.
 */
export interface HistoryRule {
  /**
   * Only for this object and what is contained in it, with what those refer to that is in no other
   * container (their maps, for example). Default: for all objects.
   */
  readonly below?: Oid;
  /** Keeps at least so many of the newest revisions of each object. */
  readonly revisions?: number;
  /** Keeps every state that was current at any moment of the last so many days. */
  readonly days?: number;
  /**
   * Forgets nothing that was current between two transactions, nor anything newer of the same
   * objects. Objects first stored after `to` (default: the present) are not held.
   */
  readonly hold?: { readonly from: Tid; readonly to?: Tid };
}

/** What a pack is to forget. */
export interface PackOptions {
  /**
   * The moment: every state that was current at it or later is kept, what is older is forgotten.
   * For a time, use `tidAtMs`. A moment in the future is now; one before the last pack is harmless.
   */
  readonly before: Tid;
  /** What is to be kept beyond that. Default: nothing. */
  readonly rules?: readonly HistoryRule[];
  /** Removes objects that nothing refers to, and blobs that nothing names. Default: yes. */
  readonly garbage?: boolean;
  /** Days after which the trash lets go of what was removed; 0: at once. Default: `TRASH_DAYS_DEFAULT`. */
  readonly trashDays?: number;
  /** What counts as now for rules, trash and blobs: milliseconds since the epoch. Default: now. */
  readonly nowMs?: number;
  /** Ends the pack early. What it did until then stays done; it can be run again at any time. */
  readonly signal?: AbortSignal;
  /** Told now and then how far it is. */
  readonly onProgress?: (progress: PackProgress) => void;
}

/**
 * `mark` finds what is reachable, `forget` removes the rest, `blobs` removes files, `compact` gives
 * the room of what was removed back to the disk, where that is much.
 */
export type PackPhase = 'mark' | 'forget' | 'blobs' | 'compact';

/** How far a pack is. */
export interface PackProgress {
  readonly phase: PackPhase;
  /**
   * Of `mark`, objects read; of `forget`, oids passed; of `blobs`, files looked at; of `compact`,
   * parts of the database.
   */
  readonly done: number;
  /** Grows while marking, as objects are found; as many as `done` where nobody knows. */
  readonly total: number;
}

/** What a pack has forgotten. */
export interface PackReport {
  /** The moment that was packed to; not newer than the newest transaction. */
  readonly before: Tid;
  /** Objects that were removed because nothing referred to them. */
  readonly objects: number;
  /** Older revisions that were forgotten, those of removed objects included. */
  readonly revisions: number;
  /** Entries the trash let go. */
  readonly trash: number;
  /** Files that were removed since no kept state names them, and their bytes. */
  readonly blobs: number;
  readonly blobBytes: number;
}

const PACK: OptionRules = {
  before: TID,
  rules: { is: Array.isArray, what: 'an array of rules' },
  garbage: BOOLEAN,
  trashDays: NUMBER_FROM_0,
  nowMs: NUMBER_FROM_0,
  signal: true,
  onProgress: true,
};

const RULE: OptionRules = { below: OID, revisions: WHOLE, days: NUMBER_FROM_0, hold: true };

const HOLD: OptionRules = { from: TID, to: TID };

/**
 * Makes sure that a pack is asked for what it knows, before it forgets anything.
 *
 * @throws TypeError naming what it does not know, or what makes no sense
 */
export function checkPackOptions(options: PackOptions): void {
  checkOptions('pack', options, PACK);
  requireTid('pack: before', options.before);
  for (const [i, rule] of (options.rules ?? []).entries()) {
    const where = `pack: rules[${i}]`;
    checkOptions(where, rule, RULE);
    const { revisions, days, hold } = rule;
    if (revisions === undefined && days === undefined && hold === undefined) {
      throw new TypeError(`${where} keeps nothing: it has no revisions, days or hold`);
    }
    if (hold === undefined) continue;
    checkOptions(`${where}.hold`, hold, HOLD);
    requireTid(`${where}.hold.from`, hold.from);
  }
}
