/**
 * What is asked of a pack in days, and what it did in words.
 */
import { type PackPhase, type PackReport, tidAtMs, tidToMs, type Tid } from '../../odb/index.js';
import { countInWords, momentInWords, sizeInWords } from '../words.js';

/** How far back is kept when nothing is said. */
export const PACK_DAYS_DEFAULT = 30;
/** The most days: a hundred years. */
export const PACK_DAYS_MAX = 36_500;

const DAY_MS = 24 * 60 * 60 * 1000;

/** What a pack is doing, in words. */
export const PHASES: Readonly<Record<PackPhase, string>> = {
  mark: 'Finding out what is kept',
  forget: 'Forgetting the rest',
  blobs: 'Looking through the files',
  compact: 'Giving the space back to the disk',
};

/** What a pack did, as JSON clients read it. */
export interface PackResult {
  /** The moment it went to: a transaction. */
  readonly before: string;
  readonly time: string;
  readonly objects: number;
  readonly revisions: number;
  readonly trash: number;
  readonly files: number;
  readonly bytes: number;
}

/** Tells whether that can be asked of a pack: whole days, up to `PACK_DAYS_MAX`. */
export function areDays(days: number): boolean {
  return Number.isSafeInteger(days) && days >= 0 && days <= PACK_DAYS_MAX;
}

/** Gives the moment so many days ago; at the earliest that before every transaction. */
export function packMoment(days: number, nowMs: number): Tid {
  return tidAtMs(Math.max(0, nowMs - days * DAY_MS));
}

export function packResult(report: PackReport): PackResult {
  const { before, objects, revisions, trash, blobs: files, blobBytes: bytes } = report;
  const time = new Date(tidToMs(before)).toISOString();
  return { before: String(before), time, objects, revisions, trash, files, bytes };
}

/** Says in a line what a pack did. */
export function summaryOfPack(report: PackReport): string {
  const { before, objects, revisions, trash, blobs, blobBytes } = report;
  const gone = [
    ...(revisions > 0 ? [countInWords(revisions, 'old state')] : []),
    ...(objects > 0
      ? [countInWords(objects, 'object that nothing led to', 'objects that nothing led to')]
      : []),
    ...(blobs > 0 ? [`${countInWords(blobs, 'file')} with ${sizeInWords(blobBytes)}`] : []),
    ...(trash > 0 ? [countInWords(trash, 'entry of the trash', 'entries of the trash')] : []),
  ];
  const went = gone.length === 0 ? 'there was nothing to forget' : `forgot ${gone.join(', ')}`;
  return `Packed to ${momentInWords(tidToMs(before))}: ${went}`;
}
