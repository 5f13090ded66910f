/**
 * Objects that one transaction takes into a catalog, or out of it.
 *
 * They are indexed together, which writes each node of an index once. What the answer rests on is
 * held until the transaction is saved: the definitions of the catalog, and where folders stand.
 */
import type { Connection, Oid } from '../../odb/index.js';
import type { CatalogedDocument } from '../catalog/catalog-index.js';
import type { Catalog } from './catalog.js';
import { ancestorsIn, cataloged } from './cataloged.js';
import type { Content } from './content.js';

export class DocumentBatch {
  readonly #connection: Connection;
  readonly #catalog: Catalog;
  readonly #documents = new Map<Oid, CatalogedDocument>();
  #isHeld = false;
  #hasMoved = false;

  constructor(connection: Connection, catalog: Catalog) {
    this.#connection = connection;
    this.#catalog = catalog;
  }

  /**
   * Takes an object in, as it is now; one that is in no folder of the catalog is left alone.
   * @param changedMs the moment of the transaction, where that changes the object
   */
  put(object: Content, changedMs?: number): void {
    const { oid } = object;
    const folder = this.#catalog.container;
    if (oid === undefined || folder === undefined) return;
    if (changedMs === undefined && this.#documents.has(oid)) return;
    const ancestors = ancestorsIn(object, folder);
    if (ancestors === undefined) return;
    const document = cataloged(object, ancestors, changedMs);
    // Two transactions that change settings of one object are merged; its mark must not be lost.
    const { store } = this.#catalog;
    const isMarked = document.ownSettings || store.documents.place(oid)?.ownSettings === true;
    if (isMarked) this.#connection.readCurrent(object);
    this.#documents.set(oid, document);
  }

  /** Takes an object out. */
  remove(oid: Oid): void {
    this.#documents.delete(oid);
    const { store } = this.#catalog;
    if (!store.hasDocument(oid)) return;
    this.#hold();
    store.removeDocument(oid);
  }

  /** Says that something moved with all that is below it. */
  noteMove(): void {
    if (this.#hasMoved) return;
    this.#hasMoved = true;
    this.#catalog.derived.moves.count += 1;
  }

  /** Indexes what was taken in. @param only names of indexes; default: all, and the columns */
  index(only?: readonly string[]): number {
    if (this.#documents.size === 0) return 0;
    this.#hold();
    return this.#catalog.store.indexDocuments(this.#documents, only);
  }

  /** Whoever changes definitions, or moves a folder, at the same time makes this begin again. */
  #hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#connection.readCurrent(this.#catalog.store);
    this.#connection.readCurrent(this.#catalog.derived.moves);
  }
}
