/**
 * What a version shows at one moment: its own states first, then main's.
 *
 * - A map with a patch is main's map with the patch applied (`PatchedMap`).
 * - What main ended is shown as it last was, since the version may lead to it.
 * - A counter is what main has, and what the version added to it.
 * - A list that the version changed is as of the moment of main that it rests on, with the version's
 *   nodes on top, since nodes of two moments make no list.
 */
import { listOf } from '../trees/list-nodes.js';
import { lastRevision } from '../commit/last-revision.js';
import type { Oid } from '../oid.js';
import { isPatch } from '../trees/patch-record.js';
import type { PatchedMaps } from './patched-maps.js';
import { classNameOf, decodeRecord, encodeRecord } from '../records/record.js';
import type { MergeRule, MergeRules } from '../rules.js';
import type { Reader } from '../storage.js';
import type { LoadedRecord, OverlayRevision, StoredRevision } from '../stored.js';
import { TID_ZERO, type Tid } from '../tid.js';
import { own } from '../value.js';

export interface VersionMomentOptions {
  /** What main and the overlays are read from. */
  readonly reader: Reader;
  readonly version: Oid;
  /** The moment; `undefined`: the newest of the reader. */
  readonly at: Tid | undefined;
  readonly rules: MergeRules;
  /** The maps of this moment. */
  readonly maps: PatchedMaps;
  /** The version holds nothing. */
  readonly isEmpty: boolean;
}

export class VersionMoment {
  readonly #reader: Reader;
  readonly #version: Oid;
  readonly #at: Tid | undefined;
  readonly #rules: MergeRules;
  readonly #maps: PatchedMaps;
  readonly #isEmpty: boolean;
  /** For lists: what they rest on; `undefined`: they are main's. */
  readonly #lists = new Map<Oid, Tid | undefined>();

  constructor({ reader, version, at, rules, maps, isEmpty }: VersionMomentOptions) {
    this.#reader = reader;
    this.#version = version;
    this.#at = at;
    this.#rules = rules;
    this.#maps = maps;
    this.#isEmpty = isEmpty;
  }

  /** Gives the state that is shown; `undefined`: there is none. One or two key reads, as a rule. */
  load(oid: Oid): LoadedRecord | undefined {
    if (this.#isEmpty) return this.#reader.load(oid);
    const node = this.#maps.node(oid);
    if (node !== undefined) return node;
    const held = this.overlay(oid);
    if (held !== undefined) return this.#shown(oid, held);
    return this.#loadMain(oid);
  }

  /** Gives what the version holds of an object; `undefined` where main shows through. */
  overlay(oid: Oid): OverlayRevision | undefined {
    if (this.#isEmpty) return undefined;
    const entry = this.#reader.overlay(this.#version, oid, this.#at);
    return entry === undefined || entry.live ? undefined : entry;
  }

  /** Gives what main has. */
  main(oid: Oid): StoredRevision | undefined {
    return this.#reader.revision(oid, this.#at);
  }

  /** Tells whether main has a map, which the version does not have as a whole. */
  takesEntries(map: Oid): boolean {
    const held = this.overlay(map);
    return held === undefined ? this.main(map)?.record !== undefined : isPatch(held.record);
  }

  /**
   * Gives the state to be stored for one that is to be shown: counters without what main added
   * since the version's state was made.
   */
  toStore(oid: Oid, record: Uint8Array): Uint8Array {
    const held = this.overlay(oid);
    return held === undefined ? record : this.#withCounters(record, held, oid, -1);
  }

  #shown(oid: Oid, held: OverlayRevision): LoadedRecord | undefined {
    const { record, tid } = held;
    if (record === undefined) return undefined;
    if (isPatch(record)) {
      const last = lastRevision((one, at = this.#at) => this.#reader.revision(one, at), oid);
      return last?.record === undefined ? undefined : this.#maps.open(oid, tid);
    }
    return { record: this.#withCounters(record, held, oid, 1), tid };
  }

  #loadMain(oid: Oid): LoadedRecord | undefined {
    const loaded = this.#at === undefined ? this.#reader.load(oid) : loadedOf(this.main(oid));
    if (loaded === undefined) return this.#loadEnded(oid);
    const list = listOf(oid, loaded.record);
    if (list === undefined || list === oid) return loaded;
    const moment = this.#restsOn(list);
    return moment === undefined ? loaded : loadedOf(this.#reader.revision(oid, moment));
  }

  /**
   * What main has no more, the version shows as it last was: what it changed may lead there, as an
   * object to its maps, and a list to its nodes.
   */
  #loadEnded(oid: Oid): LoadedRecord | undefined {
    const ended = this.main(oid);
    if (ended === undefined || ended.previousTid === TID_ZERO) return undefined;
    const before = this.#reader.revision(oid, ended.previousTid);
    const list = before?.record === undefined ? undefined : listOf(oid, before.record);
    const moment = list === undefined ? undefined : this.#restsOn(list);
    return loadedOf(moment === undefined ? before : this.#reader.revision(oid, moment));
  }

  /** The moment of main that a list is shown as of; `undefined` when it is as main has it. */
  #restsOn(list: Oid): Tid | undefined {
    if (this.#lists.has(list)) return this.#lists.get(list);
    const held = this.overlay(list);
    const moment = held === undefined || held.basedOn === TID_ZERO ? undefined : held.basedOn;
    this.#lists.set(list, moment);
    return moment;
  }

  /** Adds (or takes off) what main's counters gained since a state was made. */
  #withCounters(
    record: Uint8Array,
    { basedOn }: OverlayRevision,
    oid: Oid,
    sign: 1 | -1,
  ): Uint8Array {
    if (basedOn === TID_ZERO) return record;
    const className = classNameOf(record);
    const counters = countersOf(className, this.#rules);
    if (counters.length === 0) return record;
    const now = this.main(oid);
    if (now?.record === undefined || now.tid <= basedOn) return record;
    const base = this.#reader.revision(oid, basedOn)?.record;
    if (base === undefined) return record;
    const [from, to] = [decodeRecord(base).state, decodeRecord(now.record).state];
    const { state } = decodeRecord(record);
    let changed = false;
    for (const { name, initial } of counters) {
      const gained = numberIn(to, name, initial) - numberIn(from, name, initial);
      if (gained === 0 || !Number.isFinite(gained)) continue;
      state[name] = numberIn(state, name, initial) + sign * gained;
      changed = true;
    }
    return changed ? encodeRecord(className, state) : record;
  }
}

interface CounterField {
  readonly name: string;
  readonly initial: number;
}

const NO_COUNTERS: readonly CounterField[] = [];

/** The fields of a class that add up. */
export function countersOf(className: string, rules: MergeRules): readonly CounterField[] {
  if (!Object.hasOwn(rules, className)) return NO_COUNTERS;
  const found: CounterField[] = [];
  for (const [name, rule] of Object.entries(rules[className] ?? {})) {
    if (nameOf(rule) !== 'counter') continue;
    const initial = typeof rule === 'object' ? rule.default : undefined;
    found.push({ name, initial: typeof initial === 'number' ? initial : 0 });
  }
  return found;
}

function nameOf(rule: MergeRule): string {
  return typeof rule === 'object' ? rule.rule : rule;
}

function numberIn(state: Readonly<Record<string, unknown>>, name: string, initial: number): number {
  const value = own(state, name) ?? initial;
  return typeof value === 'number' ? value : NaN;
}

function loadedOf(revision: StoredRevision | undefined): LoadedRecord | undefined {
  if (revision?.record === undefined) return undefined;
  return { record: revision.record, tid: revision.tid };
}
