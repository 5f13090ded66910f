/**
 * The pages on which people sign in and out.
 *
 * A plugin may give pages of its own; without one there are plain ones that need neither style
 * sheet nor script. Both are forms that post back to where they are.
 */
import { createHash } from 'node:crypto';
import { escapeHtml, PLAIN_STYLE, plainDocument } from './error-page.js';
import type { PublishRequest } from './request.js';
import { Response } from './response.js';

/** What a page for signing in shows. */
export interface SignInModel {
  /** Where the form is posted to; its fields are `name`, `password`, `remember` and `next`. */
  readonly action: string;
  /** Where to go afterwards: a path on this site. */
  readonly next: string;
  /** The name that was tried; `''` at first. */
  readonly name: string;
  /** Why the last attempt was refused; `''` at first. */
  readonly message: string;
  readonly status: number;
}

/** What a page for signing out shows. */
export interface SignOutModel {
  /** Where the form is posted to. */
  readonly action: string;
  /** Who is signed in; `''` for nobody. */
  readonly name: string;
}

/** Pages that stand in for the plain ones. They are given the status and headers afterwards. */
export interface SignInPages {
  signIn(model: SignInModel, request: PublishRequest): Response;
  signOut?(model: SignOutModel, request: PublishRequest): Response;
}

let pages: SignInPages | undefined;

/** Takes a plugin's pages in place of the plain ones. */
export function useSignInPages(given: SignInPages): void {
  pages = given;
}

/** Gives the page for signing in, in whoever's form. */
export function renderSignIn(model: SignInModel, request: PublishRequest): Response {
  const response = pages?.signIn(model, request) ?? plainSignIn(model);
  response.status = model.status;
  return response;
}

/** Gives the page for signing out, in whoever's form. */
export function renderSignOut(model: SignOutModel, request: PublishRequest): Response {
  return pages?.signOut?.(model, request) ?? plainSignOut(model);
}

function plainSignIn({ action, next, name, message }: SignInModel): Response {
  return plainPage(
    'Sign in',
    `<h1>Sign in</h1>
${message === '' ? '' : `<p role="alert">${escapeHtml(message)}</p>`}
<form method="post" action="${escapeHtml(action)}">
<input type="hidden" name="next" value="${escapeHtml(next)}">
<label for="name">Name</label>
<input id="name" name="name" value="${escapeHtml(name)}" autocomplete="username" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button>
</form>`,
  );
}

function plainSignOut({ action, name }: SignOutModel): Response {
  return plainPage(
    'Sign out',
    name === ''
      ? '<h1>Signed out</h1>\n<p>Nobody is signed in here. <a href="/">Front page</a></p>'
      : `<h1>Sign out</h1>
<p>You are signed in as <strong>${escapeHtml(name)}</strong>.</p>
<form method="post" action="${escapeHtml(action)}"><button>Sign out</button></form>`,
  );
}

function plainPage(title: string, body: string): Response {
  const styleHash = createHash('sha256').update(PLAIN_STYLE).digest('base64');
  return Response.html(plainDocument(title, body)).set(
    'Content-Security-Policy',
    `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  );
}
