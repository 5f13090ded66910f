/**
 * Brings the tab of this page into sight where there are more tabs than fit beside each other.
 * Without it, the first ones are in sight.
 */
const tabs = document.querySelector<HTMLElement>('.tabs');
const current = tabs?.querySelector<HTMLElement>('[aria-current="page"]') ?? null;

if (tabs !== null && current !== null) {
  const { left, right } = current.getBoundingClientRect();
  const sight = tabs.getBoundingClientRect();
  if (right > sight.right || left < sight.left) {
    tabs.scrollLeft += right - sight.right + sight.width / 2 - current.offsetWidth / 2;
  }
}
