/**
 * The answer of a preview: the page as a frame shows it, or why there is none.
 *
 * It is sandboxed without scripts and without an origin, and never kept. Of what the page would have
 * been sent with, only its type is taken over: no cookie, no status, no redirect.
 */
import { type FieldError, mediaType, type PublishRequest, Response } from '../server/index.js';
import { pageData } from './page.js';
import type { Rendered } from './preview-page.js';
import { render } from './render.js';

/** Answers with what was rendered, for the frame beside the editor. */
export function answerPreview(request: PublishRequest, rendered: Rendered): Response {
  if (rendered.kind === 'wrong') {
    return sandboxed(explanation(request, { problems: rendered.problems, redirect: '' }));
  }
  const { response, url } = rendered;
  const redirect = response.header('Location');
  if (redirect !== undefined) return sandboxed(explanation(request, { problems: [], redirect }));
  const contentType = response.header('Content-Type') ?? 'text/html; charset=utf-8';
  const { body } = response;
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  const isPage = mediaType(contentType) === 'text/html';
  return sandboxed(Response.text(isPage ? withBase(text, url) : text, contentType));
}

/** A page in place of the preview, which says why there is none. */
function explanation(
  request: PublishRequest,
  why: { readonly problems: readonly FieldError[]; readonly redirect: string },
): Response {
  const frame = pageData(request, { title: 'Preview', styles: ['source'] });
  const problems = why.problems.map(({ message, line = 0, column = 1 }) => ({
    message,
    line,
    column,
  }));
  return Response.html(render('preview', { problems, redirect: why.redirect }, { frame }));
}

function sandboxed(response: Response): Response {
  return response
    .set('Content-Security-Policy', 'sandbox')
    .set('Cache-Control', 'no-store')
    .set('X-Content-Type-Options', 'nosniff');
}

/** Relative links in the page are relative to where it is seen, not to the editor. */
function withBase(html: string, url: string): string {
  const base = `<base href="${encodeURI(decodeURI(url)).replaceAll('"', '%22').replaceAll('&', '&amp;')}">`;
  const head = /<head(\s[^>]*)?>/i.exec(html);
  if (head !== null) {
    const at = head.index + head[0].length;
    return html.slice(0, at) + base + html.slice(at);
  }
  const doctype = /^\s*<!doctype[^>]*>/i.exec(html)?.[0] ?? '';
  return doctype + base + html.slice(doctype.length);
}
