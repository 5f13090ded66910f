/**
 * Where the browser is, for the screens of versions: they are about versions from wherever one looks.
 */
import { browserPlace, PresentMain, type PublishRequest, type Version } from '../server/index.js';

/** Tells whether the browser is in a version, as it is now. */
export function isInVersion(request: PublishRequest, { oid }: Version): boolean {
  using main = new PresentMain(request);
  const { version, at } = browserPlace(request, main);
  return version !== undefined && version.oid === oid && at === undefined;
}
