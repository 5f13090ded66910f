/**
 * What undoing transactions would do, worked out before anyone decides: which objects change and
 * how, whether it can be done, and if not, what stands in the way and the smallest set that can.
 *
 * Nothing is changed here. Objects that the reader may not view are counted and not told.
 */
import {
  Content,
  describeUndo,
  isOwnAndRecent,
  nameUndo,
  noteSeenBy,
  type PublishRequest,
  ServerError,
  takenBackBy,
  type Tid,
  type TransactionRecord,
  Unauthorized,
  type UndoName,
  type UndoOutcome,
  undoTransactions,
} from '../server/index.js';
import type { Change } from './changes-shown.js';
import { momentOf, whenInWords } from './days.js';
import { countInWords, namesInWords, timeInWords } from './helpers.js';
import { noteLine } from './transaction-words.js';
import { type Deeds, deedsOf } from './transaction-changes.js';
import { changesOf, pathOf } from './undo-changes.js';
import { whoIs } from './who.js';

/** Transactions that can be chosen together. */
export const SELECTED_MAX = 100;

/** The right pane of the undo screen. */
export interface PlanModel {
  readonly title: string;
  readonly single: object | null;
  readonly back: string;
  /** What the button takes back: the transactions chosen, or the smallest set with them. */
  readonly together: readonly string[];
  /** What was chosen. */
  readonly alone: readonly string[];
  readonly possible: boolean;
  readonly possibleWords: string;
  readonly button: string;
  readonly canTogether: boolean;
  /** Words of the button that undoes what nothing stands in the way of; `''` for none. */
  readonly partly: string;
  readonly freeObjects: readonly string[];
  readonly note: string;
  /** The undo by which nothing is left of the one transaction that was chosen. */
  readonly takenBack: TakenBack | null;
  readonly refusal: {
    readonly title: string;
    readonly detail: string;
    readonly because: readonly string[];
  } | null;
  readonly blocked: {
    readonly title: string;
    readonly detail: string;
    readonly dead: string;
    readonly blockers: readonly object[];
  };
  readonly changesTitle: string;
  readonly changes: readonly Change[];
  readonly moreChanges: number;
  /** What the one transaction that was chosen did; `null` for several. */
  readonly did: Deeds | null;
  /** What was written to SQL databases, which stays. */
  readonly sql: UndoOutcome['sql'];
  /** Tids of the transactions that stand in the way, for the list. */
  readonly blockerTids: readonly string[];
}

interface TakenBack {
  readonly tid: string;
  readonly note: string;
  readonly user: string;
  readonly moment: string;
  /** What undoing that undo is called. */
  readonly again: string;
}

/** What taking back is called; taking back an undo is doing something again. */
const UNDO = { verb: 'Undo', doing: 'undoing', done: 'undone' } as const;
const REDO = { verb: 'Redo', doing: 'redoing', done: 'redone' } as const;

type Verdict =
  | { readonly kind: 'possible'; readonly plan: readonly Tid[]; readonly sql: UndoOutcome['sql'] }
  | { readonly kind: 'blocked'; readonly outcome: UndoOutcome }
  | { readonly kind: 'refused'; readonly error: ServerError };

/**
 * Works out what undoing would do.
 *
 * @param tids what was chosen; those that do not exist are left out
 * @param back path to go to afterwards
 * @param about where the reader looks at transactions: there they may know those that touched it
 * @returns `undefined` when nothing is left of what was chosen
 */
export function planOf(
  request: PublishRequest,
  tids: readonly Tid[],
  back: string,
  about: Content = request.object,
): PlanModel | undefined {
  const { connection } = request;
  const records = tids
    .slice(0, SELECTED_MAX)
    .flatMap((tid) => connection.transactionRecord(tid) ?? [])
    .filter((record) => mayKnow(request, record, about));
  if (records.length === 0) return undefined;
  const chosen = records.map(({ tid }) => tid);
  const alone = judge(request, chosen);
  const wider = alone.kind === 'blocked' ? alone.outcome.plan : [];
  const isWider = wider.length > chosen.length;
  const joint = isWider ? judge(request, wider) : alone;
  const together = joint.kind === 'possible' ? joint.plan : chosen;
  const canTogether = joint.kind === 'possible';
  const outcome = alone.kind === 'blocked' ? alone.outcome : undefined;
  const blockers = blockersOf(request, outcome, { chosen, about });
  const free = outcome === undefined ? undefined : freeOf(request, chosen, outcome);
  const refused = alone.kind === 'refused' ? alone.error : undefined;
  const told = canTogether
    ? changesOf(request, connection.planUndo(together), together)
    : { changes: [], total: 0 };
  const name = nameUndo(request, together);
  const verbs = name.redoes ? REDO : UNDO;
  const only = records.length === 1 ? records[0] : undefined;
  return {
    title:
      records.length > 1
        ? `Undo ${records.length} transactions`
        : titleOf(nameUndo(request, chosen)),
    single: only === undefined ? null : singleOf(only, request.nowMs),
    back,
    together: together.map(String),
    alone: chosen.map(String),
    possible: alone.kind === 'possible',
    possibleWords: `This can be ${verbs.done}: ${countInWords(told.total, 'object')} would change`,
    button: together.length === 1 ? `${verbs.verb} it` : `Undo these ${together.length} together`,
    canTogether: canTogether && isWider,
    partly:
      free === undefined
        ? ''
        : `Undo what can be undone: ${free.paths.length} of ${countInWords(free.total, 'object')}`,
    freeObjects: free?.paths ?? [],
    note: describeUndo(name),
    takenBack:
      only === undefined || (alone.kind === 'possible' && told.total > 0)
        ? null
        : takenBackIn(request, only.tid, about),
    refusal: refused === undefined ? null : refusalOf(refused),
    blocked: blockedWords(outcome, blockers, joint),
    changesTitle:
      together.length === 1
        ? `What ${verbs.doing} it would change`
        : `What undoing the ${together.length} would change`,
    changes: told.changes,
    moreChanges: told.total - told.changes.length,
    did: only === undefined ? null : deedsOf(request, only, { isOpen: alone.kind !== 'possible' }),
    sql: joint.kind === 'possible' ? joint.sql : (outcome?.sql ?? []),
    blockerTids: blockers.map(({ tid }) => String(tid)),
  };
}

/** One's own work, and what touched this object or something below it, where one may view history. */
function mayKnow(request: PublishRequest, record: TransactionRecord, about: Content): boolean {
  if (isOwnAndRecent(request, record.tid)) return true;
  const touches = (record.paths ?? []).some((path) => isWithin(path, about.path));
  return (touches || about.container === undefined) && request.policy.may('View history', about);
}

function judge(request: PublishRequest, tids: readonly Tid[]): Verdict {
  try {
    const outcome = undoTransactions(request, { transactions: tids, dryRun: true });
    if (outcome.conflicts.length > 0) return { kind: 'blocked', outcome };
    return { kind: 'possible', plan: outcome.plan, sql: outcome.sql };
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return { kind: 'refused', error };
  } finally {
    request.connection.abort();
    request.policy.forget();
  }
}

interface Blocker {
  readonly tid: Tid;
  readonly where: string;
}

function blockersOf(
  request: PublishRequest,
  outcome: UndoOutcome | undefined,
  { chosen, about }: { readonly chosen: readonly Tid[]; readonly about: Content },
): readonly (Blocker & {
  readonly note: string;
  readonly user: string;
  readonly moment: string;
})[] {
  const where = new Map<Tid, Set<string>>();
  for (const { path, fields, blockedBy } of outcome?.conflicts ?? []) {
    for (const tid of blockedBy) {
      if (chosen.includes(tid)) continue;
      const parts = where.get(tid) ?? new Set();
      parts.add(fields.length === 0 ? path : `${fields.join(', ')} of ${path}`);
      where.set(tid, parts);
    }
  }
  return [...where]
    .sort(([one], [other]) => other - one)
    .map(([tid, parts]) => {
      const record = request.connection.transactionRecord(tid);
      const known = record !== undefined && mayKnow(request, record, about);
      return {
        tid,
        note: known
          ? noteLine({ tid: String(tid), description: noteSeenBy(request, record) ?? '' }, request)
          : `Transaction ${tid}`,
        user: whoIs(record?.user).user,
        moment: timeInWords(record?.timeMs ?? tid / 1000, request.nowMs),
        where: namesInWords([...parts], 3),
      };
    });
}

/** Tells that it was taken back already, so that nobody looks for what else stands in the way. */
function takenBackIn(request: PublishRequest, tid: Tid, about: Content): TakenBack | null {
  const by = takenBackBy(request, tid);
  const record = by === undefined ? undefined : request.connection.transactionRecord(by);
  if (record === undefined) return null;
  return { ...sayingOf(request, record, about), again: titleOf(nameUndo(request, [record.tid])) };
}

/** What a transaction is called, by whom and when; a number where the reader may not know more. */
function sayingOf(
  request: PublishRequest,
  record: TransactionRecord,
  about: Content,
): Omit<TakenBack, 'again'> {
  const { tid, user, timeMs } = record;
  const description = noteSeenBy(request, record) ?? '';
  return {
    tid: String(tid),
    note: mayKnow(request, record, about)
      ? noteLine({ tid: String(tid), description }, request)
      : `Transaction ${tid}`,
    user: whoIs(user).user,
    moment: timeInWords(timeMs, request.nowMs),
  };
}

/** The objects of the chosen transactions that nothing stands in the way of, where there are some. */
function freeOf(
  request: PublishRequest,
  chosen: readonly Tid[],
  outcome: UndoOutcome,
): { readonly paths: readonly string[]; readonly total: number } | undefined {
  const { connection } = request;
  const blocked = outcome.conflicts.map(({ path }) => path);
  const paths = new Set<string>();
  for (const tid of chosen) {
    const record = connection.transactionRecord(tid);
    for (const oid of record?.oids ?? []) {
      const object = connection.find(oid);
      if (!(object instanceof Content) || !request.policy.may('View', object)) continue;
      const path = pathOf(request, oid);
      if (path !== undefined) paths.add(path);
    }
  }
  const free = [...paths].filter(
    (path) => !blocked.some((other) => isWithin(path, other) || isWithin(other, path)),
  );
  if (free.length === 0) return undefined;
  try {
    const partial = undoTransactions(request, {
      transactions: chosen,
      objects: free,
      dryRun: true,
    });
    if (partial.conflicts.length > 0) return undefined;
  } catch (error) {
    if (error instanceof ServerError) return undefined;
    throw error;
  } finally {
    request.connection.abort();
    request.policy.forget();
  }
  return { paths: free, total: paths.size };
}

function isWithin(path: string, top: string): boolean {
  return path === top || path.startsWith(top === '/' ? '/' : `${top}/`);
}

function titleOf({ redoes, what }: UndoName): string {
  return `${redoes ? REDO.verb : UNDO.verb} ${what}`;
}

function singleOf(record: TransactionRecord, nowMs: number): object {
  return {
    ...whoIs(record.user),
    ...momentOf(record.timeMs),
    when: whenInWords(record.timeMs, nowMs),
    objects: (record.paths ?? []).length,
    tid: String(record.tid),
  };
}

function refusalOf(error: ServerError): PlanModel['refusal'] {
  if (error instanceof Unauthorized) {
    return {
      title: 'You may not undo this',
      detail: `${error.message} Undoing asks for what the same changes by hand would ask.`,
      because: error.decision.because,
    };
  }
  return { title: 'This cannot be undone', detail: error.message, because: [] };
}

function blockedWords(
  outcome: UndoOutcome | undefined,
  blockers: readonly object[],
  joint: Verdict,
): PlanModel['blocked'] {
  const paths = [...new Set((outcome?.conflicts ?? []).map(({ path }) => path))];
  const places = namesInWords(paths, 3);
  const many =
    blockers.length === 1
      ? 'A later transaction'
      : countInWords(blockers.length, 'later transaction');
  const detail =
    blockers.length === 0
      ? `What it did to ${places} is not as it left it.`
      : `${many} changed the same place in ${places}. Taking back only this would have to guess what was meant.`;
  const dead =
    joint.kind === 'refused'
      ? `Undoing them together is not possible either: ${joint.error.message}`
      : 'No set of transactions can be undone together that would include it.';
  return { title: 'This cannot be undone alone', detail, dead, blockers };
}
