/**
 * The connection that a method runs on, and where it was found.
 */
import {
  connectionOf,
  type PublishRequest,
  ServerError,
  type SqlMethod,
  Unauthorized,
} from '../server/index.js';
import { screenUrl, type ViewModel } from './screen.js';
import { DRIVER_TITLES } from './screens/sql-status.js';

/** Shows it, or says why there is none. */
export function connectionShown(method: SqlMethod, request: PublishRequest): ViewModel {
  const { connectionId } = method;
  try {
    const connection = connectionOf(request, method);
    const { container, driver, connected, path } = connection;
    return {
      id: connectionId,
      path,
      href: request.policy.may('View management screens', connection)
        ? screenUrl(connection, 'connection')
        : '',
      from: container === method.container ? '' : (container?.path ?? '/'),
      driver: DRIVER_TITLES[driver],
      connected,
      problem: '',
    };
  } catch (error) {
    if (!(error instanceof ServerError) || error instanceof Unauthorized) throw error;
    return { id: connectionId, problem: error.message };
  }
}
