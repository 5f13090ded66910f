/**
 * The preview beside the editor, drawn again when the text was changed and rendered without errors.
 * Without it, the button above the preview does.
 *
 * Each drawing goes into a frame of its own, which takes the place of the old one when it is
 * loaded: the last text that rendered stays until then, and the browser's history gets no entry.
 */

const AGE_EVERY_MS = 10_000;

/** What the editor's check found; `digest` stands for the page as it would be. */
export interface Checked {
  readonly problems: readonly unknown[];
  readonly digest: string;
  readonly figures: string;
}

for (const pane of document.querySelectorAll<HTMLElement>('[data-client~="preview"]')) {
  const button = pane.querySelector<HTMLButtonElement>('button[name="action"][value="preview"]');
  const form = button?.form;
  if (button !== null && form !== null && form !== undefined) keep(pane, button, form);
}

function keep(pane: HTMLElement, button: HTMLButtonElement, form: HTMLFormElement): void {
  const status = pane.querySelector<HTMLElement>('[data-preview="status"]');
  const figures = document.querySelector<HTMLElement>('[data-preview="figures"]');
  let drawnMs = Date.now();
  let shown = '';
  let failed = false;
  let drawings = 0;

  form.addEventListener('canopy-checked', (event) => {
    const { problems, digest, figures: words } = (event as CustomEvent<Checked>).detail;
    failed = problems.length > 0;
    tellAge();
    if (figures !== null) figures.textContent = failed ? '' : words;
    if (failed || !isShown(pane) || digest === shown) return;
    shown = digest;
    draw();
  });
  form.addEventListener('submit', (event) => {
    if (event.submitter === button) drawnMs = Date.now();
  });
  for (const radio of document.querySelectorAll<HTMLInputElement>('input[name="pane"]')) {
    radio.addEventListener('change', () => {
      if (isShown(pane) && !failed) draw();
    });
  }
  window.setInterval(tellAge, AGE_EVERY_MS);
  if (isShown(pane)) draw();

  function draw(): void {
    const old = pane.querySelector<HTMLIFrameElement>('iframe');
    if (old === null || button.disabled) return;
    drawings += 1;
    const fresh = old.cloneNode(false) as HTMLIFrameElement;
    fresh.removeAttribute('src');
    fresh.name = `preview-${drawings}`;
    fresh.classList.add('is-waiting');
    old.after(fresh);
    fresh.addEventListener('load', () => {
      for (const other of pane.querySelectorAll('iframe')) if (other !== fresh) other.remove();
      fresh.classList.remove('is-waiting');
    });
    button.formTarget = fresh.name;
    form.requestSubmit(button);
    failed = false;
    tellAge();
  }

  function tellAge(): void {
    if (status === null) return;
    status.hidden = !failed;
    const seconds = Math.round((Date.now() - drawnMs) / 1000);
    const age =
      seconds < 100 ? plural(seconds, 'second') : plural(Math.round(seconds / 60), 'minute');
    if (failed) status.textContent = `Shows the last text without errors, ${age} old.`;
  }
}

/** False on a narrow screen while the source is shown. */
function isShown(pane: HTMLElement): boolean {
  return pane.offsetParent !== null;
}

function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}
