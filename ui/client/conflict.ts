/**
 * Deciding conflicts: counts what is open, goes from one to the next, and takes a side throughout.
 * Without it, the server says what is still open, and all choices are there all the same.
 */
for (const screen of document.querySelectorAll<HTMLElement>('[data-client~="conflict"]')) {
  const form = screen.querySelector<HTMLFormElement>('form#conflict');
  if (form !== null) watch(form);
}

function watch(form: HTMLFormElement): void {
  const parts = [...form.querySelectorAll<HTMLElement>('[data-conflict-part]')];
  const save = document.querySelector<HTMLElement>('[data-conflict="save"]');
  const counts = form.querySelectorAll<HTMLElement>('[data-conflict="count"]');
  const left = form.querySelector<HTMLElement>('[data-conflict="left"]');
  let isChanged = false;
  // Whoever goes through the choices by keyboard is not taken elsewhere by passing one.
  let isPointed = false;

  form.addEventListener('pointerdown', () => {
    isPointed = true;
  });
  form.addEventListener('keydown', () => {
    isPointed = false;
  });
  form.addEventListener('change', ({ target }) => {
    isChanged = true;
    const isOwn = target instanceof HTMLInputElement && target.value === 'own';
    if (isOwn && isPointed && target.type === 'radio') ownField(target)?.focus();
    tell();
  });
  form.addEventListener('input', ({ target }) => {
    if (!(target instanceof HTMLElement) || target.dataset['conflict'] !== 'own') return;
    const radio = target.parentElement?.querySelector<HTMLInputElement>('input[type="radio"]');
    if (radio !== null && radio !== undefined) radio.checked = true;
    isChanged = true;
    tell();
  });
  form.addEventListener('submit', (event) => {
    const [first] = open();
    if (first === undefined) isChanged = false;
    else {
      event.preventDefault();
      goTo(first);
    }
  });
  window.addEventListener('beforeunload', (event) => {
    if (isChanged) event.preventDefault();
  });
  for (const link of form.querySelectorAll<HTMLElement>('[data-conflict-take]')) {
    link.addEventListener('click', (event) => {
      event.preventDefault();
      take(link.closest('.panes3'), link.dataset['conflictTake'] ?? '');
      isChanged = true;
      tell();
    });
  }
  for (const [name, step] of [
    ['next', 1],
    ['previous', -1],
  ] as const) {
    const link = document.querySelector<HTMLElement>(`[data-conflict="${name}"]`);
    link?.addEventListener('click', (event) => {
      event.preventDefault();
      const next = nextOpen(step);
      if (next === undefined) save?.focus();
      else goTo(next);
    });
  }
  tell();

  function open(): HTMLElement[] {
    return parts.filter((part) => part.querySelector('input[type="radio"]:checked') === null);
  }

  /** The next open part after the one that has the focus, going round at the end. */
  function nextOpen(step: 1 | -1): HTMLElement | undefined {
    const here = parts.findIndex((part) => part.contains(document.activeElement));
    const start = here === -1 && step === -1 ? parts.length : here;
    const isOpen = new Set(open());
    for (let moved = 1; moved <= parts.length; moved += 1) {
      const part = parts[(start + step * moved + 2 * parts.length) % parts.length];
      if (part !== undefined && isOpen.has(part)) return part;
    }
    return undefined;
  }

  function tell(): void {
    const isOpen = open();
    const names = isOpen.map((part) => part.dataset['conflictPart'] ?? '');
    const isDone = names.length === 0;
    for (const count of counts) {
      const where = count.closest('section') ?? form;
      const number = isOpen.filter((part) => where.contains(part)).length;
      count.hidden = number === 0;
      const words = count.querySelector('span');
      if (words !== null) words.textContent = `${number} open`;
    }
    if (left === null || parts.length === 0) return;
    const amount = names.length === 1 ? '1 is' : `${names.length} are`;
    left.textContent = isDone
      ? 'Nothing is open any more. Save the result.'
      : `${amount} still open: ${names.join('; ')}`;
  }
}

function goTo(part: HTMLElement): void {
  part.querySelector<HTMLElement>('input[type="radio"]')?.focus({ preventScroll: true });
  part.scrollIntoView({ block: 'center' });
}

function take(panes: Element | null, side: string): void {
  const radios = panes?.querySelectorAll<HTMLInputElement>('input[type="radio"]') ?? [];
  for (const radio of radios) if (radio.value === side) radio.checked = true;
}

/** The field for what is written by hand, beside or below its radio. */
function ownField(radio: HTMLInputElement): HTMLElement | null {
  const part = radio.closest('.hunk, .conflict__own');
  return part?.querySelector<HTMLElement>('[data-conflict^="own"]') ?? null;
}
