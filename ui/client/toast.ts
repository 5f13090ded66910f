/**
 * Takes a toast away after ten seconds in which nobody points at it or has focus in it, and takes
 * `done` out of the address, so that a reload does not tell the same again. Without this, a toast
 * stays until it is closed. A module that put another toast in its place says so with the event
 * `canopy-toast`.
 */
const SHOWN_MS = 10_000;

const address = new URL(location.href);
if (address.searchParams.has('done')) {
  address.searchParams.delete('done');
  history.replaceState(history.state, '', address);
}

keepAll();
document.addEventListener('canopy-toast', keepAll);

function keepAll(): void {
  const toasts = document.querySelectorAll<HTMLElement>('[data-client~="toast"] .toast');
  for (const toast of toasts) keep(toast);
}

function keep(toast: HTMLElement): void {
  let timer = 0;
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!toast.matches(':hover, :focus-within')) toast.remove();
    }, SHOWN_MS);
  };
  for (const event of ['pointerleave', 'focusout']) toast.addEventListener(event, wait);
  for (const event of ['pointerenter', 'focusin']) {
    toast.addEventListener(event, () => clearTimeout(timer));
  }
  toast.querySelector('a[data-close]')?.addEventListener('click', (event) => {
    event.preventDefault();
    toast.remove();
  });
  wait();
}
