/**
 * Versions: follows what is done for them in the background, marks changes as reviewed without leaving
 * the place in the list, and copies a link. Without it, links and buttons do the same, but for copying.
 */
import { actionOf, refresh } from './lib/server.js';
import { swap } from './lib/swap.js';

const LOOK_EVERY_MS = 700;
/** After so many looks in a row that nobody answered, the page says itself what is so. */
const UNANSWERED_MAX = 5;
const MARKED = ['[data-version="changes"]', '[data-version="review"]'];

const jobs = document.querySelector('[data-version="jobs"]');
if (jobs !== null && isRunning(jobs)) follow(jobs);

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.dataset['version'] !== 'mark') return;
  event.preventDefault();
  void mark(form, event.submitter);
});

for (const button of document.querySelectorAll('[data-version="copy"]')) {
  button.addEventListener('click', () => void copy());
}

function isRunning(section: Element): boolean {
  return section instanceof HTMLElement && section.dataset['running'] === 'yes';
}

function follow(section: Element, unanswered = 0): void {
  window.setTimeout(() => void look(section, unanswered), LOOK_EVERY_MS);
}

async function look(section: Element, unanswered: number): Promise<void> {
  const focused = section.contains(document.activeElement) ? document.activeElement?.id : undefined;
  const now = await refresh(section, new URL(location.href), 'version-jobs');
  if (now === undefined && unanswered < UNANSWERED_MAX) return follow(section, unanswered + 1);
  // What was pressed by keyboard stays in reach of it.
  if (focused !== undefined && focused !== '') document.getElementById(focused)?.focus();
  if (now !== undefined && isRunning(now)) return follow(now);
  // What was done has changed all of the page.
  location.reload();
}

/** Sends a mark, and shows the list as it is then. */
async function mark(form: HTMLFormElement, button: HTMLElement | null): Promise<void> {
  const body = new FormData(form);
  if (button instanceof HTMLButtonElement) body.set(button.name, button.value);
  const response = await fetch(actionOf(form), {
    method: 'POST',
    body,
    headers: { Accept: 'application/json' },
  }).catch(() => undefined);
  const next = form.closest('article')?.nextElementSibling?.getAttribute('aria-label') ?? '';
  if (response?.ok !== true) {
    // The page that the browser gets by itself says why not.
    form.dataset['version'] = '';
    form.requestSubmit(button);
    return;
  }
  await swap(new URL(location.href), MARKED);
  const article = document.querySelector(`article[aria-label="${CSS.escape(next)}"]`);
  article?.querySelector<HTMLElement>('[data-version="mark"] button')?.focus();
}

async function copy(): Promise<void> {
  const field = document.querySelector<HTMLInputElement>('#link');
  if (field === null) return;
  field.select();
  await navigator.clipboard.writeText(field.value).catch(() => undefined);
}
