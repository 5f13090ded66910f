/**
 * A difference of two revisions as the history screen shows it: fields, properties and settings of
 * security apart from each other, and images beside each other.
 */
import {
  type Content,
  mediaType,
  type Oid,
  pathAt,
  type PublishRequest,
  sizeInWords,
  type Tid,
} from '../server/index.js';
import { isReverted, isSecurity, type StoredState } from './content-state.js';
import type { FieldChange, StateDiff } from './diff-fields.js';

/** Fields of one kind. */
interface Part {
  readonly title: string;
  readonly fields: readonly (FieldChange & { readonly reverted: boolean })[];
  /** These stay as they are when a state is restored, unless that is asked for. */
  readonly kept: boolean;
}

/**
 * Groups the short values that differ.
 *
 * @param options.hasPictures the bytes are shown already, and not told of in words
 */
export function partsOf(
  { fields }: StateDiff,
  { hasPictures }: { readonly hasPictures: boolean },
): readonly Part[] {
  const kindOf = (name: string): (typeof KINDS)[number]['kind'] => {
    if (isSecurity(name)) return 'security';
    return name.startsWith('properties.') ? 'property' : 'field';
  };
  return KINDS.map(({ kind, title }) => ({
    title,
    kept: kind === 'security',
    fields: fields
      .filter(({ name }) => kindOf(name) === kind && !(hasPictures && name === 'data'))
      .map((field) => ({ ...field, reverted: isReverted(field.name) })),
  })).filter((part) => part.fields.length > 0);
}

const KINDS = [
  { kind: 'field', title: 'Fields' },
  { kind: 'property', title: 'Properties' },
  { kind: 'security', title: 'Security' },
] as const;

/** A picture as it was. */
interface Picture {
  readonly src: string;
  /** `460 × 300, 21 kB`. */
  readonly words: string;
}

/** Gives two states of an image, where their bytes differ and both can be shown. */
export function picturesOf(
  request: PublishRequest,
  object: Content,
  sides: Readonly<Record<'before' | 'after', { readonly tid: Tid; readonly state: StoredState }>>,
): { readonly before: Picture; readonly after: Picture } | undefined {
  const { before, after } = sides;
  if (hashIn(before.state) === hashIn(after.state)) return undefined;
  const [left, right] = [before, after].map((side) => pictureOf(request, object.oid, side));
  return left === undefined || right === undefined ? undefined : { before: left, after: right };
}

function pictureOf(
  { connection }: PublishRequest,
  oid: Oid | undefined,
  { tid, state }: { readonly tid: Tid; readonly state: StoredState },
): Picture | undefined {
  const { contentType, width, height } = state;
  const isPicture = typeof contentType === 'string' && mediaType(contentType).startsWith('image/');
  const path = oid === undefined ? undefined : pathAt(connection, oid, tid);
  if (!isPicture || path === undefined || hashIn(state) === undefined) return undefined;
  const url = path.split('/').map(encodeURIComponent).join('/');
  const { sizeBytes } = state['blob'] as { readonly sizeBytes: number };
  const size =
    typeof width === 'number' && typeof height === 'number' ? `${width} × ${height}, ` : '';
  return { src: `${url}?@at=${tid}`, words: `${size}${sizeInWords(sizeBytes)}` };
}

function hashIn(state: StoredState): string | undefined {
  return (state['blob'] as { readonly sha256?: string } | undefined)?.sha256;
}
