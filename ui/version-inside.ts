/**
 * Where the browser is, for the screens of versions: they are about versions from wherever one looks.
 */
import {
  browserPlace,
  type Content,
  JOIN_PERMISSION,
  PresentMain,
  type PublishRequest,
  Version,
} from '../server/index.js';

/** Tells whether the browser is in a version, as it is now. */
export function isInVersion(request: PublishRequest, { oid }: Version): boolean {
  using main = new PresentMain(request);
  const { version, at } = browserPlace(request, main);
  return version !== undefined && version.oid === oid && at === undefined;
}

/** Where what was done to a Version itself is listed for those who may be in it: beside what was done in it. */
export const ABOUT_VERSION = 'activity/about';

/** Path of the screen that shows the transactions about a Version; `undefined` for anything else. */
export function inActivity(object: Content, { policy }: PublishRequest): string | undefined {
  const isShown = object instanceof Version && policy.may(JOIN_PERMISSION, object);
  return isShown ? ABOUT_VERSION : undefined;
}
