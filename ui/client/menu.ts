/**
 * Menus that close by themselves: on Escape, on a click elsewhere, and when another one opens. Arrows
 * move through them. The menu of a row is asked of the server and shown over the page. Without this,
 * menus are opened and closed by hand, and a row's button leads to its object.
 */
const MENUS = 'details[data-client~="menu"]';

for (const menu of document.querySelectorAll<HTMLDetailsElement>(MENUS)) {
  menu.addEventListener('toggle', () => {
    if (menu.open) closeMenus(menu);
  });
}

document.addEventListener('click', (event) => {
  if (!(event.target instanceof Element)) return;
  closeMenus(event.target.closest<HTMLDetailsElement>(MENUS));
  const button = event.target.closest<HTMLAnchorElement>('a[data-row-menu]');
  if (button === null || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  void openRowMenu(button);
});

document.addEventListener('keydown', (event) => {
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') move(event);
  if (event.key !== 'Escape') return;
  const open = document.querySelector<HTMLDetailsElement>(`${MENUS}[open]`);
  if (open === null) return;
  open.open = false;
  open.querySelector('summary')?.focus();
});

/** Goes to the next thing in the menu, or the one before, and around its ends. */
function move(event: KeyboardEvent): void {
  if (!(event.target instanceof Element) || event.target.matches('input, textarea')) return;
  const from = event.target;
  const menu = from.closest('.menu') ?? from.closest(`${MENUS}[open]`)?.querySelector('.menu');
  const things = [...(menu?.querySelectorAll<HTMLElement>('a, button') ?? [])];
  if (things.length === 0) return;
  const at = things.findIndex((thing) => thing === from);
  const next = event.key === 'ArrowDown' ? at + 1 : Math.max(at, 0) - 1;
  things.at(next % things.length)?.focus();
  event.preventDefault();
}

function closeMenus(except: HTMLDetailsElement | null): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>(`${MENUS}[open]`)) {
    if (menu !== except) menu.open = false;
  }
}

async function openRowMenu(button: HTMLAnchorElement): Promise<void> {
  const address = new URL(location.href);
  address.searchParams.set('part', 'row-menu');
  address.searchParams.set('id', button.dataset['rowMenu'] ?? '');
  const answer = await fetch(address);
  if (!answer.ok) {
    location.href = button.href;
    return;
  }
  const html = await answer.text();
  const menu = rowMenu();
  menu.innerHTML = html;
  // When the menu closes, focus goes back to what had it when it was shown.
  button.focus();
  menu.showPopover();
  place(menu, button.getBoundingClientRect());
  menu.querySelector<HTMLElement>('a, button')?.focus();
}

/** The one popover that every row's menu is shown in. */
function rowMenu(): HTMLElement {
  const found = document.querySelector<HTMLElement>('#row-menu');
  if (found !== null) {
    found.hidePopover();
    return found;
  }
  const menu = document.createElement('div');
  menu.id = 'row-menu';
  menu.className = 'menu menu--row';
  menu.popover = 'auto';
  menu.role = 'group';
  menu.ariaLabel = 'Actions on this object';
  (document.querySelector('main') ?? document.body).append(menu);
  return menu;
}

/** Puts a menu below its button, or above where there is no room; on a phone it is a sheet. */
function place(menu: HTMLElement, at: DOMRect): void {
  if (matchMedia('(max-width: 47.99rem)').matches) return;
  const { height, width } = menu.getBoundingClientRect();
  const below = at.bottom + height < innerHeight;
  menu.style.insetBlockStart = `${below ? at.bottom + 4 : Math.max(4, at.top - height - 4)}px`;
  menu.style.insetInlineStart = `${Math.max(4, at.right - width)}px`;
}
