/**
 * Forms that were made from an older state than there is now: somebody else saved the same object
 * while one was typing.
 *
 * A form carries in `base` the revision that it shows. What only one side changed since is kept from
 * that side; where both changed the same, nothing is saved and the form comes back with both in sight.
 */
import {
  type Content,
  pastObject,
  PreconditionFailed,
  type PublishRequest,
  type Tid,
} from '../server/index.js';
import { type Merged, mergeValues, type Values } from './edit-merge.js';
import { userOf } from './transaction-user.js';
import type { Attempt } from './screen.js';
import { type StaleModel, staleModel } from './stale-model.js';

/** The status of a form that is in conflict with what was saved meanwhile. */
export const STALE_STATUS = 412;

/** How a form is compared with an object. */
export interface StaleForm {
  /** Address of what is saved, without the form. */
  readonly href: string;
  /** The values that the form shows of the object, as it is or was. */
  read(object: Content): Values;
  /** The values in the form; only these are looked at. */
  readonly mine: Values;
  /** What a value is called; the others by their names. */
  readonly labels: ReadonlyMap<string, string>;
  /** A browser does not keep what was sent: it is to be chosen again. */
  readonly isSentAgain?: boolean;
}

/** Gives the object as the form showed it; the object itself where nobody saved it since. */
export function shownIn(
  object: Content,
  { form, connection }: PublishRequest,
  field = 'base',
): Content {
  const base = form.text(field);
  const isOld = /^\d{1,16}$/.test(base) && Number(base) !== object.tid;
  return (isOld ? pastObject(connection, object, Number(base) as Tid) : undefined) ?? object;
}

/** Brings what is typed together with what was saved since the form was shown. */
export function mergeStale(
  object: Content,
  request: PublishRequest,
  { read, mine }: Pick<StaleForm, 'read' | 'mine'>,
): Merged {
  return mergeValues(read(shownIn(object, request)), read(object), mine);
}

/**
 * The same, where nothing is in conflict.
 * @throws PreconditionFailed `UI_EDIT_CONFLICT` where both changed the same differently
 */
export function mergeOrRefuse(
  object: Content,
  request: PublishRequest,
  form: Pick<StaleForm, 'read' | 'mine'>,
): Merged {
  const merged = mergeStale(object, request, form);
  if (merged.conflicts.length > 0) throw conflictOn(object, request);
  return merged;
}

/** Refuses to save over what somebody else changed. */
export function conflictOn(object: Content, request: PublishRequest): PreconditionFailed {
  const by = userOf(object.tid, request);
  return new PreconditionFailed(
    `${by === '' ? 'Someone' : by} changed the same place of ${object.path} meanwhile`,
    { code: 'UI_EDIT_CONFLICT' },
  );
}

/** Shows both sides of a form that came back; `undefined` for one that is not in conflict. */
export function staleIn(
  object: Content,
  request: PublishRequest,
  attempt: Attempt | undefined,
  formOf: () => StaleForm,
): { readonly merged: Merged; readonly model: StaleModel } | undefined {
  if (attempt?.status !== STALE_STATUS) return undefined;
  const form = formOf();
  const merged = mergeStale(object, request, form);
  const model = staleModel(object, request, {
    merged,
    theirs: form.read(object),
    labels: form.labels,
    isSentAgain: form.isSentAgain ?? false,
    theirsHref: form.href,
  });
  return { merged, model };
}

/**
 * Brings two choices of the same things together: each thing that is chosen, or not, as whoever
 * changed it last wants it. Two people who change one choice agree, so nothing is ever in conflict.
 */
export function mergeChoices(
  base: readonly string[],
  theirs: readonly string[],
  mine: readonly string[],
): readonly string[] {
  const kept = theirs.filter((each) => mine.includes(each) || !base.includes(each));
  const added = mine.filter((each) => !base.includes(each) && !theirs.includes(each));
  return [...kept, ...added];
}

/** Query of the address after a save that kept what somebody else had changed meanwhile. */
export const MERGED_QUERY = 'merged=1';

/** Who saved what was kept, on the page after such a save; `''` on any other. */
export function mergedWith(object: Content, request: PublishRequest): string {
  if (!request.query.has('merged')) return '';
  const { oid, tid } = object;
  const [before] =
    oid === undefined ? [] : request.connection.history(oid, { before: tid, limit: 1 });
  return userOf(before?.tid ?? tid, request) || 'someone';
}
