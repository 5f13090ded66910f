/**
 * Restored: gives back what a version removed. Listings inside the version send their Restore here,
 * since that is done in main; and here one reads why, where it is refused.
 */
import {
  Content,
  JOIN_PERMISSION,
  type Oid,
  parseOid,
  type PublishRequest,
  Response,
  restoreRemoved,
  siteRoot,
  Version,
} from '../../server/index.js';
import { localAddress } from '../page.js';
import { type Attempt, defineScreen, type Outcome, screenUrl, type ViewModel } from '../screen.js';

export const restored = defineScreen({
  path: 'restored',
  title: 'Restore what was removed',
  view: 'restored',
  under: 'changes',
  help: 'versions',
  permission: JOIN_PERMISSION,
  appliesTo: (object): object is Version => object instanceof Version,
  show,
  actions: { restore: { run: restore } },
});

function show(version: Version, request: PublishRequest, attempt?: Attempt): ViewModel {
  const form = attempt?.form ?? request.query;
  const asked = form.all('object').flatMap((text) => parseOid(text) ?? []);
  const objects = asked.flatMap((oid) => objectWith(oid, request) ?? []);
  return {
    version: version.title === '' ? version.id : version.title,
    objects: objects.map(({ oid, path, title }) => ({ oid: String(oid ?? ''), path, title })),
    back: localAddress(form.text('back')) ?? '',
    action: screenUrl(version, 'restored'),
    versionHref: screenUrl(version),
  };
}

/** An object that main has, for whoever may view it. */
function objectWith(oid: Oid, { connection, policy }: PublishRequest): Content | undefined {
  const found = connection.find(oid);
  const stands = found instanceof Content && found.isWithin(siteRoot(connection));
  return stands && policy.may('View', found) ? found : undefined;
}

async function restore(version: Version, request: PublishRequest): Promise<Outcome | Response> {
  const { form, origin, wantsHtml, pendingTid } = request;
  const oids = form.all('object').flatMap((text) => parseOid(text) ?? []);
  await restoreRemoved(request, version, [...new Set(oids)]);
  const back = localAddress(form.text('back'));
  if (back === undefined || !wantsHtml) return { goTo: '' };
  const address = new URL(back, origin);
  address.searchParams.set('done', pendingTid);
  return Response.redirect(`${address.pathname}${address.search}`, 303);
}
