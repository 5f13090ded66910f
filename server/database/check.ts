/**
 * What a check found, in words: where it is on the site, what is wrong, and what to do.
 */
import type { CheckPhase, CheckReport, Finding, FindingCode } from '../../odb/index.js';
import { countInWords } from '../words.js';

/** The most findings that a job's record lists; all are counted. */
export const FINDINGS_LISTED_MAX = 500;

/** What a check is doing, in words. */
export const CHECK_PHASES: Readonly<Record<CheckPhase, string>> = {
  files: 'Reading the files of the database',
  objects: 'Following everything that can be reached',
  revisions: 'Reading every state that is kept',
  overlays: 'Reading what versions hold',
  transactions: 'Comparing the transactions with what they wrote',
};

/** Something wrong, as people and JSON clients read it. */
export interface FindingSummary {
  readonly code: FindingCode;
  /** Where it is on the site, with the attribute after a dot; empty where that is not known. */
  readonly path: string;
  /** The object it is about, by its oid; `null` where it is about none. */
  readonly oid: string | null;
  readonly what: string;
  /** What to do about it. */
  readonly advice: string;
  readonly repairable: boolean;
}

export interface CheckResult {
  /** The newest transaction that was looked at. */
  readonly tid: string;
  readonly objects: number;
  readonly revisions: number;
  readonly transactions: number;
  readonly files: number;
  /** How many things are wrong. */
  readonly count: number;
  /** The first `FINDINGS_LISTED_MAX` of them. */
  readonly findings: readonly FindingSummary[];
  /** Of how many a repair took care; absent where none was made. */
  readonly repaired?: number;
}

export function checkResult(report: CheckReport): CheckResult {
  const { lastTid, counts, findings, findingsCount, repair } = report;
  return {
    tid: String(lastTid),
    objects: counts.reached + counts.unreached,
    revisions: counts.revisions,
    transactions: counts.transactions,
    files: counts.blobs,
    count: findingsCount,
    findings: findings.slice(0, FINDINGS_LISTED_MAX).map(findingSummary),
    ...(repair === undefined ? {} : { repaired: repair.findings }),
  };
}

export function findingSummary(finding: Finding): FindingSummary {
  const { code, oid, what, repairable } = finding;
  return {
    code,
    path: placeOf(finding.path),
    oid: oid === undefined ? null : String(oid),
    what,
    advice: adviceOn(finding),
    repairable,
  };
}

/** Says a finding in a line. */
export function lineOf({ path, oid, what, advice }: FindingSummary): string {
  const where = path === '' && oid !== null ? `object ${oid}` : path;
  return `${where === '' ? '' : `${where}: `}${ended(what)} ${advice}`;
}

/** Says in a line what came out of a check. */
export function summaryOfCheck({ counts, findingsCount, repair }: CheckReport): string {
  const looked = [
    countInWords(counts.reached + counts.unreached, 'object'),
    countInWords(counts.revisions, 'state'),
    countInWords(counts.transactions, 'transaction'),
  ].join(', ');
  if (findingsCount === 0) return `All is well: ${looked}`;
  const found = `${countInWords(findingsCount, 'thing is', 'things are')} wrong among ${looked}`;
  if (repair === undefined) return found;
  return `${found}; ${countInWords(repair.findings, 'of them was', 'of them were')} repaired. Check again.`;
}

const ADVICE: Readonly<Record<FindingCode, string>> = {
  file: 'Stop the server, copy the directory of the database, and run canopy check --repair.',
  root: 'Restore the database from a backup.',
  record: 'Give the object an older state from its history, or restore the database from a backup.',
  revision:
    'The present is not concerned; restore the database from a backup if that past matters.',
  chain: 'The present is not concerned; restore the database from a backup if that past matters.',
  'no-current': 'Restore the database from a backup if it cannot be repaired.',
  transaction: 'Pages are not concerned; restore the database from a backup if that log matters.',
  written: 'Pages are not concerned; restore the database from a backup if that past matters.',
  dangling: 'Restore the database from a backup if what is missing is needed.',
  'map-node': 'Restore the database from a backup.',
  'map-depth': 'Restore the database from a backup.',
  'map-shared': 'Restore the database from a backup.',
  'list-node': 'Restore the database from a backup.',
  place: 'Move the object to where it should be.',
  'overlay-base': 'Look at the object in the version, and save or discard its change by hand.',
  'overlay-count': 'Pack the database: that counts anew.',
  'overlay-node': 'Pages are not concerned.',
  'blob-missing': 'Upload the file again, or copy it from a backup.',
  'blob-damaged': 'Upload the file again, or copy it from a backup.',
  counter: 'Make no change, and restore the database from a backup.',
};

function adviceOn({ code, repairable }: Finding): string {
  return repairable ? 'A check with repair mends it.' : ADVICE[code];
}

/** How a check reaches what the site holds: by a key of the database's root, then a field. */
const TO_SITE = /^\/site(?=\.children(?:\/|$))/;

/**
 * Gives the path on the site of what was reached by keys and fields: `/site.children/news.content`
 * is `/news.content`. What is beside the site keeps its whole way.
 */
function placeOf(path: string): string {
  if (!TO_SITE.test(path)) return path;
  return path.replace(TO_SITE, '').replaceAll(/\.children(?=\/|$)/g, '') || '/';
}

function ended(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
