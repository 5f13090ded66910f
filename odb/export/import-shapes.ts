/**
 * What the frames of an import have to be, made sure of before anything is done with them.
 */
import { EXPORT_FORMAT, type OutsideReference } from './export-format.js';
import { ImportError } from './import-error.js';
import { valueOf, type Frame } from './import-frames.js';
import { OID_MAX } from '../oid.js';
import type { MakeReference } from '../records/record.js';
import { isPlainObject, own, type State } from '../value.js';

/** Longest path of an object outside, in ids. */
const PATH_IDS_MAX = 10_000;

/** How many objects there are. */
export interface Numbered {
  readonly objects: number;
  readonly outside: number;
}

export interface ImportedRecord {
  readonly className: string;
  readonly state: State;
}

/** @throws ImportError, `ODB_IMPORT_FORMAT` for a format that is not known */
export function headerOf(frame: Frame): Numbered {
  const { offset } = frame;
  const header = valueOf(frame, none(frame));
  if (!isPlainObject(header)) throw new ImportError(offset, 'there is no header');
  const format = own(header, 'format');
  if (format !== EXPORT_FORMAT) {
    throw new ImportError(
      offset,
      `the export has format ${String(format)}, and this release reads ${EXPORT_FORMAT}. Use a newer release`,
      { code: 'ODB_IMPORT_FORMAT' },
    );
  }
  const [objects, outside] = [own(header, 'objects'), own(header, 'outside')];
  if (!isCount(objects) || !isCount(outside) || objects === 0) {
    throw new ImportError(offset, 'the header does not say how many objects there are');
  }
  if (objects + outside > OID_MAX) throw new ImportError(offset, 'there are too many objects');
  return { objects, outside };
}

/** @throws ImportError when the frame is not that of the object outside with this number */
export function outsideOf(frame: Frame, number: number): OutsideReference {
  const value = valueOf(frame, none(frame));
  const [found, className, path] = Array.isArray(value) ? (value as unknown[]) : [];
  if (found !== number || typeof className !== 'string' || !(path === null || isPath(path))) {
    throw new ImportError(frame.offset, `there is no reference to the outside number ${number}`);
  }
  return { className, path: path ?? undefined };
}

/** @throws ImportError when the frame is not that of the object with this number */
export function recordOf(frame: Frame, number: number, reference: MakeReference): ImportedRecord {
  const value = valueOf(frame, reference);
  const [found, className, state] = Array.isArray(value) ? (value as unknown[]) : [];
  if (found !== number || typeof className !== 'string' || !isPlainObject(state)) {
    throw new ImportError(frame.offset, `there is no object number ${number}`);
  }
  return { className, state: { ...state } };
}

/** @throws ImportError when the frame holds no entries */
export function entriesIn(frame: Frame, reference: MakeReference): readonly unknown[] {
  const value = valueOf(frame, reference);
  if (!Array.isArray(value)) throw new ImportError(frame.offset, 'there are no entries');
  return value as readonly unknown[];
}

function none({ offset }: Frame): MakeReference {
  return () => {
    throw new ImportError(offset, 'there is a reference where none can be');
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isPath(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length <= PATH_IDS_MAX &&
    value.every((id) => typeof id === 'string')
  );
}
