/**
 * The connections by which one publisher thread works in versions.
 *
 * Each keeps what it has loaded for the next request in its version. They are few, and one that
 * nobody uses is closed after a while: an open view keeps a pack from giving room back.
 */
import type { Connection, Database, Oid } from '../../odb/index.js';

/** How many versions a thread keeps connections to; the one used longest ago goes. */
export const VERSION_CONNECTIONS_MAX = 4;
/** How long a connection is kept that nobody uses. */
export const IDLE_MS = 60_000;

interface Held {
  readonly connection: Connection;
  usedMs: number;
}

export class VersionConnections implements Disposable {
  readonly #database: Database;
  /** Used longest ago first. */
  readonly #held = new Map<Oid, Held>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** How many objects they have loaded. */
  get cachedObjects(): number {
    let count = 0;
    for (const { connection } of this.#held.values()) count += connection.cachedObjects;
    return count;
  }

  /** Gives the connection to a version, in a transaction that begins on the newest state. */
  take(version: Oid, nowMs: number): Connection {
    const held = this.#held.get(version);
    this.#held.delete(version);
    const connection = held?.connection ?? this.#database.connect({ version });
    this.#held.set(version, { connection, usedMs: nowMs });
    for (const [oldest] of this.#held) {
      if (this.#held.size <= VERSION_CONNECTIONS_MAX) break;
      this.#close(oldest);
    }
    connection.abort();
    connection.begin();
    return connection;
  }

  /** Closes those that were not used for a while. */
  closeIdle(nowMs: number): void {
    for (const [version, { usedMs }] of this.#held) {
      if (nowMs - usedMs > IDLE_MS) this.#close(version);
    }
  }

  [Symbol.dispose](): void {
    for (const version of [...this.#held.keys()]) this.#close(version);
  }

  #close(version: Oid): void {
    this.#held.get(version)?.connection.close();
    this.#held.delete(version);
  }
}
