/**
 * Who made a transaction, as lists say it beside what it changed.
 */
import { parsePrincipal, type PublishRequest, type Tid } from '../server/index.js';

/** How many transactions' users a thread remembers; what a tid says never changes. */
const USERS_REMEMBERED_MAX = 20_000;

const users = new Map<Tid, string>();

/** The name of whoever made a transaction; `''` where it says none. */
export function userOf(tid: Tid, request: PublishRequest): string {
  let name = users.get(tid);
  if (name === undefined) {
    const key = request.connection.transactionRecord(tid)?.user;
    name = key === undefined ? '' : (parsePrincipal(key)?.name ?? key);
    if (users.size >= USERS_REMEMBERED_MAX) users.clear();
    users.set(tid, name);
  }
  return name;
}
