/**
 * Opens and closes branches of the tree in place, and moves in it with the arrow keys. Without this,
 * a branch is opened by its link, which shows the page again.
 */
import { fetchPart } from './lib/part.js';

const tree = document.querySelector<HTMLElement>('[data-client~="tree"]');

tree?.addEventListener('click', (event) => {
  if (!(event.target instanceof Element) || event.ctrlKey || event.metaKey) return;
  const twist = event.target.closest<HTMLAnchorElement>('.tree__twist');
  if (twist === null) return;
  event.preventDefault();
  void turn(twist.href, [...tree.querySelectorAll('.tree__twist')].indexOf(twist));
});

async function turn(href: string, index: number): Promise<void> {
  const html = await fetchPart(href, 'tree');
  if (tree === null || html === undefined) {
    location.href = href;
    return;
  }
  const parsed = new DOMParser().parseFromString(html, 'text/html').querySelector('.tree');
  if (parsed !== null) tree.replaceChildren(parsed);
  history.replaceState(history.state, '', href);
  tree.querySelectorAll<HTMLElement>('.tree__twist')[index]?.focus();
}

tree?.addEventListener('keydown', (event) => {
  if (!(event.target instanceof HTMLElement)) return;
  const row = event.target.closest('.tree__row');
  const twist = row?.querySelector<HTMLAnchorElement>('.tree__twist');
  const isOpen = twist?.ariaExpanded === 'true';
  if (event.key === 'ArrowDown') step(event.target, 1);
  else if (event.key === 'ArrowUp') step(event.target, -1);
  else if (event.key === 'ArrowRight' && twist && !isOpen) twist.click();
  else if (event.key === 'ArrowLeft' && twist && isOpen) twist.click();
  else return;
  event.preventDefault();
});

function step(from: HTMLElement, by: 1 | -1): void {
  const links = [...(tree?.querySelectorAll<HTMLElement>('.tree__link') ?? [])];
  const row = from.closest('.tree__row')?.querySelector<HTMLElement>('.tree__link') ?? null;
  links[links.findIndex((link) => link === row) + by]?.focus();
}

/** `[` hides the tree and brings it back where it stands beside the object. */
document.addEventListener('keydown', (event) => {
  const side = tree?.closest<HTMLElement>('.side');
  if (event.key !== '[' || event.defaultPrevented || !side || side.popover === null) return;
  if (event.target instanceof HTMLElement && event.target.matches('input, textarea, select'))
    return;
  if (document.documentElement.dataset['letters'] === 'off') return;
  if (matchMedia('(max-width: 56.24rem)').matches) side.togglePopover();
  else side.hidden = !side.hidden;
});

tree?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
