/**
 * Compares two revisions as soon as they are chosen. Without it, the Compare button does.
 */
import { addressOf, swap } from './lib/swap.js';

const PLACES = ['[data-history="revisions"]', '[data-history="comparison"]'];

for (const screen of document.querySelectorAll<HTMLElement>('[data-client~="history"]')) {
  screen.addEventListener('change', (event) => {
    const radio = event.target;
    if (!(radio instanceof HTMLInputElement) || radio.type !== 'radio') return;
    const { form, name, value } = radio;
    if (form?.dataset['history'] !== 'revisions') return;
    screen.setAttribute('aria-busy', 'true');
    void swap(addressOf(form), PLACES).finally(() => {
      screen.removeAttribute('aria-busy');
      const again = `[name="${name}"][value="${CSS.escape(value)}"]`;
      screen.querySelector<HTMLElement>(again)?.focus();
    });
  });
}
