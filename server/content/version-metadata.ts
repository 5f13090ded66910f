/**
 * What versions keep beside the objects, in the storage's metadata: no transactions, no history, not
 * undone. The main thread reads it, too, so this module needs none of the classes of content.
 *
 * Marks of what each person has seen, links for a preview, and reminders of times that were set.
 */
import { createHash } from 'node:crypto';
import type { Oid, Storage, VersionSize } from '../../odb/index.js';
import { type ListedMetadata, sweep } from '../security/metadata.js';

const MARKS = 'reviewed:';
const PREVIEWS = 'preview:';
const REMINDERS = 'scheduled:';

/** What is kept of a link for a preview, under the digest of its token. */
export interface StoredPreview {
  readonly version: Oid;
  /** Principal key of who made it. */
  readonly user: string;
  readonly createdMs: number;
  readonly untilMs: number;
}

/** That a version is to be looked at, at a time. */
export interface Reminder {
  readonly version: Oid;
  readonly atMs: number;
  /** Principal key of who set the time. */
  readonly user: string;
  /** Where the version was then. */
  readonly path: string;
}

/** What the names of somebody's marks in a version begin with; an oid follows. */
export function marksPrefix(version: Oid, principalKey: string): string {
  return `${MARKS}${version}:${digestOf(principalKey)}:`;
}

export function previewKey(token: string): string {
  return PREVIEWS + digestOf(token);
}

export function isPreview(value: unknown): value is StoredPreview {
  return typeof value === 'object' && value !== null && 'version' in value && 'untilMs' in value;
}

/** Lists all links, those that are over included, each with the key that it is kept under. */
export async function listStoredPreviews(
  metadata: Pick<Storage, 'listMeta'>,
): Promise<readonly (readonly [key: string, stored: StoredPreview])[]> {
  const entries = await metadata.listMeta(PREVIEWS);
  return entries.flatMap(([key, value]) => (isPreview(value) ? [[key, value] as const] : []));
}

export function reminderKey({ version, atMs }: Pick<Reminder, 'version' | 'atMs'>): string {
  return `${REMINDERS}${version}:${atMs}`;
}

/** Lists the reminders, each with the key that it is kept under. */
export async function listReminders(
  metadata: Pick<Storage, 'listMeta'>,
): Promise<readonly (readonly [key: string, reminder: Reminder])[]> {
  const entries = await metadata.listMeta(REMINDERS);
  return entries.map(([key, value]) => [key, value as Reminder] as const);
}

/** Removes the marks in versions that hold nothing any more. */
export async function sweepMarks(
  metadata: ListedMetadata,
  versions: readonly VersionSize[],
): Promise<void> {
  const held = new Set(versions.map(({ version }) => String(version)));
  const over = (await metadata.listMeta(MARKS)).filter(
    ([key]) => !held.has(key.slice(MARKS.length).split(':', 1)[0] ?? ''),
  );
  if (over.length === 0) return;
  await metadata.setMeta(Object.fromEntries(over.map(([key]) => [key, undefined])));
}

/** Removes the links whose time is over. */
export function sweepPreviews(metadata: ListedMetadata, nowMs: number): Promise<number> {
  return sweep(metadata, PREVIEWS, (value) => !isPreview(value) || value.untilMs <= nowMs);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
