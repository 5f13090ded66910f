/**
 * What main took from a version since one of its transactions: ended by a check-in or a discard.
 *
 * The version shows what main has there, as if it had changed nothing. To take back the rest alone
 * would leave objects in containers they do not name, so what was ended stands in the way of an undo,
 * unless it was given back since.
 */
import { elementOfKey } from '../records/element-key.js';
import { listOf } from '../trees/list-nodes.js';
import { SET_CLASS } from '../trees/node-record.js';
import type { Oid } from '../oid.js';
import { entryAt, isSameEntry, laterEntries } from './overlay-history.js';
import { justBefore, Past } from '../undo/past.js';
import { isPatch } from '../trees/patch-record.js';
import { classNameOf } from '../records/record.js';
import type { Reader } from '../storage.js';
import type { TransactionRecord } from '../stored.js';
import { TID_ZERO, type Tid } from '../tid.js';
import type { UndoConflict } from '../undo/undo.js';
import { sameValue } from '../value.js';
import type { VersionPast } from './version-past.js';

/** What a transaction made of something; `undefined`: it ended it. */
interface Step<Content> {
  readonly tid: Tid;
  readonly content: Content | undefined;
}

export class EndedElsewhere {
  readonly #reader: Reader;
  readonly #version: Oid;
  readonly #past: Past;

  /** @param past of the version */
  constructor(reader: Reader, version: Oid, past: VersionPast) {
    this.#reader = reader;
    this.#version = version;
    this.#past = new Past(past);
  }

  /** Finds what of a transaction was ended. @param wanted the objects that take part */
  *find({ tid, oids, maps }: TransactionRecord, wanted: ReadonlySet<Oid>): Generator<UndoConflict> {
    const owners = new Map<Oid, Oid>();
    const patches = new Set<Oid>();
    for (const { map, nodes } of maps) {
      for (const node of nodes) owners.set(node, map);
      if (!this.#isPatchAt(map, tid)) continue;
      patches.add(map);
      // Of a patch, keys may have been taken out while others stayed.
      if (wanted.has(map)) yield* this.#findKeys(map, nodes, tid);
    }
    const found = new Set<Oid>();
    for (const oid of oids) {
      const named = owners.get(oid) ?? this.#listOf(oid, tid) ?? oid;
      if (patches.has(named) || found.has(named) || !wanted.has(named)) continue;
      const steps = laterEntries(this.#reader, this.#version, oid, tid);
      const blocker = this.#firstElsewhere(
        steps.map((entry) => ({ tid: entry.tid, content: entry.live ? undefined : entry })),
        isSameEntry,
      );
      if (blocker === undefined) continue;
      found.add(named);
      yield { oid: named, className: this.#className(named), fields: [], blockedBy: [blocker] };
    }
  }

  *#findKeys(map: Oid, nodes: readonly Oid[], tid: Tid): Generator<UndoConflict> {
    // What is packed away is found by whoever takes the map back.
    if (nodes.some((oid) => this.#past.isPacked(oid, tid))) return;
    const className = this.#className(map);
    const keys: string[] = [];
    const blockers = new Set<Tid>();
    for (const [key, { after }] of this.#past.entryChanges(nodes, tid)) {
      const steps: Step<unknown>[] = [];
      for (const change of this.#past.entryChangesSince(map, key, tid)) {
        steps.push({ tid: change.tid, content: change.after });
      }
      const blocker = this.#firstElsewhere([...steps, { tid, content: after }], sameValue);
      if (blocker === undefined) continue;
      keys.push(className === SET_CLASS ? String(elementOfKey(key)) : key);
      blockers.add(blocker);
    }
    const blockedBy = [...blockers].sort((a, b) => b - a);
    if (keys.length > 0) yield { oid: map, className, fields: keys, blockedBy };
  }

  /**
   * Finds the newest transaction made elsewhere that did not give back what there was before.
   *
   * @param steps newest first
   */
  #firstElsewhere<Content>(
    steps: readonly Step<Content>[],
    isSame: (a: Content, b: Content | undefined) => boolean,
  ): Tid | undefined {
    let at = 0;
    for (let step = steps[at]; step !== undefined; step = steps[at]) {
      const { tid, content } = step;
      if (this.#reader.transaction(tid)?.version === this.#version) at += 1;
      else {
        const before = steps.findIndex(
          (other, i) => i > at && content !== undefined && isSame(content, other.content),
        );
        if (before === -1) return tid;
        at = before;
      }
    }
    return undefined;
  }

  #isPatchAt(map: Oid, tid: Tid): boolean {
    return [tid, justBefore(tid)].some((at) =>
      isPatch(entryAt(this.#reader, this.#version, map, at)?.record),
    );
  }

  #listOf(oid: Oid, tid: Tid): Oid | undefined {
    const record =
      entryAt(this.#reader, this.#version, oid, tid)?.record ??
      entryAt(this.#reader, this.#version, oid, justBefore(tid))?.record;
    return record === undefined ? undefined : listOf(oid, record);
  }

  #className(oid: Oid): string {
    const held = this.#reader.overlay(this.#version, oid);
    const last =
      held === undefined || held.record !== undefined || held.previousTid === TID_ZERO
        ? held
        : this.#reader.overlay(this.#version, oid, held.previousTid);
    const record = this.#reader.revision(oid)?.record ?? last?.record;
    return record === undefined ? '' : classNameOf(record);
  }
}
