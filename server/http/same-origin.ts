/**
 * Cross-site requests: who may send one that changes the site.
 *
 * A browser sends a visitor's cookies and passwords along with what any page of any site makes it
 * send. It also says where a request came from, and that cannot be forged from a page. So an
 * unsafe request that says it comes from elsewhere is refused; one that says nothing of the kind
 * comes from a program, which acts on its own account.
 */
import { isSafeMethod } from '../publisher/methods.js';

const SAME_SITES: ReadonlySet<string> = new Set(['same-origin', 'none']);

/**
 * Says why a request is refused as cross-site; `undefined` when it is not.
 *
 * @param headers names in lower case
 * @param origin scheme and host by which the visitor addresses us
 */
export function crossSiteReason(
  method: string,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  origin: string,
): string | undefined {
  if (isSafeMethod(method)) return undefined;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && !SAME_SITES.has(String(site))) {
    return `The browser says that a page of another site sent this (Sec-Fetch-Site: ${String(site)}).`;
  }
  const from = headers['origin'];
  if (from !== undefined && String(from).toLowerCase() !== origin.toLowerCase()) {
    return (
      `The browser says that a page of ${String(from)} sent this, and this site is ${origin}. ` +
      'Behind a proxy, name it with --trusted-proxy.'
    );
  }
  return undefined;
}
