/**
 * The version that a request is in, as it stood in main when the request began.
 */
import type { Oid } from '../../odb/index.js';
import type { Version } from '../content/version.js';

export interface RequestVersion {
  /** The object in main. */
  readonly object: Version;
  readonly oid: Oid;
  readonly path: string;
  readonly title: string;
}
