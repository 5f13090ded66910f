/**
 * The admin, as the plugin that the server loads first.
 *
 * It is loaded by every thread at its start, and whoever starts the server waits for that; so the
 * screens, a third of all code, are loaded when somebody first asks for one.
 */
import { type Plugin, useDryRunPage, useSignInPages, type View } from '../server/index.js';
import { assetFolders } from './assets.js';
import { signInPages } from './sign-in.js';
import { placeOfScreen } from './where-done.js';

const manageView: View = {
  name: '@manage',
  hasPast: true,
  place: placeOfScreen,
  async preflight(request) {
    await (await loadAdmin()).preflight?.(request);
  },
  async handle(request) {
    return (await loadAdmin()).handle(request);
  },
  async dryRun(request, run) {
    const view = await loadAdmin();
    if (view.dryRun === undefined) throw new TypeError('The admin tells of its dry runs');
    return view.dryRun(request, run);
  },
  async error(error, id, request) {
    return (await loadAdmin()).error?.(error, id, request);
  },
};

useSignInPages(signInPages);
useDryRunPage(async (request, run) => (await import('./dry-run-page.js')).dryRunPage(request, run));

export const plugin: Plugin = {
  name: 'canopy-admin',
  views: [manageView],
  assets: assetFolders,
};

async function loadAdmin(): Promise<View> {
  return (await import('./admin.js')).manageView;
}
