/**
 * Undo: what was done, and taking it back.
 *
 * The transactions are left, what undoing the chosen ones would do is right. Which are chosen stands
 * in the address, so that a plan can be shown to somebody else. The Undo button of a message posts
 * here as well: what can be undone is, and the person is back where they were; what cannot leads to
 * the page that says why.
 */
import {
  BadRequest,
  type Content,
  type PublishRequest,
  Response,
  siteRoot,
  type Tid,
  undoTransactions,
} from '../../server/index.js';

import { localAddress } from '../page.js';
import { type Attempt, defineScreen, type Outcome, screenUrl, type ViewModel } from '../screen.js';
import {
  isNarrowed,
  pageOfTransactions,
  readFilter,
  spanChoices,
  whoChoices,
} from '../transaction-list.js';
import { planOf, SELECTED_MAX } from '../undo-plan.js';
import { inActivity } from '../version-inside.js';

export const undo = defineScreen({
  path: 'undo',
  tab: 'Undo',
  icon: 'undo',
  view: 'undo',
  permission: 'View management screens',
  modules: ['undo'],
  styles: ['source', 'history', 'components-history'],
  parts: ['undo-list', 'undo-plan'],
  appliesTo: (object): object is Content => object !== undefined,
  instead: inActivity,
  show: (object, request, attempt) =>
    undoModel(object, request, { action: screenUrl(object, 'undo'), attempt }),
  actions: {
    undo: { run: (_object, request) => takeBack(request, {}) },
    'undo-part': {
      run: (_object, request) => takeBack(request, { objects: request.form.all('object') }),
    },
  },
});

/** Where the screen stands, and what was tried on it. */
interface UndoShown {
  /** Address of the screen. */
  readonly action: string;
  readonly attempt: Attempt | undefined;
}

/** Shows what touched an object or anything below it, and what undoing would do. */
export function undoModel(
  object: Content,
  request: PublishRequest,
  { action, attempt }: UndoShown,
): ViewModel {
  const filter = readFilter(request);
  const chosen = tidsIn(attempt?.form.all('transaction') ?? request.query.all('tid'));
  const back = localAddress(attempt?.form.text('back') ?? request.query.text('back')) ?? '';
  // Of what is gone today, undo is shown in the past, where nothing can be planned.
  const isPast = request.connection.at !== undefined;
  const plan = isPast ? undefined : planOf(request, chosen, back, object);
  const selected = new Set(chosen.map(String));
  const base = new URLSearchParams();
  for (const name of ['q', 'who', 'when', 'path', 'undoable', 'before'] as const) {
    const value = request.query.text(name);
    if (value !== '') base.set(name, value);
  }
  const address = (changes: Readonly<Record<string, string>>): string => {
    const query = new URLSearchParams(base);
    for (const [name, value] of Object.entries(changes)) {
      if (value === '') query.delete(name);
      else query.set(name, value);
    }
    return query.size === 0 ? action : `${action}?${query.toString()}`;
  };
  const mayList = request.policy.may('View history', object);
  const page = mayList
    ? pageOfTransactions(object, request, filter, {
        selected,
        blockers: new Set(plan?.blockerTids),
        hrefOf: (tid) => `${address({ tid })}#plan`,
      })
    : { days: [], people: [], next: '', isWhole: true, listed: new Set<string>() };
  const root = siteRoot(request.connection);
  return {
    path: object.path,
    action,
    heading: object === root ? 'Transactions' : `Transactions that touched ${object.path}`,
    filter: {
      text: filter.text,
      who: whoChoices(filter, page.people, request),
      when: spanChoices(filter),
      path: filter.path,
      undoable: filter.undoable,
    },
    places:
      object === root || !request.policy.may('View management screens', root)
        ? []
        : [
            { title: `${object.path} and below`, href: address({}), current: true },
            { title: 'The whole site', href: screenUrl(root, 'undo'), current: false },
          ],
    days: page.days,
    elsewhere: chosen.map(String).filter((tid) => !page.listed.has(tid)),
    emptyWords: emptyWords(object, {
      mayList,
      narrowed: isNarrowed(filter),
      isWhole: page.isWhole,
    }),
    newestHref: filter.before === undefined ? '' : address({ before: '' }),
    earlierHref: page.next === '' ? '' : address({ before: page.next }),
    earlierWords: page.isWhole ? 'Earlier transactions' : 'Look further back',
    back,
    plan: plan ?? null,
  };
}

function emptyWords(
  object: Content,
  {
    mayList,
    narrowed,
    isWhole,
  }: { readonly mayList: boolean; readonly narrowed: boolean; readonly isWhole: boolean },
): string {
  if (!mayList) {
    return `You may not view the history of ${object.path}. What you did yourself can be undone from its message.`;
  }
  if (!isWhole) return 'None of the transactions looked at so far. Look further back.';
  if (narrowed) return 'No transaction fits. Take another word, person, path or time.';
  return `No transaction touched ${object.path} in this time.`;
}

/**
 * Takes transactions back and returns to where the person was; else to the page that says why not.
 * Where the object itself went with them, its nearest container that stands is next.
 */
export function takeBack(
  request: PublishRequest,
  { objects, screen = 'undo' }: { readonly objects?: readonly string[]; readonly screen?: string },
): Outcome | Response {
  const { form, object } = request;
  const { path } = object;
  const containers = containersOf(object);
  const root = siteRoot(request.connection);
  const partly = objects !== undefined;
  const transactions = tidsIn(form.all(partly ? 'alone' : 'transaction'));
  if (transactions.length === 0) throw new BadRequest('Choose the transactions to undo first');
  request.note(form.text('note'));
  const outcome = undoTransactions(request, {
    transactions,
    ...(partly ? { objects } : {}),
  });
  const back = localAddress(form.text('back')) ?? '';
  if (outcome.conflicts.length > 0) {
    const query = new URLSearchParams(
      transactions.map((tid): [string, string] => ['tid', String(tid)]),
    );
    if (back !== '') query.set('back', back);
    return {
      goTo: screen,
      query: query.toString(),
      message: 'Not undone: later changes stand in the way',
    };
  }
  const standing = [object, ...containers].find((each) => stands(each, root));
  if (standing !== undefined && standing !== object) return { goTo: '', at: standing };
  if (back === '' || !request.wantsHtml || object.path !== path) return { goTo: screen };
  const address = new URL(back, request.origin);
  address.searchParams.set('done', request.pendingTid);
  return Response.redirect(`${address.pathname}${address.search}`, 303);
}

/** What contains an object, from the nearest to the root. */
function containersOf(object: Content): readonly Content[] {
  const containers: Content[] = [];
  for (let at = object.container; at !== undefined; at = at.container) containers.push(at);
  return containers;
}

/** Whether an object is where it says it is; what was taken back is not. */
function stands(object: Content, root: Content): boolean {
  let at = object;
  while (at !== root) {
    const { container } = at;
    if (container?.child(at.id) !== at) return false;
    at = container;
  }
  return true;
}

function tidsIn(values: readonly string[]): Tid[] {
  const tids = values
    .filter((value) => /^\d{1,16}$/.test(value))
    .map((value) => Number(value) as Tid);
  return [...new Set(tids)].slice(0, SELECTED_MAX);
}
