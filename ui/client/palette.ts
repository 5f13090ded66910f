/**
 * The palette: the screen "Go to" over the page, answered by the server as one types. Without this,
 * the field in the bar leads to that screen.
 */
import { fetchPart } from './lib/part.js';

const ASK_AFTER_MS = 120;

const dialog = document.querySelector<HTMLDialogElement>('dialog[data-client~="palette"]');
const input = dialog?.querySelector('input') ?? null;
const list = dialog?.querySelector<HTMLElement>('[role="listbox"]') ?? null;

if (dialog !== null && input !== null && list !== null) {
  const address = dialog.dataset['href'] ?? '';
  let asked = 0;
  let timer = 0;
  /** What the list is an answer to. */
  let answered: string | undefined;

  const ask = async (): Promise<void> => {
    asked += 1;
    const mine = asked;
    const wanted = input.value;
    const html = await fetchPart(`${address}?q=${encodeURIComponent(wanted)}`, 'go-to-options');
    if (mine !== asked || html === undefined) return;
    list.innerHTML = html;
    answered = wanted;
    choose(0);
  };

  /** Follows the option that is chosen; who types faster than the server answers waits for it. */
  const open = async (): Promise<void> => {
    clearTimeout(timer);
    if (answered !== input.value) await ask();
    if (answered !== input.value) return;
    list.querySelector<HTMLElement>('[aria-selected="true"]')?.click();
  };

  const choose = (index: number): void => {
    const options = [...list.querySelectorAll<HTMLElement>('[role="option"]')];
    const chosen = options.at(options.length === 0 ? 0 : index % options.length);
    for (const option of options) option.ariaSelected = String(option === chosen);
    input.setAttribute('aria-activedescendant', chosen?.id ?? '');
    chosen?.scrollIntoView({ block: 'nearest' });
  };

  const chosenIndex = (): number =>
    [...list.querySelectorAll('[role="option"]')].findIndex(
      (option) => option.ariaSelected === 'true',
    );

  for (const opener of document.querySelectorAll('[data-opens="palette"]')) {
    opener.addEventListener('click', (event) => {
      event.preventDefault();
      dialog.showModal();
      input.select();
      void ask();
    });
  }

  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), ASK_AFTER_MS);
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') choose(chosenIndex() + 1);
    else if (event.key === 'ArrowUp') choose(Math.max(-1, chosenIndex() - 1));
    else if (event.key === 'Enter') void open();
    else return;
    event.preventDefault();
  });
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
}
