/**
 * Applies a filter as soon as it is chosen, and lets rows be dragged to their place where the
 * listing shows its own order. Without this, a button applies the filter and arrows move rows.
 */
for (const form of document.querySelectorAll<HTMLFormElement>('form[data-client~="sort"]')) {
  for (const field of form.querySelectorAll('select')) {
    field.addEventListener('change', () => {
      const order = form.querySelector<HTMLInputElement>('input[name="order"]');
      if (field.name === 'sort') order?.remove();
      form.requestSubmit();
    });
  }
  form.addEventListener('submit', () => {
    for (const field of form.querySelectorAll<HTMLInputElement | HTMLSelectElement>(
      'input, select',
    )) {
      if (field.value === '') field.disabled = true;
    }
  });
}

const before = document.querySelector<HTMLButtonElement>('button[data-drag-before]');
const table = before?.form?.querySelector('tbody') ?? null;

if (before !== null && table !== null) {
  let dragged: HTMLTableRowElement | undefined;
  let target: HTMLTableRowElement | undefined;
  for (const row of table.rows) row.draggable = idOf(row) !== '';

  const mark = (row: HTMLTableRowElement | undefined): void => {
    target?.classList.remove('is-dropped-before');
    target = row;
    target?.classList.add('is-dropped-before');
  };
  table.addEventListener('dragstart', (event) => {
    dragged = event.target instanceof HTMLTableRowElement ? event.target : undefined;
    event.dataTransfer?.setData('text/plain', idOf(dragged));
  });
  table.addEventListener('dragover', (event) => {
    if (dragged === undefined || !(event.target instanceof Element)) return;
    event.preventDefault();
    const row = event.target.closest('tr') ?? undefined;
    const box = row?.getBoundingClientRect();
    const isLower = box !== undefined && event.clientY > box.top + box.height / 2;
    const next = row?.nextElementSibling;
    mark(isLower ? (next instanceof HTMLTableRowElement ? next : undefined) : row);
  });
  table.addEventListener('drop', (event) => {
    if (dragged === undefined) return;
    event.preventDefault();
    for (const box of table.querySelectorAll<HTMLInputElement>('input[name="id"]')) {
      box.checked = box.value === idOf(dragged);
    }
    const place = before.form?.querySelector<HTMLInputElement>('input[name="before"]');
    if (place) place.value = idFrom(target);
    before.click();
  });
  table.addEventListener('dragend', () => {
    mark(undefined);
    dragged = undefined;
  });
}

/** The id of the object in a row; `''` where it was removed. */
function idOf(row: HTMLTableRowElement | undefined): string {
  return row?.querySelector<HTMLInputElement>('input[name="id"]')?.value ?? '';
}

/** The id of the first object from a row on that is there; `''` at the end. */
function idFrom(row: HTMLTableRowElement | undefined): string {
  let at: Element | null = row ?? null;
  while (at instanceof HTMLTableRowElement && idOf(at) === '') at = at.nextElementSibling;
  return at instanceof HTMLTableRowElement ? idOf(at) : '';
}
