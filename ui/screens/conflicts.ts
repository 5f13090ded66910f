/**
 * Conflicts: what a version and main both changed and nothing can merge, one object at a time.
 *
 * The address says which one. What is saved goes into the version, which then merges there; the last
 * one frees the check-in. Each is a transaction of its own in the version, and can be undone there.
 * Showing reads main; saving is done inside the version, wherever the browser is.
 */
import {
  BadRequest,
  type ConflictAnswer,
  isSameConflict,
  JOIN_PERMISSION,
  type Oid,
  type OpenConflict,
  parseOid,
  type PublishRequest,
  resolveConflict,
  Version,
  VersionConflicts,
} from '../../server/index.js';
import { answerIn } from '../conflict-answer.js';
import { kindModel } from '../conflict-kinds.js';
import { partsOf } from '../conflict-parts.js';
import { answerPicture, picturesOf } from '../conflict-pictures.js';
import { panesOf, type SideWords, tilesOf } from '../conflict-view.js';
import { nameOf } from '../place.js';
import { sideBy } from '../conflict-who.js';
import { type Attempt, defineScreen, type Outcome, screenUrl, type ViewModel } from '../screen.js';

/** How many are listed at the page's end; the others follow one after another. */
const LISTED_MAX = 100;

export const conflicts = defineScreen({
  path: 'conflicts',
  title: 'Conflicts',
  icon: 'conflict',
  under: 'changes',
  view: 'conflicts',
  undo: 'activity',
  permission: JOIN_PERMISSION,
  modules: ['conflict'],
  styles: ['source', 'history', 'components-history', 'conflict'],
  appliesTo: (object): object is Version => object instanceof Version,
  show,
  answer: answerPicture,
  actions: { resolve: { run: resolve } },
});

async function show(
  version: Version,
  request: PublishRequest,
  attempt?: Attempt,
): Promise<ViewModel> {
  using found = await VersionConflicts.find(request, oidOf(version));
  const { items, hidden } = found;
  const wanted = request.query.text('path');
  const one = attempt === undefined ? atPath(items, wanted) : named(items, attempt);
  const shown = one ?? items[0];
  const at = shown === undefined ? -1 : items.indexOf(shown);
  const look = request.query.text('look') === 'base' ? 'base' : '';
  const address = (item: OpenConflict | undefined, more: Readonly<Record<string, string>> = {}) =>
    item === undefined ? '' : addressOf(version, { path: item.path, look, ...more });
  return {
    action: addressOf(version, shown === undefined ? {} : { path: shown.path, look }),
    versionTitle: nameOf(version),
    versionHref: screenUrl(version),
    hidden,
    count: items.length,
    position: at + 1,
    // Somebody settled what the address names, or what was sent was about it.
    goneWords:
      one === undefined && wanted !== '' ? `Nothing is in conflict at ${wanted} any more.` : '',
    previousHref: address(items[at - 1]),
    nextHref: address(items[at + 1]),
    isWithBase: look === 'base',
    looks: [
      { title: 'Three panes', href: address(shown, { look: '' }), current: look === '' },
      { title: 'With the base', href: address(shown, { look: 'base' }), current: look === 'base' },
    ],
    list: items.slice(0, LISTED_MAX).map((item) => ({
      path: item.path,
      title: item.title,
      icon: item.type?.icon ?? 'file',
      href: address(item),
      current: item === shown,
    })),
    more: Math.max(0, items.length - LISTED_MAX),
    one:
      shown === undefined
        ? null
        : oneModel(request, {
            version,
            found,
            one: shown,
            attempt: one === undefined ? undefined : attempt,
          }),
  };
}

/** What the page shows of one conflict. */
function oneModel(
  request: PublishRequest,
  {
    version,
    found,
    one,
    attempt,
  }: {
    readonly version: Version;
    readonly found: VersionConflicts;
    readonly one: OpenConflict;
    readonly attempt: Attempt | undefined;
  },
): ViewModel {
  const form = attempt?.form;
  const sides: SideWords = {
    ...{ main: 'Main', version: nameOf(version) },
    mainBy: sideBy(request, one.main),
    versionBy: sideBy(request, one.version),
  };
  const pathOf = (oid: number): string | undefined => found.pathOf(oid as Oid);
  const parts = one.kind === 'changed' ? partsOf(request, one, pathOf) : [];
  const given = request.query.text('take');
  const take = given === 'main' || given === 'version' ? given : undefined;
  const taking = (side: string): string =>
    addressOf(version, { path: one.path, look: request.query.text('look'), take: side });
  const isBefore = (name: string): boolean =>
    !/^(permission:|localRole:|roles$|owner$|proxyRoles$|place$)/.test(name);
  const values = parts.filter((part) => part.kind === 'value');
  const texts = parts
    .filter((part) => part.kind === 'text')
    .map((part) => panesOf(part, form, { sides, take }));
  const pictures = picturesOf(version, one);
  const tiles = (some: typeof values) =>
    some.map((part) => ({
      ...tilesOf(part, form, sides),
      pictures: part.name === 'data' ? pictures : undefined,
    }));
  const fields = tiles(values.filter(({ name }) => isBefore(name)));
  const settings = tiles(values.filter(({ name }) => !isBefore(name)));
  const merged = one.merged + texts.reduce((sum, text) => sum + text.merged, 0);
  const isOpen = [...fields, ...settings].filter((tile) => tile.isOpen).length;
  return {
    ...{ oid: one.oid, key: one.key ?? '', hasKey: one.key !== undefined, seen: one.seen },
    path: one.path,
    heading: one.title === '' ? one.path.slice(one.path.lastIndexOf('/') + 1) || '/' : one.title,
    icon: one.type?.icon ?? 'file',
    typeTitle: one.type?.title ?? 'Object',
    isParts: one.kind === 'changed',
    ...{ sides, fields, settings, texts, merged },
    open: isOpen + texts.reduce((sum, text) => sum + text.open, 0),
    takeMainHref: taking('main'),
    takeVersionHref: taking('version'),
    kind: one.kind === 'changed' ? null : kindModel(request, { one, sides, pathOf, attempt }),
  };
}

async function resolve(version: Version, request: PublishRequest): Promise<Outcome> {
  const { form } = request;
  const oid = parseOid(form.text('oid'));
  if (oid === undefined) throw new BadRequest('Say which conflict this is about');
  const key = form.has('key') ? form.text('key') : undefined;
  const sent = await readAnswer(request, version, { oid, key });
  if (sent !== undefined) {
    const name = { oid, key, seen: form.text('seen') };
    await resolveConflict(request, version, name, sent.answer);
  }
  const next = sent?.next ?? '';
  return {
    goTo: 'conflicts',
    query: next === '' ? '' : `path=${encodeURIComponent(next)}`,
    message: 'That was settled by somebody else already',
  };
}

/** Reads what was decided, and finds the conflict to go on with; `undefined` when it is one no more. */
async function readAnswer(
  request: PublishRequest,
  version: Version,
  name: Pick<OpenConflict, 'oid' | 'key'>,
): Promise<{ readonly answer: ConflictAnswer; readonly next: string } | undefined> {
  using found = await VersionConflicts.find(request, oidOf(version));
  const at = found.items.findIndex((each) => isSameConflict(each, name));
  const one = found.items[at];
  if (one === undefined) return undefined;
  const pathOf = (each: number): string | undefined => found.pathOf(each as Oid);
  const parts = one.kind === 'changed' ? partsOf(request, one, pathOf) : [];
  const next = found.items[at + 1] ?? found.items[at - 1];
  return { answer: answerIn(request.form, one, parts), next: next?.path ?? '' };
}

function atPath(items: readonly OpenConflict[], path: string): OpenConflict | undefined {
  return path === '' ? items[0] : items.find((item) => item.path === path);
}

function named(items: readonly OpenConflict[], { form }: Attempt): OpenConflict | undefined {
  const key = form.has('key') ? form.text('key') : undefined;
  return items.find((item) => String(item.oid) === form.text('oid') && item.key === key);
}

function addressOf(version: Version, fields: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== '') query.set(name, value);
  const words = query.toString().replaceAll('%2F', '/');
  return `${screenUrl(version, 'conflicts')}${words === '' ? '' : `?${words}`}`;
}

function oidOf({ oid, path }: Version): Oid {
  if (oid === undefined) throw new TypeError(`${path} is stored`);
  return oid;
}
