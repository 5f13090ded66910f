/**
 * Keys: presses what the page marks with `data-key`, goes to the tab marked with `data-go` after `g`,
 * and opens the help of all keys with `?`. Single letters count outside fields only, and not at all
 * where the account says so. Without this, everything is reached with Tab.
 */
const GO_WITHIN_MS = 1500;

let wentAt = 0;

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing || event.metaKey) return;
  const inField = isField(event.target);
  const isLetter = event.key.length === 1 && !event.ctrlKey && !event.altKey;
  if (isLetter && (inField || document.documentElement.dataset['letters'] === 'off')) return;
  if (document.querySelector('dialog[open]') !== null) return;
  if (isLetter && go(event.key)) {
    event.preventDefault();
    return;
  }
  if (inField && !event.ctrlKey && !event.key.startsWith('F')) return;
  if (inField && event.ctrlKey && 'acvx'.includes(event.key)) return;
  if (press(nameOf(event))) event.preventDefault();
});

/** `Ctrl Shift s`, `F2`, `a`: as the page writes it. */
function nameOf(event: KeyboardEvent): string {
  const shift = event.shiftKey && event.key.length > 1 ? 'Shift ' : '';
  return `${event.ctrlKey ? 'Ctrl ' : ''}${event.altKey ? 'Alt ' : ''}${shift}${event.key}`;
}

function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement)
    return !/^(checkbox|radio|button|submit|reset)$/.test(target.type);
  return target.isContentEditable || target.matches('textarea, select');
}

/** Answers `g`, and the letter after it. */
function go(letter: string): boolean {
  if (performance.now() - wentAt < GO_WITHIN_MS) {
    wentAt = 0;
    const tab = document.querySelector<HTMLAnchorElement>(`[data-go="${CSS.escape(letter)}"]`);
    tab?.click();
    return tab !== null;
  }
  if (letter === 'g') wentAt = performance.now();
  return letter === 'g';
}

/** Tells whether something can be seen, or could be by opening the menu that it stands in. */
function isAtHand(element: HTMLElement): boolean {
  if (element.checkVisibility()) return true;
  const menu = element.closest<HTMLDetailsElement>('details:not([open])');
  return menu?.querySelector('summary')?.checkVisibility() === true;
}

/** Presses what is marked with the key, if it is at hand. */
function press(key: string): boolean {
  if (['Ctrl c', 'Ctrl x'].includes(key) && getSelection()?.isCollapsed === false) return false;
  const marked = document.querySelectorAll<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
  for (const element of marked) {
    if (!isAtHand(element) || element.matches(':disabled')) continue;
    if (element instanceof HTMLDetailsElement) {
      element.open = true;
      element.querySelector<HTMLElement>('a, button, input')?.focus();
    } else if (element.matches('input, select, textarea')) element.focus();
    else element.click();
    return true;
  }
  return false;
}
