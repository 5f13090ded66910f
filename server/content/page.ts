/**
 * Pages: what an object answers when it is published.
 *
 * `View` is asked of the object whose page it is and of what is called on it; whatever the page
 * touches is asked as it is touched. An object without a page leads those who manage it to its
 * screens, and is not there for anyone else.
 */
import type { Context } from '../../acquisition/index.js';
import { MethodNotAllowed, NotFound } from '../errors.js';
import { Response } from '../publisher/response.js';
import { stepTo } from '../publisher/traverse.js';
import { contentTypes } from './content-type.js';
import type { Content } from './content.js';
import { findUrlRows, UrlRow } from './url-row.js';
import type { PageRequest } from './work.js';

const METHODS = ['GET', 'HEAD', 'POST'] as const;

/**
 * Answers a request that names no view.
 *
 * @throws NotFound when the path leads nowhere, or to an object without a page
 * @throws Unauthorized when the user may not view what was asked for
 * @throws MethodNotAllowed for any method but `GET`, `HEAD` and `POST`
 */
export function publishPage(request: PageRequest): Response | Promise<Response> {
  if (request.missing.length > 0) return answerMissing(request);
  if (!METHODS.some((method) => method === request.method)) {
    throw new MethodNotAllowed(`${request.path} answers to ${METHODS.join(', ')}`, {
      allow: METHODS,
    });
  }
  findUrlRows(request);
  const called = calledByButton(request);
  if (called !== undefined) return showPage(called.object, request, called.context);
  const { executable, object, context } = request;
  if (executable !== undefined) request.policy.require('View', object);
  else if (context.object instanceof UrlRow) return Response.json(context.object);
  return showPage(executable ?? object, request, context, { canonical: true });
}

/**
 * Answers an object's page.
 *
 * @param context what a method is called on; for any other object, the object as it was reached
 * @param options.canonical first send the visitor to the path with, or without, its final slash
 */
export function showPage(
  object: Content,
  request: PageRequest,
  context: Context,
  options: { readonly canonical?: boolean } = {},
): Response | Promise<Response> {
  const type = contentTypes.of(object);
  if (type.page === undefined) return answerWithoutPage(object, request);
  request.policy.require('View', object);
  if (options.canonical === true && !request.mayWrite && request.slash !== object.isFolder) {
    return canonicalRedirect(request);
  }
  return type.page(object, request, context);
}

function canonicalRedirect(request: PageRequest): Response {
  const path = request.slash ? request.path.replace(/\/+$/, '') : `${request.path}/`;
  return Response.redirect(request.rawQuery === '' ? path : `${path}?${request.rawQuery}`, 301);
}

/** Managers of old type `manage`; it leads to the screens where no object has that name. */
function answerMissing(request: PageRequest): Response {
  const [first, second] = request.missing;
  if ((first === 'manage' || first === 'manage_main') && second === undefined) {
    return Response.redirect(screensOf(request.object));
  }
  throw new NotFound(`There is nothing at ${request.path}`);
}

function answerWithoutPage(object: Content, request: PageRequest): Response {
  if (request.policy.may('View management screens', object)) {
    return Response.redirect(screensOf(object));
  }
  throw new NotFound(`There is nothing to see at ${request.path}`);
}

/** Gives the URL of an object's screens in the admin. */
function screensOf(object: Content): string {
  return object.url.endsWith('/') ? `${object.url}@manage` : `${object.url}/@manage`;
}

/** A button named `save:method` calls `save` on the object. */
function calledByButton(
  request: PageRequest,
): { readonly object: Content; readonly context: Context } | undefined {
  const name = request.form.method;
  if (name === undefined || request.executable !== undefined) return undefined;
  const step = stepTo(request.context, name);
  if (step === undefined) throw new NotFound(`There is no “${name}” to call at ${request.path}`);
  const object = step.object as Content;
  const isMethod = contentTypes.of(object).method === true;
  if (isMethod) request.policy.require('View', request.object);
  return { object, context: isMethod ? request.context : step };
}
