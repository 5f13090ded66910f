/**
 * What waits for a database, on the status screen of its connection.
 */
import {
  type PublishRequest,
  type SqlConnection,
  unfinishedIn,
  type UnfinishedItem,
} from '../server/index.js';
import type { ViewModel } from './screen.js';
import { whoIs } from './who.js';

/** Transactions on a page, and statements of each. */
const ITEMS_SHOWN_MAX = 50;
const STATEMENTS_SHOWN_MAX = 10;

/** Shows what waits; nothing in the past, where it would be what waited then. */
export function unfinishedShown(connection: SqlConnection, request: PublishRequest): ViewModel {
  const { at, version } = request.connection;
  if (at !== undefined) return { count: 0 };
  const { items, isKnown, problem, mayGiveUp } = unfinishedIn(request, connection);
  return {
    count: items.length,
    isKnown,
    problem: problem ?? null,
    mayTry: mayGiveUp && connection.connected,
    mayGiveUp: mayGiveUp && version === undefined,
    isSeen: mayGiveUp,
    items: items.slice(0, ITEMS_SHOWN_MAX).map((item) => itemShown(item, connection)),
    leftOut: Math.max(0, items.length - ITEMS_SHOWN_MAX),
  };
}

function itemShown(item: UnfinishedItem, { address, path }: SqlConnection): ViewModel {
  const { mark, madeMs, by, statements, problem, isPrepared } = item;
  return {
    ...whoIs(by),
    ...{ mark, madeMs, isPrepared },
    isRefused: problem !== undefined,
    through: item.path === path ? '' : item.path,
    elsewhere: item.url === address ? '' : item.url,
    statements: statements.slice(0, STATEMENTS_SHOWN_MAX),
    leftOut: Math.max(0, statements.length - STATEMENTS_SHOWN_MAX),
  };
}
