/**
 * Import: tells the server where each file stood in the chosen folder, and follows the job while it
 * runs. Without it, files come in without their folders, and "Look again" follows the job.
 */
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
if (job !== null) follow(job);

function follow(section: Element): void {
  if (!(section instanceof HTMLElement) || section.dataset['ended'] === 'yes') return;
  window.setTimeout(() => {
    void refresh(section, new URL(location.href), 'import-job').then((fresh) => {
      follow(fresh ?? section);
    });
  }, LOOK_EVERY_MS);
}
