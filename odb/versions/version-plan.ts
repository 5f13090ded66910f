/**
 * What a check-in, an update or a discard of a version would do.
 *
 * A plan rests on one snapshot and writes nothing. States hold `Ref`s. Whatever both sides changed
 * and nothing can merge is a conflict; it is resolved by planning again with a resolution for it.
 */
import { OdbError, type ConflictReason } from '../errors.js';
import type { ListEdit } from '../trees/list-hunks.js';
import type { Oid } from '../oid.js';
import { classNameOf, decodeRecord } from '../records/record.js';
import type { EntryChange, OverlayWrite } from '../writes.js';
import type { Tid } from '../tid.js';
import type { State } from '../value.js';

/**
 * How a conflict is resolved.
 *
 * `'version'` and `'main'`: what is in conflict is as that side has it, and the rest is merged.
 * `state`: the object is to have these attributes. `keys`: the same for each key of a map, where
 * `value` is the value it is to have (`undefined`: none).
 */
export type Resolution =
  | 'version'
  | 'main'
  | { readonly state: Readonly<State> }
  | { readonly keys: ReadonlyMap<string, KeyResolution> };

/** What a key of a map is to be: as one side has it, or a value. */
export type KeyResolution = 'version' | 'main' | { readonly value: unknown };

/** Which part of a version a plan is about. */
export interface VersionPlanOptions {
  /**
   * Only these objects, with what they need: new containers they are in, what began in the version
   * and they lead to, the entries of maps that refer to them, and their parts. Default: everything.
   */
  readonly objects?: readonly Oid[];
  /** Told now and then how many of how many entries have been looked at. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Ends the planning with its reason. */
  readonly signal?: AbortSignal;
}

/** What a check-in or an update takes along, and how its conflicts are resolved. */
export interface CheckInOptions extends VersionPlanOptions {
  /** How conflicts are resolved, by object. */
  readonly resolve?: ReadonlyMap<Oid, Resolution>;
}

/** Something that the version and main both changed, and that cannot be merged. */
export interface VersionConflict {
  readonly oid: Oid;
  readonly className: string;
  /** Attributes of an object, positions in a list; empty when it is about the whole. */
  readonly fields: readonly string[];
  /** Keys of a map. */
  readonly keys: readonly string[];
  readonly reason: ConflictReason;
  /**
   * What both began from, what main has, and what the version has; `undefined`: it does not exist.
   * Of a map, the entries in conflict; of a list, its `items`, as far as they are few.
   */
  readonly base: Readonly<State> | undefined;
  readonly main: Readonly<State> | undefined;
  readonly version: Readonly<State> | undefined;
}

/** A plan was to be carried out although something is in conflict. */
export class VersionConflictError extends OdbError {
  override readonly name = 'VersionConflictError';
  readonly conflicts: readonly VersionConflict[];

  constructor(conflicts: readonly VersionConflict[]) {
    super(
      'ODB_VERSION_CONFLICT',
      `The version and main both changed: ${conflicts.map(describe).join(', ')}`,
    );
    this.conflicts = conflicts;
  }
}

function describe({ oid, className, fields, keys, reason }: VersionConflict): string {
  const what = [...fields, ...keys];
  return `${className} ${oid}${what.length === 0 ? '' : ` [${what.join(', ')}]`} (${reason})`;
}

/** One object that a plan is about. Its states are decoded when they are asked for. */
export class PlannedObject {
  readonly oid: Oid;
  /** The current revision of what is written: main's, or the version's. */
  readonly currentTid: Tid;
  readonly $records: PlannedRecords;

  constructor(oid: Oid, currentTid: Tid, records: PlannedRecords) {
    this.oid = oid;
    this.currentTid = currentTid;
    this.$records = records;
  }

  get className(): string {
    const { base, main, version, after } = this.$records;
    const record = after ?? version ?? main ?? base;
    return record === undefined ? '' : classNameOf(record);
  }

  /** What main had when the version changed it; `undefined`: it did not exist. */
  get base(): State | undefined {
    return stateOf(this.$records.base);
  }

  /** What main has. */
  get main(): State | undefined {
    return stateOf(this.$records.main);
  }

  /** What the version has. */
  get version(): State | undefined {
    return stateOf(this.$records.version);
  }

  /** What it will be. */
  get after(): State | undefined {
    return stateOf(this.$records.after);
  }
}

/** Bytes of states; `undefined`: it does not exist. */
export interface PlannedRecords {
  readonly base: Uint8Array | undefined;
  readonly main: Uint8Array | undefined;
  readonly version: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
}

/** What a plan does to a map: ordinary settings and deletions of entries. */
export interface PlannedMap {
  readonly map: Oid;
  readonly className: string;
  readonly entries: readonly EntryChange[];
}

/** What a plan does to a list: items in place of others, in order, by positions before all of it. */
export interface PlannedList {
  readonly list: Oid;
  readonly className: string;
  readonly edits: readonly ListEdit<unknown>[];
}

/** What every plan says of itself. */
interface PlanMoment {
  readonly version: Oid;
  /** The snapshot it rests on: it can be carried out by a connection that sees the same. */
  readonly tid: Tid;
}

/** What a check-in would do to main, and what would go from the version with it. */
export interface CheckInPlan extends PlanMoment {
  readonly kind: 'check-in';
  /** Nothing is in conflict. */
  readonly possible: boolean;
  readonly objects: readonly PlannedObject[];
  readonly maps: readonly PlannedMap[];
  readonly lists: readonly PlannedList[];
  readonly conflicts: readonly VersionConflict[];
  /** Entries of the version that end with it, or lose a part. */
  readonly overlay: readonly OverlayWrite[];
}

/** What an update would do to the version. */
export interface UpdatePlan extends PlanMoment {
  readonly kind: 'update';
  readonly possible: boolean;
  readonly objects: readonly PlannedObject[];
  readonly maps: readonly PlannedMap[];
  readonly lists: readonly PlannedList[];
  readonly conflicts: readonly VersionConflict[];
  /** Entries that are written as they will be: nodes of lists, and ends of objects. */
  readonly overlay: readonly OverlayWrite[];
  /** What the version is told beside: of objects, and of keys of maps. */
  readonly notes: UpdateNotes;
}

/** What a version remembers of main after an update. */
export interface UpdateNotes {
  /** `live`: the object is as main has it; `basedOn`: the moment of main it rests on. */
  readonly objects: ReadonlyMap<Oid, { readonly live: boolean; readonly basedOn: Tid }>;
  /** For each map and key: whether it is as main has it, and the value that main has. */
  readonly keys: ReadonlyMap<
    Oid,
    ReadonlyMap<string, { readonly live: boolean; readonly main: Uint8Array | undefined }>
  >;
}

/** What a discard would let go of. */
export interface DiscardPlan extends PlanMoment {
  readonly kind: 'discard';
  /** The objects of which the version would show what main has. */
  readonly oids: readonly Oid[];
  readonly overlay: readonly OverlayWrite[];
}

function stateOf(record: Uint8Array | undefined): State | undefined {
  return record === undefined ? undefined : decodeRecord(record).state;
}
