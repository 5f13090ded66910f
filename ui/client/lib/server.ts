/**
 * Asking the server from a screen's module: a form's action as JSON, and parts of the page as HTML.
 */
import type { Problem } from './source-problems.js';

/** What became of a form that was sent. */
export type Sent =
  | { readonly kind: 'done'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'unreachable' };

/** Where a form leads. Its own `action` may be hidden behind a button of that name. */
export function actionOf(form: HTMLFormElement): URL {
  return new URL(form.getAttribute('action') ?? location.href, location.href);
}

/** Sends a form's fields with an action's name, and tells what became of it. */
export async function send(form: HTMLFormElement, action: string): Promise<Sent> {
  const body = new FormData(form);
  body.set('action', action);
  let response: Response;
  try {
    response = await fetch(actionOf(form), {
      method: 'POST',
      body,
      headers: { Accept: 'application/json' },
    });
  } catch {
    return { kind: 'unreachable' };
  }
  const type = response.headers.get('Content-Type') ?? '';
  if (response.redirected || !/json/.test(type)) {
    return { kind: 'refused', status: response.status };
  }
  const answer = (await response.json()) as Readonly<Record<string, unknown>>;
  if (response.ok) return { kind: 'done', body: answer };
  if (response.status === 422) return { kind: 'invalid', problems: problemsIn(answer) };
  return { kind: 'refused', status: response.status };
}

/** Reads the `errors` of an answer. */
export function problemsIn(answer: Readonly<Record<string, unknown>>): readonly Problem[] {
  const errors = answer['errors'];
  return Array.isArray(errors) ? (errors as readonly Problem[]) : [];
}

/**
 * Gets a part of this page, and puts it in the place of an element.
 *
 * @param url address of the page whose part it is
 * @returns the new element; `undefined` when there was no answer, and the old one stays
 */
export async function refresh(
  element: Element,
  url: URL,
  part: string,
): Promise<Element | undefined> {
  const address = new URL(url);
  address.searchParams.set('part', part);
  const response = await fetch(address, { headers: { Accept: 'text/html' } }).catch(
    () => undefined,
  );
  if (response?.ok !== true || response.redirected) return undefined;
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html').body;
  const replacement = fresh.firstElementChild;
  if (replacement === null) return undefined;
  element.replaceWith(replacement);
  return replacement;
}
