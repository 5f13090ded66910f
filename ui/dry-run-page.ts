/**
 * The page that tells what a form of the site, or a template, would change, to a browser that asked.
 */
import type { DryRun, PublishRequest, Response } from '../server/index.js';
import { shownDryRun } from './dry-run.js';
import { pageData, pageResponse } from './page.js';
import { nameOfSite, rootOf } from './shell.js';

export function dryRunPage(request: PublishRequest, run: DryRun): Response {
  const siteName = nameOfSite(rootOf(request.object), request);
  const shown = shownDryRun(request, run);
  const styles = ['source', 'history', 'components-history'];
  const frame = pageData(request, { title: `${shown.title} · ${siteName}`, styles });
  return pageResponse(request, {
    view: 'dry-run-page',
    frame,
    model: { siteName, path: request.path, dryRun: shown },
  });
}
