/**
 * Jobs for catalogs: what a request leaves to be indexed is indexed in the background.
 */
import { Catalog } from '../content/catalog.js';
import { deriveCatalogs, takePending } from '../content/deriving.js';
import { reindexOrder } from '../jobs/reindex.js';
import { principalKey } from '../security/principal.js';
import type { PublishRequest } from './request.js';

/**
 * Orders the jobs that a request makes necessary so far, for an answer that names one.
 * @returns the id of the first; `undefined` when there is nothing to be done
 */
export function orderFilling(request: PublishRequest): string | undefined {
  const { connection, user } = request;
  if (![...connection.changed].some((object) => object instanceof Catalog)) return undefined;
  deriveCatalogs(connection);
  const { version } = connection;
  const commands = takePending(connection.transaction).flatMap((oid) => {
    const catalog = connection.find(oid);
    if (!(catalog instanceof Catalog)) return [];
    const about = { user: principalKey(user), path: catalog.path };
    const where = version === undefined ? {} : { version };
    return [reindexOrder(about, { catalog: oid, ...where })];
  });
  for (const command of commands) request.order(command);
  return commands[0]?.order.id;
}
