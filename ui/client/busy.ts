/**
 * Keeps a form from being sent twice, and shows on its button that it is on its way: after a moment,
 * since most answers come sooner. The button is not disabled in earnest, for its name and value are
 * part of what is sent. Without this, a second press sends a second time.
 *
 * Listens at the window, after everything else: a form that a module sends itself is that module's.
 */

/** Before that, a sign of being busy would only flicker. */
const SHOWN_AFTER_MS = 400;
/** After that, whoever is still here may try again: the browser may have been told to stop. */
const FREE_AFTER_MS = 30_000;

/** Forms on their way, each with what makes it free again. */
const sent = new Map<HTMLFormElement, () => void>();

window.addEventListener(
  'submit',
  (event) => {
    if (!(event.target instanceof HTMLFormElement) || !sent.has(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  { capture: true },
);

window.addEventListener('submit', (event) => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || !(form instanceof HTMLFormElement)) return;
  const button = submitter instanceof HTMLButtonElement ? submitter : undefined;
  // Its own properties may be hidden behind fields of those names.
  const method = button?.formMethod || form.getAttribute('method');
  const target = button?.formTarget || form.getAttribute('target') || '_self';
  if (method !== 'post' || target !== '_self') return;
  markSent(form, button);
});

// A page that the browser kept comes back as it was left; Esc stops a page that is loading.
window.addEventListener('pageshow', freeAll);
window.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') freeAll();
});

function markSent(form: HTMLFormElement, button: HTMLButtonElement | undefined): void {
  const shown = window.setTimeout(() => {
    button?.setAttribute('aria-busy', 'true');
    button?.setAttribute('aria-disabled', 'true');
  }, SHOWN_AFTER_MS);
  const over = window.setTimeout(() => free(form), FREE_AFTER_MS);
  sent.set(form, () => {
    window.clearTimeout(shown);
    window.clearTimeout(over);
    button?.removeAttribute('aria-busy');
    button?.removeAttribute('aria-disabled');
  });
}

function free(form: HTMLFormElement): void {
  sent.get(form)?.();
  sent.delete(form);
}

function freeAll(): void {
  for (const form of sent.keys()) free(form);
}
