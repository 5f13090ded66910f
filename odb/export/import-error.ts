/**
 * What is wrong with a stream that is imported.
 */
import { OdbError, type OdbErrorCode } from '../errors.js';
import type { OutsideReference } from './export-format.js';

/** References listed in the message of an error; all are in its `references`. */
const NAMED_MAX = 10;

/** The stream is not what an export is, or it cannot be imported here. Nothing is left of it. */
export class ImportError extends OdbError {
  override readonly name: string = 'ImportError';
  /** Where in the stream, in bytes from its beginning, the frame begins that is the matter. */
  readonly offset: number;

  constructor(
    offset: number,
    what: string,
    {
      code = 'ODB_IMPORT_DAMAGED',
      cause,
    }: { readonly code?: OdbErrorCode; readonly cause?: unknown } = {},
  ) {
    super(code, `At byte ${offset} of the import: ${what}`, { cause });
    this.offset = offset;
  }
}

/** What is imported refers to objects that nobody could tell here. */
export class ImportOutsideError extends OdbError {
  override readonly name = 'ImportOutsideError';
  readonly references: readonly OutsideReference[];

  constructor(references: readonly OutsideReference[]) {
    const named = references.slice(0, NAMED_MAX).map(describe);
    const more = references.length > NAMED_MAX ? ` and ${references.length - NAMED_MAX} more` : '';
    super(
      'ODB_IMPORT_OUTSIDE',
      `What is imported refers to objects that are not here: ${named.join(', ')}${more}`,
    );
    this.references = references;
  }
}

function describe({ className, path }: OutsideReference): string {
  return path === undefined ? `a ${className} without a path` : `/${path.join('/')} (${className})`;
}
