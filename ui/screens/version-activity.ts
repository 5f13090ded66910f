/**
 * Activity: what was done in a version, transaction by transaction, and taking that back there.
 *
 * It is done inside the version, whatever place the browser is in, and shows what the Undo screen of
 * the site shows to those who are in it. Bringing main's changes in is done here, too.
 *
 * What was done to the version itself, such as asking for a review, was done in main. It stands beside
 * that, at an address of its own, and is undone there.
 */
import {
  DIRECT_CHANGES_MAX,
  entriesIn,
  JOIN_PERMISSION,
  principalKey,
  type PublishRequest,
  type Response,
  siteRoot,
  updateOrder,
  updateVersion,
  type Version,
} from '../../server/index.js';
import { countInWords } from '../helpers.js';
import { type Attempt, defineScreen, type Outcome, screenUrl, type ViewModel } from '../screen.js';
import { ABOUT_VERSION } from '../version-inside.js';
import { isVersion } from './version.js';
import { takeBack, undoModel } from './undo.js';

const SCREEN = {
  icon: 'history',
  view: 'version-activity',
  help: 'versions',
  permission: JOIN_PERMISSION,
  modules: ['undo'],
  styles: ['source', 'history', 'components-history', 'version'],
  parts: ['undo-list', 'undo-plan'],
  appliesTo: isVersion,
} as const;

export const versionActivity = defineScreen<Version>({
  ...SCREEN,
  path: 'activity',
  tab: 'Activity',
  undo: 'activity',
  show,
  actions: {
    undo: { run: (_about, request) => undo(request) },
    'undo-part': { run: (_about, request) => undo(request, request.form.all('object')) },
    update: { permission: JOIN_PERMISSION, run: update },
  },
});

export const versionAbout = defineScreen<Version>({
  ...SCREEN,
  path: ABOUT_VERSION,
  under: 'activity',
  undo: ABOUT_VERSION,
  show: showAbout,
  actions: {
    undo: { run: (_about, request) => takeBack(request, { screen: ABOUT_VERSION }) },
    'undo-part': {
      run: (_about, request) =>
        takeBack(request, { screen: ABOUT_VERSION, objects: request.form.all('object') }),
    },
  },
});

function show(about: Version, request: PublishRequest, attempt?: Attempt): ViewModel {
  const action = screenUrl(about, 'activity');
  const model = undoModel(siteRoot(request.connection), request, { action, attempt });
  const { filter } = model as { readonly filter: { readonly text: string } };
  const isNarrowed = filter.text !== '' || ['who', 'when'].some((name) => request.query.has(name));
  return {
    ...model,
    ...sidesOf(about, 'activity'),
    emptyWords: isNarrowed
      ? 'No transaction in this version fits. Take another word, person or time.'
      : 'Nothing was done in this version in the last 30 days.',
  };
}

function showAbout(about: Version, request: PublishRequest, attempt?: Attempt): ViewModel {
  const action = screenUrl(about, ABOUT_VERSION);
  const model = undoModel(about, request, { action, attempt });
  return { ...model, ...sidesOf(about, ABOUT_VERSION), places: [] };
}

/** The two lists of transactions, and which of them is shown. */
function sidesOf(about: Version, shown: string): ViewModel {
  return {
    isAbout: shown === ABOUT_VERSION,
    updateAction: screenUrl(about, 'activity'),
    sides: [
      { path: 'activity', title: 'In the version' },
      { path: ABOUT_VERSION, title: 'About the version' },
    ].map(({ path, title }) => ({ title, href: screenUrl(about, path), current: path === shown })),
  };
}

function undo(request: PublishRequest, objects?: readonly string[]): Outcome | Response {
  return takeBack(request, { screen: 'activity', ...(objects === undefined ? {} : { objects }) });
}

/** Brings what main has changed into the version; into a large one, as a job. */
async function update(about: Version, request: PublishRequest): Promise<Outcome> {
  const { site, version } = request;
  if (version !== undefined && entriesIn(site, version.object) > DIRECT_CHANGES_MAX) {
    const command = updateOrder(
      { user: principalKey(request.user), path: version.path },
      { version: version.oid, resolve: [] },
    );
    request.order(command);
    return { goTo: 'changes', query: `job=${command.order.id}` };
  }
  const { conflicts } = await updateVersion(request, about, {});
  if (conflicts.length === 0) {
    return { goTo: 'activity', message: 'Main has changed nothing that this version changed, too' };
  }
  const many = countInWords(conflicts.length, 'object');
  return { goTo: 'conflicts', message: `Not updated: main and the version both changed ${many}` };
}
