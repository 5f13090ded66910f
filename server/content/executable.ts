/**
 * Content that runs: templates and documents.
 *
 * An executable acts with what its caller *and every author* may do. Its authors are its creator
 * and everyone who changed its source since, by whatever door, until someone takes ownership.
 */
import { set, text } from '../../odb/index.js';
import { Content } from './content.js';

export abstract class Executable extends Content {
  static {
    this.define('canopy.Executable', { source: text(), authors: set(), proxyRoles: set() });
  }

  declare source: string;
  /** Principal keys. */
  declare authors: readonly string[];
  /** Roles it runs with in place of its caller's; empty: the caller's own. */
  declare proxyRoles: readonly string[];

  get size(): number {
    return Buffer.byteLength(this.source);
  }
}

export function isExecutable(value: unknown): value is Executable {
  return value instanceof Executable;
}
