/**
 * Shows what undoing would do as soon as a transaction is ticked or a filter is set. Without it, the
 * Show button does.
 */
import { addressOf, swap } from './lib/swap.js';

const PLACES = ['[data-undo="list"]', '[data-undo="plan"]'];

for (const screen of document.querySelectorAll<HTMLElement>('[data-client~="undo"]')) {
  const show = (form: HTMLFormElement, places: readonly string[]): void => {
    screen.setAttribute('aria-busy', 'true');
    void swap(addressOf(form), places).finally(() => screen.removeAttribute('aria-busy'));
  };
  screen.addEventListener('change', (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) return;
    const form = field.form;
    if (form?.dataset['undo'] !== 'list') return;
    if (field.type === 'search') return;
    const [box] = [field.name === 'tid' ? `[name="tid"][value="${CSS.escape(field.value)}"]` : ''];
    screen.setAttribute('aria-busy', 'true');
    void swap(addressOf(form), PLACES).finally(() => {
      screen.removeAttribute('aria-busy');
      if (box !== '') screen.querySelector<HTMLInputElement>(box)?.focus();
      else screen.querySelector<HTMLElement>(`[name="${CSS.escape(field.name)}"]`)?.focus();
    });
  });
  screen.addEventListener('submit', (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset['undo'] !== 'list') return;
    event.preventDefault();
    show(form, PLACES);
  });
}
