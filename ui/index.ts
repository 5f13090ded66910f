/**
 * The admin, as the plugin that the server loads first.
 *
 * It is loaded by every thread at its start, and whoever starts the server waits for that; so the
 * screens, a third of all code, are loaded when somebody first asks for one.
 */
import { type Plugin, useSignInPages, type View } from '../server/index.js';
import { assetFolders } from './assets.js';
import { signInPages } from './sign-in.js';

const manageView: View = {
  name: '@manage',
  async preflight(request) {
    await (await loadAdmin()).preflight?.(request);
  },
  async handle(request) {
    return (await loadAdmin()).handle(request);
  },
};

useSignInPages(signInPages);

export const plugin: Plugin = {
  name: 'canopy-admin',
  views: [manageView],
  assets: assetFolders,
};

async function loadAdmin(): Promise<View> {
  return (await import('./admin.js')).manageView;
}
