/**
 * The plain model of main and two versions, for random histories of them: pages, and entries of a map.
 *
 * A version holds what it changed, and what main had then. Nothing in the model changes in place.
 */
import assert from 'node:assert/strict';

export type Where = 'main' | 'one' | 'two';
export type Side = 'version' | 'main';
/** Attributes of a page. */
export interface PageState {
  readonly title: string;
  readonly author: string | undefined;
  readonly hits: number;
}

/** What a connection shows. */
export interface World {
  readonly entries: Readonly<Record<string, string>>;
  readonly pages: Readonly<Record<string, PageState>>;
}

/** A page in main: a write makes another revision, whatever it says. */
interface MainPage {
  readonly state: PageState;
  readonly revision: number;
}

/** A page that a version changed, and what it was made from. */
interface HeldPage {
  readonly mine: PageState;
  readonly base: MainPage;
}

interface HeldKey {
  readonly base: string | undefined;
  readonly value: string | undefined;
}

export interface Overlay {
  readonly keys: ReadonlyMap<string, HeldKey>;
  readonly pages: ReadonlyMap<string, HeldPage>;
}

export const NOTHING: Overlay = { keys: new Map(), pages: new Map() };
/** The plain model: main, and what each version holds over it. Nothing in it changes in place. */
export interface Model {
  readonly entries: ReadonlyMap<string, string>;
  readonly pages: ReadonlyMap<string, MainPage>;
  readonly one: Overlay;
  readonly two: Overlay;
}

let revisions = 0;
export function newRevision(state: PageState): MainPage {
  revisions += 1;
  return { state, revision: revisions };
}

function isSamePage(a: PageState, b: PageState): boolean {
  return a.title === b.title && a.author === b.author && a.hits === b.hits;
}

export function shown(model: Model, place: Where): World {
  const entries = new Map<string, string | undefined>(model.entries);
  const overlay = place === 'main' ? NOTHING : model[place];
  for (const [name, held] of overlay.keys) entries.set(name, held.value);
  const pages: Record<string, PageState> = {};
  for (const [name, { state }] of model.pages) {
    const held = overlay.pages.get(name);
    pages[name] =
      held === undefined
        ? state
        : { ...held.mine, hits: state.hits + held.mine.hits - held.base.state.hits };
  }
  return { entries: clean(entries), pages };
}

/** Gives a page as it is stored: in a version, with the counter that its own changes made. */
export function storedPage(model: Model, place: Where, name: string): PageState {
  const held = place === 'main' ? undefined : model[place].pages.get(name);
  const state = held?.mine ?? model.pages.get(name)?.state;
  assert.ok(state !== undefined, `there is a page ${name}`);
  return state;
}

export function clean(
  entries: Iterable<readonly [string, string | undefined]>,
): Record<string, string> {
  const kept = [...entries].flatMap(([name, each]) => (each === undefined ? [] : [[name, each]]));
  return Object.fromEntries(kept.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)));
}

/** What is done in one place: entries and titles are set, and a counter is raised. */
export interface Edit {
  readonly where: Where;
  readonly page: string;
  readonly hits: number;
  readonly entries: Readonly<Record<string, string | undefined>>;
  readonly titles: Readonly<Record<string, string>>;
}

/** Gives a page with what an edit does to it. */
function editedPage(name: string, state: PageState, edit: Edit): PageState {
  const { titles } = edit;
  return {
    title: titles[`${name}.title`] ?? state.title,
    author: titles[`${name}.author`] ?? state.author,
    hits: state.hits + (edit.page === name ? edit.hits : 0),
  };
}

/** An edit that does nothing but what is given. */
export function editOf(place: Where, { entries = {}, titles: set = {} }: Partial<Edit>): Edit {
  return { where: place, entries, titles: set, hits: 0, page: '' };
}

export function edited(model: Model, edit: Edit): Model {
  return edit.where === 'main' ? editedMain(model, edit) : editedVersion(model, edit, edit.where);
}

function editedMain(model: Model, edit: Edit): Model {
  const entries = new Map(model.entries);
  for (const [name, each] of Object.entries(edit.entries)) {
    if (each === undefined) entries.delete(name);
    else entries.set(name, each);
  }
  const pages = new Map(model.pages);
  for (const [name, { state }] of model.pages) {
    const after = editedPage(name, state, edit);
    if (!isSamePage(after, state)) pages.set(name, newRevision(after));
  }
  return { ...model, entries, pages };
}

function editedVersion(model: Model, edit: Edit, place: 'one' | 'two'): Model {
  const keys = new Map(model[place].keys);
  const now = shown(model, place);
  for (const [name, each] of Object.entries(edit.entries)) {
    const main = model.entries.get(name);
    if (now.entries[name] === each) continue;
    const held = keys.get(name);
    const base = held === undefined ? main : held.base;
    if (each !== base && each !== main) keys.set(name, { base, value: each });
    else keys.delete(name);
  }
  const pages = new Map(model[place].pages);
  for (const [name, main] of model.pages) {
    const { mine, base } = pages.get(name) ?? { mine: main.state, base: main };
    const after = editedPage(name, mine, edit);
    if (!isSamePage(after, mine)) hold(pages, name, { mine: after, base }, main);
  }
  return { ...model, [place]: { keys, pages } };
}

/** What is as main has it, and was made from that, is held no more. */
function hold(pages: Map<string, HeldPage>, name: string, held: HeldPage, main: MainPage): void {
  const isMains = isSamePage(held.mine, main.state) && held.base.revision === main.revision;
  if (isMains) pages.delete(name);
  else pages.set(name, held);
}

/** Merges what main and a version have of one field. */
function merged<T>(base: T, main: T, mine: T, winner: Side): T {
  if (mine === base) return main;
  if (main === base || main === mine) return mine;
  return winner === 'version' ? mine : main;
}

function mergedPage(
  { mine, base: { state: base } }: HeldPage,
  main: PageState,
  winner: Side,
): PageState {
  return {
    title: merged(base.title, main.title, mine.title, winner),
    author: merged(base.author, main.author, mine.author, winner),
    hits: main.hits + mine.hits - base.hits,
  };
}

/** @param only a page or the map; `undefined`: everything */
export function checkedIn(model: Model, place: 'one' | 'two', winner: Side, only?: string): Model {
  const entries = new Map(model.entries);
  const pages = new Map(model.pages);
  const left = { keys: new Map(model[place].keys), pages: new Map(model[place].pages) };
  for (const [name, { base, value: mine }] of model[place].keys) {
    if (only !== undefined && only !== 'map') continue;
    const after = merged(base, entries.get(name), mine, winner);
    if (after === undefined) entries.delete(name);
    else entries.set(name, after);
    left.keys.delete(name);
  }
  for (const [name, held] of model[place].pages) {
    const main = pages.get(name);
    if (main === undefined || (only !== undefined && only !== name)) continue;
    const after = mergedPage(held, main.state, winner);
    if (!isSamePage(after, main.state)) pages.set(name, newRevision(after));
    left.pages.delete(name);
  }
  return { ...model, entries, pages, [place]: left };
}

export function updated(model: Model, place: 'one' | 'two', winner: Side): Model {
  const keys = new Map(model[place].keys);
  for (const [name, { base, value: mine }] of model[place].keys) {
    const main = model.entries.get(name);
    if (main === base) continue;
    const after = merged(base, main, mine, winner);
    if (after === main) keys.delete(name);
    else keys.set(name, { base: main, value: after });
  }
  const pages = new Map(model[place].pages);
  for (const [name, held] of model[place].pages) {
    const main = model.pages.get(name);
    if (main === undefined || main.revision === held.base.revision) continue;
    hold(pages, name, { mine: mergedPage(held, main.state, winner), base: main }, main);
  }
  return { ...model, [place]: { keys, pages } };
}

/** Goes back to what was; main's pages that were others in between are new revisions. */
export function takenBack(model: Model, before: Model): Model {
  const pages = new Map(before.pages);
  for (const [name, { state, revision }] of before.pages) {
    if (model.pages.get(name)?.revision !== revision) pages.set(name, newRevision(state));
  }
  return { ...before, pages };
}
