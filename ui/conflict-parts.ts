/**
 * What both sides changed of one object, as somebody decides it: texts in pieces, all else as a choice
 * of what main has, what the version has, and, where that can be, of both or of another value.
 *
 * Fields of the form are named by digests of what they are about, so that a choice that was made fits
 * only what it was made for, whatever has been changed since.
 */
import {
  bothOf,
  type ConflictPart,
  type ContentType,
  File,
  type Form,
  type OpenConflict,
  type PublishRequest,
} from '../server/index.js';
import { digestOf, nameOfPiece, piecesOf, type TextPiece } from './conflict-text.js';
import { readable } from './content-state.js';
import { wordOf } from './diff-fields.js';
import { textOf } from './edit-values.js';

/** A choice among values. */
export interface ValuePart {
  readonly kind: 'value';
  readonly name: string;
  readonly field: string;
  readonly ownField: string;
  readonly label: string;
  readonly words: Readonly<Record<'base' | 'main' | 'version' | 'both', string>>;
  readonly hasBoth: boolean;
  /** How another value is written; `none`: it is one of the two. */
  readonly own: 'none' | 'line' | 'area';
  /** Makes a value of what was written. */
  readonly valueOf: (written: string) => unknown;
}

/** An open piece of a text, with the names of its fields. */
export interface NamedPiece extends TextPiece {
  readonly field: string;
  readonly ownField: string;
}

export interface TextPart {
  readonly kind: 'text';
  readonly name: string;
  readonly label: string;
  readonly pieces: readonly NamedPiece[];
}

export type DecidedPart = ValuePart | TextPart;

/** How paths of objects are found that a state refers to. */
type PathOf = (oid: number) => string | undefined;

/** Values of more than one line, or longer than this, are decided as texts. */
const LINE_MAX = 160;

/** What is stored beside what people set, and has no name of its own on any screen. */
const LABELS: Readonly<Record<string, string>> = {
  passwordHash: 'Password',
  data: 'Content',
  imported: 'Mark of the last import',
};

/** Lists what is to be decided of an object: fields first, then texts, then settings and places. */
export function partsOf(
  request: PublishRequest,
  conflict: OpenConflict,
  pathOf: PathOf,
): readonly DecidedPart[] {
  const { type, base, main, version } = conflict;
  const shown = [base, main.state, version.state].map((state) => readable(type, state, pathOf));
  const labels = new Map(shown.flatMap((each) => [...each.labels]));
  const words = (name: string, index: number): string => wordOf(shown[index]?.values[name]);
  const sideWords = (name: string, value: unknown, index: number): string =>
    value === undefined ? 'Not there' : words(name, index);
  const parts = conflict.parts.map((part): DecidedPart => {
    const label = labels.get(part.name) ?? LABELS[part.name] ?? part.name;
    const texts = textsOf(request, conflict, part);
    if (texts !== undefined) {
      const pieces = namedPieces(part.name, piecesOf(texts));
      return { kind: 'text', name: part.name, label, pieces };
    }
    const key = digestOf(part.name);
    const { own, valueOf } = ownOf(type, part);
    const both = bothOf(part);
    return {
      ...{ kind: 'value', name: part.name, label, own, valueOf },
      ...{ field: `part-${key}`, ownField: `own-${key}` },
      words: {
        base: words(part.name, 0),
        main: labels.has(part.name) ? sideWords(part.name, part.main, 1) : 'What main has',
        version: labels.has(part.name)
          ? sideWords(part.name, part.version, 2)
          : 'What the version has',
        both: both === undefined ? '' : bothInWords(both),
      },
      hasBoth: both !== undefined && canSet(type, part),
    };
  });
  return parts.toSorted((a, b) => rankOf(a) - rankOf(b));
}

/** Fields first, then texts, then what is about security and places. */
function rankOf({ kind, name }: DecidedPart): number {
  if (name === 'title') return 0;
  if (/^(permission:|localRole:|roles$|owner$|proxyRoles$|place$)/.test(name)) return 3;
  return kind === 'text' ? 2 : 1;
}

/** Gives three texts, where a part is one and not just a line. */
function textsOf(
  request: PublishRequest,
  { type, base, main, version }: OpenConflict,
  part: ConflictPart,
): { base: string; main: string; version: string } | undefined {
  const texts =
    part.name === 'data'
      ? [base, main.state, version.state].map((state) => fileText(request, type, state))
      : [part.base, part.main, part.version].map(plainText);
  const [was = '', theirs, mine] = texts;
  if (theirs === undefined || mine === undefined) return undefined;
  const isLong = [was, theirs, mine].some((text) => text.includes('\n') || text.length > LINE_MAX);
  const isText = part.name === 'data' || part.name === 'source' || isLong;
  return isText ? { base: was, main: theirs, version: mine } : undefined;
}

function plainText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || !('value' in value)) return undefined;
  return typeof value.value === 'string' ? value.value : undefined;
}

/** Reads the bytes of a file's state as text, where they are. */
function fileText(
  request: PublishRequest,
  type: ContentType | undefined,
  state: OpenConflict['base'],
): string | undefined {
  if (type === undefined || state === undefined) return undefined;
  const { place: _place, ...own } = state;
  const file = new type.class(own);
  return file instanceof File ? textOf(file, request) : undefined;
}

function namedPieces(name: string, pieces: readonly TextPiece[]): readonly NamedPiece[] {
  const key = digestOf(name);
  const counts = new Map<string, number>();
  return pieces.map((piece) => {
    if (piece.kind !== 'open') return { ...piece, field: '', ownField: '' };
    const digest = nameOfPiece(piece);
    const count = (counts.get(digest) ?? 0) + 1;
    counts.set(digest, count);
    const id = `${key}-${digest}${count === 1 ? '' : `-${count}`}`;
    return { ...piece, field: `piece-${id}`, ownField: `text-${id}` };
  });
}

/** Says how another value than the two is written, and read. */
function ownOf(
  type: ContentType | undefined,
  part: ConflictPart,
): Pick<ValuePart, 'own' | 'valueOf'> {
  const asWritten = (written: string): unknown => written;
  if (!canSet(type, part)) return { own: 'none', valueOf: asWritten };
  if (part.name === 'title') return { own: 'line', valueOf: (written) => written.trim() };
  if (part.name.startsWith('properties.')) {
    const value = propertyValue(part.version) ?? propertyValue(part.main);
    if (typeof value === 'boolean') return { own: 'none', valueOf: asWritten };
    return { own: Array.isArray(value) ? 'area' : 'line', valueOf: asWritten };
  }
  const field = type?.fields.find(({ name }) => name === part.name);
  switch (field?.choices === undefined ? field?.kind : undefined) {
    case 'text':
      return { own: 'line', valueOf: asWritten };
    case 'number':
      return { own: 'line', valueOf: Number };
    case 'list':
      return { own: 'area', valueOf: linesIn };
    default:
      return { own: 'none', valueOf: asWritten };
  }
}

/** Tells whether another value can be given than one of the sides has. */
function canSet(type: ContentType | undefined, { name, main, version }: ConflictPart): boolean {
  if (name === 'title' || /^(permission:|localRole:)/.test(name)) return true;
  if (name.startsWith('properties.')) {
    // What one side took away has no type that a value could be of.
    return main !== undefined && version !== undefined;
  }
  const field = type?.fields.find((each) => each.name === name);
  return field !== undefined && field.readonly !== true && field.writeOnly !== true;
}

function propertyValue(property: unknown): unknown {
  return typeof property === 'object' && property !== null && 'value' in property
    ? property.value
    : undefined;
}

function bothInWords(both: unknown): string {
  const roles: unknown =
    typeof both === 'object' && both !== null && 'roles' in both ? both.roles : both;
  return wordOf(roles);
}

function linesIn(written: string): readonly string[] {
  return written
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Gives what was chosen for a field, as far as it is one of what may be. */
export function chosenIn<T extends string>(
  form: Form | undefined,
  field: string,
  allowed: readonly T[],
): T | undefined {
  const given = form?.text(field) ?? '';
  return allowed.find((each) => each === given);
}
