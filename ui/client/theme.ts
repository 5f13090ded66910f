/**
 * Changes the theme at once and keeps the choice in the background. Without this, the button sends
 * its form and the page comes back in the other theme.
 */
interface Look {
  readonly next: string;
  readonly words: string;
  readonly icon: string;
}

/** What each choice looks like; the server's list says the same. */
const LOOKS: Readonly<Record<string, Look>> = {
  system: { next: 'light', words: 'as the system', icon: 'contrast' },
  light: { next: 'dark', words: 'light', icon: 'sun' },
  dark: { next: 'system', words: 'dark', icon: 'moon' },
};

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-client~="theme"]')) {
  form.addEventListener('submit', (event) => {
    const field = form.querySelector<HTMLInputElement>('input[name="theme"]');
    const look = field === null ? undefined : LOOKS[field.value];
    if (field === null || look === undefined) return;
    event.preventDefault();
    const body = new URLSearchParams({ action: 'theme', theme: field.value });
    const address = form.getAttribute('action') ?? '';
    void fetch(address, { method: 'POST', body, redirect: 'manual' });
    if (field.value === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = field.value;
    show(form, look);
    field.value = look.next;
  });
}

function show(form: HTMLFormElement, look: Look): void {
  const button = form.querySelector('button');
  button?.setAttribute('aria-label', `Colour theme: ${look.words}`);
  const use = form.querySelector('use');
  use?.setAttribute('href', (use.getAttribute('href') ?? '').replace(/#.*$/, `#i-${look.icon}`));
}
