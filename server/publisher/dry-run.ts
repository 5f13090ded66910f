/**
 * Dry runs: a request is done as it would be, in a transaction that is doomed, and answered with what
 * it would change.
 *
 * The header `Canopy-Dry-Run: true` asks for one, and so does the field `@dry_run` of a form, or of
 * the address it is sent to. What would be refused is refused with the same words. Nothing is saved and
 * nothing is started. What a request would keep outside of its transaction could not be taken back, so
 * it is refused; so is a view that signs people in.
 *
 * A browser gets the view's own page of it; every other client, and the JSON interface, gets JSON, with
 * a unified diff of each object.
 */
import { Ref, type State } from '../../odb/index.js';
import { diffText, unifiedDiff } from '../api/unified-diff.js';
import type { Content } from '../content/content.js';
import { contentTypes } from '../content/content-type.js';
import { propertiesJson } from '../content/properties.js';
import { draftChanges, visibleChanges, type WouldChange } from '../content/would-change.js';
import type { SiteServices } from '../content/work.js';
import { BadRequest } from '../errors.js';
import type { DryRun } from './dry-run-outcome.js';
import type { PublishRequest } from './request.js';
import { Response } from './response.js';
import { findView } from './view.js';

/** Makes the page that tells a browser of a dry run outside of the admin. */
export type DryRunPage = (request: PublishRequest, run: DryRun) => Promise<Response>;

let page: DryRunPage | undefined;

/** Takes a plugin's page for dry runs; without one, browsers get JSON, too. */
export function useDryRunPage(given: DryRunPage): void {
  page = given;
}

/** A status from here on says that a request was refused. */
const REFUSED = 400;

/**
 * Makes sure that nothing of a request is saved.
 * @throws BadRequest `SRV_DRY_RUN` for signing in and out
 */
export function beginDryRun(request: PublishRequest): void {
  const view = request.view === undefined ? undefined : findView(request.view);
  if (view?.open === true) throw notTried('Signing in and out');
  request.connection.transaction.doom();
}

/** Tells what a request did, and forgets it. A refusal is answered as it is. */
export async function answerDryRun(request: PublishRequest, response: Response): Promise<Response> {
  const { connection, orders, policy } = request;
  const drafts = draftChanges(connection);
  const jobs = orders.flatMap((each) => (each.what === 'start' ? each.order.kind : []));
  orders.length = 0;
  connection.abort();
  policy.forget();
  if (response.status >= REFUSED) return response;
  const run: DryRun = { ...visibleChanges(request, drafts), jobs, response };
  const answer = (await pageOf(request, run)) ?? Response.json(dryRunJson(request, run));
  return answer.set('Cache-Control', 'no-store');
}

/** Gives the page of a dry run, where one is wanted and there is one. */
async function pageOf(request: PublishRequest, run: DryRun): Promise<Response | undefined> {
  if (!request.wantsHtml) return undefined;
  if (request.view === undefined) return page?.(request, run);
  return findView(request.view)?.dryRun?.(request, run);
}

/**
 * Gives the services of a site as a dry run has them: what belongs to no transaction is refused. Wrong
 * passwords are counted, whatever they were tried for.
 *
 * @throws BadRequest `SRV_DRY_RUN`, once something would be kept beside the objects
 */
export function servicesForDryRun<T extends SiteServices>(site: T): T {
  const storage = refusing(site.storage, ['setMeta', 'commit', 'commitPacked']);
  const sessions = refusing(site.sessions, ['start', 'renew', 'end']);
  return standingIn(site, (name) =>
    name === 'storage' ? storage : name === 'sessions' ? sessions : undefined,
  );
}

/** Gives a stand-in for a service that refuses to be called by some names. */
function refusing<T extends object>(service: T, names: readonly string[]): T {
  return standingIn(service, (name) =>
    typeof name === 'string' && names.includes(name) ? refuse : undefined,
  );
}

function refuse(): never {
  throw notTried('What this would keep beside the objects');
}

/** @param instead gives what is had in place of a member; `undefined` for the member itself */
function standingIn<T extends object>(service: T, instead: (name: string | symbol) => unknown): T {
  return new Proxy(service, {
    get(target, name) {
      const value = instead(name);
      if (value !== undefined) return value;
      const own: unknown = Reflect.get(target, name, target);
      return typeof own === 'function' ? (own.bind(target) as unknown) : own;
    },
  });
}

function notTried(what: string): BadRequest {
  return new BadRequest(`${what} cannot be tried out: it is part of no transaction`, {
    code: 'SRV_DRY_RUN',
  });
}

function dryRunJson(request: PublishRequest, { changes, hidden, jobs }: DryRun): object {
  return {
    wouldChange: changes.map((change) => ({
      path: change.path,
      kind: change.kind,
      diff: unifiedDiff(
        {
          name: change.pathNow ?? '/dev/null',
          revision: 'now',
          text: linesOf(request, change, 'before'),
        },
        {
          name: change.kind === 'removed' ? '/dev/null' : change.path,
          revision: 'would be',
          text: linesOf(request, change, 'after'),
        },
      ),
    })),
    hidden,
    wouldStart: jobs,
  };
}

/** An object as lines, as its history compares them, and what is set at it. */
function linesOf(
  { site }: PublishRequest,
  { className, ...change }: WouldChange,
  side: 'before' | 'after',
): string {
  const state = change[side];
  const type = contentTypes
    .all()
    .find((each) => (each.class.prototype as Content).$class.name === className);
  if (state === undefined || type === undefined) return '';
  const { place, ...own } = state;
  const object = new type.class(own);
  const facts = diffText({
    title: object.title,
    owner: object.owner ?? null,
    fields: type.read(object, site),
    properties: propertiesJson(object.properties),
  });
  return `${settingsOf(place, own)}${facts}`;
}

function settingsOf(place: unknown, state: Readonly<State>): string {
  const at = recordOf(place);
  const container = at['container'];
  const where =
    container instanceof Ref
      ? [`place: ${JSON.stringify({ id: at['id'], order: at['order'] })}`]
      : [];
  const named = ['permissions', 'localRoles'].flatMap((name) =>
    Object.entries(recordOf(state[name])).map(
      ([key, value]) => `${name}.${key}: ${JSON.stringify(value)}`,
    ),
  );
  const lists = ['roles', 'proxyRoles', 'authors'].flatMap((name) => {
    const value = state[name];
    return Array.isArray(value) && value.length > 0 ? [`${name}: ${JSON.stringify(value)}`] : [];
  });
  return [...where, ...named, ...lists].map((line) => `${line}\n`).join('');
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}
