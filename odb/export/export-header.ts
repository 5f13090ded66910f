/**
 * Looking at the beginning of an exported subtree, before anything is done with it.
 */
import { EXPORT_MAGIC } from './export-format.js';
import { ImportError } from './import-error.js';
import { ImportFrames, valueOf } from './import-frames.js';
import { headerOf } from './import-shapes.js';
import { isPlainObject, own } from '../value.js';

/** How many bytes `isExport` has to see. */
export const EXPORT_MAGIC_BYTES = EXPORT_MAGIC.length;

/** What an export says of itself. */
export interface ExportSummary {
  /** Objects in it: nodes of maps and lists are none here, maps and lists are. */
  readonly objects: number;
  readonly className: string;
  /** Ids from the root of the database it was exported from; absent where it had no path. */
  readonly path?: readonly string[];
}

/** Tells whether bytes are the beginning of an export. */
export function isExport(beginning: Uint8Array): boolean {
  return EXPORT_MAGIC.equals(beginning.subarray(0, EXPORT_MAGIC_BYTES));
}

/**
 * Reads what an export says of itself. Reads no further than that, and lets go of the stream.
 *
 * @throws ImportError `ODB_IMPORT_DAMAGED` for what is no export; `ODB_IMPORT_FORMAT` when a newer
 *   release wrote it
 */
export async function readExportSummary(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<ExportSummary> {
  const frames = new ImportFrames(stream);
  try {
    await frames.begin();
    const frame = await frames.take('H');
    const { objects } = headerOf(frame);
    const header = valueOf(frame, () => {
      throw new ImportError(frame.offset, 'a header refers to no object');
    });
    const className = isPlainObject(header) ? own(header, 'className') : undefined;
    const path = isPlainObject(header) ? own(header, 'path') : undefined;
    return {
      objects,
      className: typeof className === 'string' ? className : '',
      ...(isIds(path) ? { path } : {}),
    };
  } finally {
    await frames.close();
  }
}

function isIds(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((id) => typeof id === 'string');
}
