/**
 * Counts what is ticked in a listing, ticks all or a run of rows, and moves through the rows by
 * keys. Without this, rows are ticked one by one and the server says when none is.
 */
const BOX = 'tbody .list__pick input';

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-client~="selection"]')) {
  const boxes = (): HTMLInputElement[] => [...form.querySelectorAll<HTMLInputElement>(BOX)];
  const all = form.querySelector<HTMLInputElement>('[data-all]');
  const count = form.querySelector<HTMLElement>('[data-count]');
  let last: HTMLInputElement | undefined;

  const update = (): void => {
    const ticked = boxes().filter((box) => box.checked).length;
    if (count !== null) count.textContent = `${ticked} selected`;
    if (all === null) return;
    all.checked = ticked > 0 && ticked === boxes().length;
    all.indeterminate = ticked > 0 && !all.checked;
  };

  const tickAll = (checked: boolean): void => {
    for (const box of boxes()) box.checked = checked;
    update();
  };

  /** Ticks, or clears, everything from the row ticked before to this one. */
  const tickUpTo = (box: HTMLInputElement): void => {
    const list = boxes();
    const from = last === undefined ? -1 : list.indexOf(last);
    const to = list.indexOf(box);
    if (from === -1) return;
    for (const each of list.slice(Math.min(from, to), Math.max(from, to) + 1))
      each.checked = box.checked;
  };

  /** Ticks the row that has focus where none is, so that what a key does is done to it. */
  const tickAlone = (row: Element): void => {
    const box = row.querySelector<HTMLInputElement>('.list__pick input');
    if (box === null || boxes().some((each) => each.checked)) return;
    box.checked = true;
    last = box;
    update();
  };

  form.addEventListener('click', (event) => {
    if (!(event.target instanceof HTMLInputElement) || !event.target.matches(BOX)) return;
    if (event.shiftKey) tickUpTo(event.target);
    last = event.target;
    update();
  });
  all?.addEventListener('change', () => tickAll(all.checked));
  form.addEventListener('reset', () => setTimeout(() => tickAll(false)));

  form.addEventListener('keydown', (event) => {
    if (!(event.target instanceof Element)) return;
    const row = event.target.closest('tbody tr');
    if (row === null || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'F2') {
      tickAlone(row);
      return;
    }
    const isLetter = event.key === 'j' || event.key === 'k';
    if (isLetter && document.documentElement.dataset['letters'] === 'off') return;
    if (event.key === 'ArrowDown' || event.key === 'j') focusRow(row.nextElementSibling);
    else if (event.key === 'ArrowUp' || event.key === 'k') focusRow(row.previousElementSibling);
    else if (event.key === 'Enter' && event.target instanceof HTMLInputElement) {
      row.querySelector<HTMLAnchorElement>('th a')?.click();
    } else return;
    event.preventDefault();
  });

  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || isTyping(event.target)) return;
    const ticked = boxes().some((box) => box.checked);
    if (event.key === 'Escape' && ticked) tickAll(false);
    else if (event.key === 'a' && event.ctrlKey) tickAll(true);
    else if (
      (event.key === 'j' || event.key === 'ArrowDown') &&
      document.activeElement === document.body
    ) {
      focusRow(form.querySelector('tbody tr'));
    } else return;
    event.preventDefault();
  });

  update();
}

function focusRow(row: Element | null): void {
  row?.querySelector<HTMLElement>('.list__pick input, th a')?.focus();
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.matches('textarea, select, input:not([type="checkbox"], [type="radio"])');
}
