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
  /**
   * How the request came to be in it: by the header or the cookie that names it, by asking the Version
   * itself, or by a link for a preview. In a preview it is done as Anonymous.
   */
  readonly by: 'header' | 'cookie' | 'url' | 'preview';
  /** Of a preview, when it ends. */
  readonly preview?: { readonly until: Date };
}
