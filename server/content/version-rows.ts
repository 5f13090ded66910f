/**
 * What a version does to single objects, for lists that show a few of many: each is one or two
 * look-ups, however much the version holds.
 */
import { type Oid, type Reader, TID_ZERO } from '../../odb/index.js';
import { Content } from './content.js';
import { siteRoot } from './places.js';
import type { Work } from './work.js';

/** What a version has of an object. */
export interface VersionRow {
  /** `undefined`: the version has nothing of its own of it, and shows what main has. */
  readonly kind: 'added' | 'changed' | 'removed' | undefined;
  /** Main has changed it since the version did, or has removed it. */
  readonly elsewhere: boolean;
}

const AS_MAIN: VersionRow = { kind: undefined, elsewhere: false };

/**
 * Looks up what the version has of each of some objects. To be disposed of.
 *
 * The rows are as of the moment that the work sees. In main, all are as main has them.
 */
export class VersionRows implements Disposable {
  readonly #reader: Reader;
  readonly #connection: Work['connection'];

  /** @param work in the version */
  constructor({ connection, site }: Pick<Work, 'connection' | 'site'>) {
    this.#connection = connection;
    this.#reader = site.storage.snapshot();
  }

  /**
   * @param object as the version has it or as main does
   * @returns where it stands counts as part of it, and what it holds does not
   */
  of({ oid }: Pick<Content, 'oid'>): VersionRow {
    const { version, tid } = this.#connection;
    if (oid === undefined || version === undefined) return AS_MAIN;
    const entry = this.#reader.overlay(version, oid, tid);
    if (entry === undefined || entry.live) return AS_MAIN;
    if (entry.basedOn === TID_ZERO) return { kind: 'added', elsewhere: false };
    const main = this.#reader.revision(oid, tid);
    const elsewhere = main !== undefined && main.tid <= tid && main.tid > entry.basedOn;
    return { kind: this.#stands(oid) ? 'changed' : 'removed', elsewhere };
  }

  [Symbol.dispose](): void {
    this.#reader.close();
  }

  #stands(oid: Oid): boolean {
    const found = this.#connection.find(oid);
    return found instanceof Content && found.isWithin(siteRoot(this.#connection));
  }
}

/** Tells whether main has changed an object that the version changed, too. One look-up. */
export function changedElsewhere(
  work: Pick<Work, 'connection' | 'site'>,
  object: Pick<Content, 'oid'>,
): boolean {
  using rows = new VersionRows(work);
  return rows.of(object).elsewhere;
}
