/**
 * Status: whether there is a way to a database, over which connections, and what is left to be
 * finished there; opening and closing the way, finishing what is left, and giving it up.
 */
import {
  CHANGE_CONNECTIONS,
  connectionStatus,
  type Content,
  finishNow,
  giveUpUnfinished,
  OPEN_CONNECTIONS,
  type PublishRequest,
  setConnected,
  SqlConnection,
} from '../../server/index.js';
import { defineScreen, type Outcome, screenUrl, type ViewModel } from '../screen.js';
import { unfinishedShown } from '../sql-unfinished-shown.js';

export const DRIVER_TITLES = {
  sqlite: 'SQLite',
  postgres: 'PostgreSQL',
  mysql: 'MariaDB or MySQL',
};

export function isSqlConnection(object: Content): object is SqlConnection {
  return object instanceof SqlConnection;
}

export const sqlStatus = defineScreen<SqlConnection>({
  path: 'connection',
  tab: 'Status',
  icon: 'sql-connection',
  view: 'sql-status',
  help: 'sql',
  permission: 'View management screens',
  styles: ['database', 'source', 'sql'],
  appliesTo: isSqlConnection,
  show,
  actions: {
    open: { run: (connection, request) => setOpen(connection, request, true) },
    close: { run: (connection, request) => setOpen(connection, request, false) },
    again: { permission: CHANGE_CONNECTIONS, run: tryAgain },
    'give-up': { permission: CHANGE_CONNECTIONS, run: giveUp },
  },
});

function show(connection: SqlConnection, request: PublishRequest): ViewModel {
  const { driver, address, sealedPassword, connected } = connection;
  const { policy } = request;
  const isPast = request.connection.at !== undefined;
  const status = connectionStatus(request, connection);
  return {
    action: screenUrl(connection, 'connection'),
    driver: DRIVER_TITLES[driver],
    address,
    isFile: driver === 'sqlite',
    hasPassword: sealedPassword !== '',
    connected,
    server: status.server ?? '',
    problem: connected ? (status.problem ?? '') : '',
    isEncrypted: status.isEncrypted,
    canPrepare: status.canPrepare,
    sessions: status.sessions,
    unfinished: unfinishedShown(connection, request),
    mayOpen: !isPast && policy.may(OPEN_CONNECTIONS, connection),
    editHref:
      !isPast && policy.may(CHANGE_CONNECTIONS, connection)
        ? screenUrl(connection, 'properties')
        : '',
  };
}

function setOpen(connection: SqlConnection, request: PublishRequest, connected: boolean): Outcome {
  setConnected(request, connection, connected);
  return { goTo: 'connection', message: `It is ${connected ? 'open' : 'closed'} already` };
}

async function tryAgain(connection: SqlConnection, request: PublishRequest): Promise<Outcome> {
  const problem = await finishNow(request, connection);
  const message =
    problem === undefined
      ? 'Nothing waits for this database any more'
      : `It could not be finished: ${problem}`;
  return { goTo: 'connection', message };
}

function giveUp(connection: SqlConnection, request: PublishRequest): Outcome {
  giveUpUnfinished(request, connection, request.form.all('mark'));
  return { goTo: 'connection' };
}
