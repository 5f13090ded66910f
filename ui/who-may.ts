/**
 * What a refusal comes down to: the permission somebody lacks, and who has it. Told are the roles,
 * never the people who have them.
 */
import {
  type Content,
  contentAt,
  type LackingPermission,
  type PublishRequest,
  type ServerError,
  siteRoot,
  Unauthorized,
} from '../server/index.js';

/**
 * Says what was lacking; `undefined` when it was no permission, or not the reader who lacked it: an
 * author of what ran may have.
 */
export function lackingInWords(error: ServerError, request: PublishRequest): string | undefined {
  const { permission, path } = ownLack(error, request)?.lacking ?? {};
  return permission === undefined
    ? undefined
    : `You lack the permission “${permission}” at ${path ?? ''}.`;
}

/** Lists the roles that have the permission that was lacking, for readers who may view the object. */
export function rolesThatMay(error: ServerError, request: PublishRequest): readonly string[] {
  const lack = ownLack(error, request);
  return lack !== undefined && request.policy.may('View', lack.object) ? lack.lacking.roles : [];
}

function ownLack(
  error: ServerError,
  { connection, policy }: PublishRequest,
): { readonly lacking: LackingPermission; readonly object: Content } | undefined {
  const lacking = error instanceof Unauthorized ? error.lacking : undefined;
  if (lacking === undefined) return undefined;
  const object = contentAt(siteRoot(connection), lacking.path);
  const isOwn = object !== undefined && !policy.may(lacking.permission, object);
  return isOwn ? { lacking, object } : undefined;
}
