/**
 * Goes to another address of the same screen without leaving the page: its parts are taken from the
 * answer, and the address bar follows.
 */
import { actionOf } from './server.js';

let newest = 0;

/**
 * Shows what the server answers at `url` in the places named, and makes it the page's address.
 * When there is no answer, the browser goes there itself, so nothing is ever silently old.
 *
 * @param selectors places that both pages have
 */
export async function swap(url: URL, selectors: readonly string[]): Promise<void> {
  newest += 1;
  const mine = newest;
  const response = await fetch(url, { headers: { Accept: 'text/html' } }).catch(() => undefined);
  if (mine !== newest) return;
  if (response?.ok !== true || response.redirected) {
    location.assign(url);
    return;
  }
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  if (mine !== newest) return;
  const focused = document.activeElement?.id ?? '';
  for (const selector of selectors) {
    const fresh = page.querySelector(selector);
    const old = document.querySelector(selector);
    if (fresh !== null && old !== null) old.replaceWith(fresh);
  }
  if (focused !== '' && document.activeElement === document.body) {
    document.getElementById(focused)?.focus();
  }
  history.replaceState(null, '', url);
}

/** The address that a form with the method `get` leads to, without its empty fields. */
export function addressOf(form: HTMLFormElement): URL {
  const url = actionOf(form);
  url.search = '';
  for (const [name, value] of new FormData(form)) {
    if (typeof value === 'string' && value !== '') url.searchParams.append(name, value);
  }
  return url;
}
