/**
 * What a file says its object should be.
 *
 * Two digests tell later what changed: of what the file said, and of the object as it was left.
 */
import { createHash } from 'node:crypto';
import type { Content } from '../content/content.js';
import { contentTypes } from '../content/content-type.js';
import { contentTypeOf } from '../content/data.js';
import type { PropertyPatch } from '../content/properties.js';
import { BadRequest } from '../errors.js';
import { unreadable } from './directory.js';
import type { LinkIndex } from './links.js';
import { type ImportNote, refusedNote } from './note.js';
import { type PlannedObject, planText, titleFrom } from './plan.js';

export interface Wanted {
  readonly title: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly properties: readonly PropertyPatch[];
  /** Its bytes are to be stored, under this media type. */
  readonly contentType?: string;
  /** Digest of what the file says. */
  readonly given: string;
  readonly notes: readonly ImportNote[];
}

/** Reads a file. Answers a note when it cannot be taken. */
export async function readWanted(
  planned: PlannedObject,
  links: LinkIndex,
): Promise<Wanted | ImportNote> {
  const { file, type } = planned;
  const shown = file.segments.join('/');
  try {
    if (type === 'File' || type === 'Image') return await readBytes(planned);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.read());
    const { notes, ...said } = planText(planned, text, links);
    return { ...said, given: digest(JSON.stringify(Object.values(said))), notes };
  } catch (error) {
    return refusedNote(shown, reasonOf(error));
  }
}

async function readBytes({ file }: PlannedObject): Promise<Wanted> {
  const name = file.segments.at(-1) ?? '';
  const contentType = contentTypeOf(name);
  return {
    title: titleFrom(name.replace(/\.[^.]+$/, '')),
    fields: { contentType, filename: name.replaceAll(/\p{Cc}/gu, '-') },
    properties: [],
    contentType,
    given: digestOfBytes(await file.sha256(), contentType),
    notes: [],
  };
}

/** Gives the digest of a file of bytes. */
export function digestOfBytes(sha256: string, contentType: string): string {
  return digest(sha256, contentType);
}

/** Gives the digest of what an import sets in an object: title, fields, properties. */
export function digestOf(object: Content): string {
  const fields = contentTypes.of(object).read(object);
  return digest(JSON.stringify([object.title, fields, object.properties]));
}

function digest(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('base64url');
}

/**
 * Says why a file could not be read. The directory is not ours: what lies in it may change, or be
 * closed to us.
 *
 * @throws the error when it is of any other kind
 */
export function reasonOf(error: unknown): string {
  if (isNotUtf8(error)) return 'its text is not UTF-8';
  if (error instanceof BadRequest) return error.message;
  if (error instanceof Error && 'errno' in error) return unreadable(error);
  throw error;
}

function isNotUtf8(error: unknown): boolean {
  return (
    error instanceof TypeError &&
    'code' in error &&
    error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
  );
}
