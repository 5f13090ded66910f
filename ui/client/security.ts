/**
 * The matrix of permissions while it is being changed: cells follow their row's switch, what is not
 * saved is counted, and a field narrows the rows. Without it, saving shows the cells as they are.
 */

for (const screen of document.querySelectorAll<HTMLElement>('[data-client~="security"]')) {
  const form = screen.querySelector<HTMLFormElement>('form#matrix');
  if (form !== null) watch(screen, form);
}

function watch(screen: HTMLElement, form: HTMLFormElement): void {
  const status = document.querySelector<HTMLElement>('[data-security="status"]');
  const filter = screen.querySelector<HTMLInputElement>('[data-security="filter"]');
  let leaving = false;

  form.addEventListener('change', (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement)) return;
    const row = field.closest('tr');
    if (field.name === 'acquire' && row !== null) followSwitch(row, field.checked);
    count();
  });
  form.addEventListener('submit', () => {
    leaving = true;
  });
  window.addEventListener('beforeunload', (event) => {
    if (!leaving && changes() > 0) event.preventDefault();
  });
  filter?.addEventListener('input', () => narrow(form, filter.value));
  count();

  function changes(): number {
    let number = 0;
    for (const field of form.querySelectorAll<HTMLInputElement>('input[type="checkbox"]')) {
      if (field.checked !== field.defaultChecked) number += 1;
    }
    return number;
  }

  function count(): void {
    if (status === null) return;
    const number = changes();
    status.hidden = number === 0;
    status.textContent = number === 1 ? '1 change not saved' : `${number} changes not saved`;
  }
}

/** What is allowed above is acquired while the switch is on, and cut off while it is not. */
function followSwitch(row: HTMLTableRowElement, acquire: boolean): void {
  for (const cell of row.querySelectorAll<HTMLElement>('.perm[data-above]')) {
    cell.classList.toggle('perm--acq', acquire);
    cell.classList.toggle('perm--cut', !acquire);
    const box = cell.querySelector('input');
    const [subject = ''] = (box?.ariaLabel ?? '').split(':');
    const state = acquire ? 'allowed, acquired from above' : 'allowed above, cut off here';
    if (box !== null && !box.checked) box.ariaLabel = `${subject}: ${state}`;
  }
}

function narrow(form: HTMLFormElement, words: string): void {
  const wanted = words.trim().toLowerCase();
  for (const body of form.querySelectorAll('tbody')) {
    let shown = 0;
    for (const row of body.querySelectorAll<HTMLElement>('tr[data-permission]')) {
      const name = row.dataset['permission']?.toLowerCase() ?? '';
      row.hidden = !name.includes(wanted);
      if (!row.hidden) shown += 1;
    }
    body.hidden = shown === 0;
  }
}
