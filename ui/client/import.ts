/**
 * Import: tells the server where each file stood in the chosen folder, and follows the job while it
 * runs; when it has ended, the tree shows what came in. Without it, files come in without their folders, and "Look again" follows the job.
 */
import { fetchPart } from './lib/part.js';
import { refresh } from './lib/server.js';

const LOOK_EVERY_MS = 700;

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-import="files"]')) {
  form.addEventListener('formdata', ({ formData }) => {
    for (const file of formData.getAll('file')) {
      if (typeof file === 'string' || file.name === '') continue;
      const path = file.webkitRelativePath;
      formData.append('path', path === '' ? file.name : path);
    }
  });
}

const job = document.querySelector<HTMLElement>('[data-import="job"]');
if (job !== null && !hasEnded(job)) follow(job);

function hasEnded(section: Element): boolean {
  return section instanceof HTMLElement && section.dataset['ended'] === 'yes';
}

/** Shows the tree with the folders that came in. */
async function renewTree(): Promise<void> {
  const tree = document.querySelector('[data-client~="tree"] .tree');
  const html = await fetchPart(location.href, 'tree').catch(() => undefined);
  if (tree === null || html === undefined) return;
  const fresh = new DOMParser().parseFromString(html, 'text/html').querySelector('.tree');
  if (fresh !== null) tree.replaceWith(fresh);
}

function follow(section: Element): void {
  window.setTimeout(() => {
    void refresh(section, new URL(location.href), 'import-job').then((fresh) => {
      const now = fresh ?? section;
      if (hasEnded(now)) void renewTree();
      else follow(now);
    });
  }, LOOK_EVERY_MS);
}
