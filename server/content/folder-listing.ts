/** The plain listing: what a folder shows where no page is made for it. */
import { Response } from '../publisher/response.js';
import { escapeHtml } from '../templates/html.js';
import type { Container } from './content.js';
import { plainPage } from './html.js';
import type { PageRequest } from './work.js';

/** How many objects the listing shows. */
export const LISTED_OBJECTS_MAX = 1000;

/**
 * Answers a list of what the folder holds, without what the visitor may not view.
 * @throws Unauthorized without `Access contents information`
 */
export function folderListing(folder: Container, request: PageRequest): Response {
  request.policy.require('Access contents information', folder);
  const visible = folder
    .items({ sort: 'title' })
    .filter((item) => request.policy.may('View', item) && item.type !== 'UserFolder');
  const rows = visible
    .slice(0, LISTED_OBJECTS_MAX)
    .map(
      (item) =>
        `<li><a href="${escapeHtml(item.url)}">${escapeHtml(item.title || item.id)}</a></li>`,
    );
  const title = folder.title || folder.path;
  const hidden = visible.length - rows.length;
  const more = hidden > 0 ? `<p>And ${hidden} more.</p>` : '';
  const list =
    rows.length === 0 ? '<p>There is nothing here yet.</p>' : `<ul>${rows.join('')}</ul>`;
  const up =
    folder.container === undefined
      ? ''
      : `<p><a href="${escapeHtml(folder.container.url)}">Up</a></p>`;
  const body = `<main>\n<h1>${escapeHtml(title)}</h1>\n${up}${list}${more}\n</main>`;
  return Response.html(plainPage({ title, body }));
}
