/**
 * Repairing what a check found: from findings to one transaction.
 *
 * Nothing is made up, and a map whose leaf is lost goes on without it: an object comes back in the last state it had that can be read, with whatever
 * it needs that is missing too; an entry of a map that leads to what never was is taken out; an object's place
 * becomes where its container has it. It is an ordinary transaction, which says what it did and can
 * be undone.
 */
import { NODE_CLASS, NODE_ENTRIES_MAX, treeGet } from '../trees/btree.js';
import { treeDelete } from '../trees/btree-change.js';
import { attempt, decoded, type TransactionCache } from './check-context.js';
import type { Finding, FoundDamage, Repair } from './check-finding.js';
import { lossesIn, type NotedLoss } from './check-lost.js';
import type { LastState } from './check-revisions.js';
import { placeField } from '../commit/place.js';
import type { Oid } from '../oid.js';
import { encodeNode } from '../trees/node-record.js';
import { PresentTree } from '../trees/present-tree.js';
import { classNameOf, encodeRecord, encodeValue, referencesIn } from '../records/record.js';
import type { MergeRules } from '../rules.js';
import type { Reader } from '../storage.js';
import type { TransactionMeta } from '../stored.js';
import type { CommitRequest, EntryChange, ObjectWrite } from '../writes.js';
import { nextTid, TID_ZERO, type Tid } from '../tid.js';
import { isPlainObject, Ref } from '../value.js';

/** Most objects written by one repair; the next check finds the rest. */
export const REPAIRS_MAX = 10_000;
/** Most findings that the transaction names. */
const NAMED_MAX = 100;

export interface RepairSource {
  readonly reader: Reader;
  readonly rules: MergeRules;
  readonly transactions: TransactionCache;
  /** Last states of objects that are missing. */
  readonly states: ReadonlyMap<Oid, LastState>;
  readonly allocate: () => Oid;
}

export interface RepairPlan {
  readonly request: CommitRequest;
  /** Of how many findings it takes care. */
  readonly repaired: number;
  /** How many losses of the past it notes. */
  readonly lost: number;
}

/** Plans the transaction that repairs what can be repaired; `undefined` when nothing can. */
export function planRepair(
  findings: readonly FoundDamage[],
  source: RepairSource,
): RepairPlan | undefined {
  const draft = new RepairDraft(source);
  const done = findings.filter(({ repair }) => repair !== undefined && draft.add(repair));
  done.push(...draft.removeEntries(findings));
  const lost = [
    ...lossesIn(findings, (finding) => draft.isStillThere(finding)),
    ...done.flatMap((finding) => draft.lossBehind(finding)),
  ];
  if (done.length === 0 && lost.length === 0) return undefined;
  const repaired = done
    .slice(0, NAMED_MAX)
    .map(({ code, path, what }) => `${code} ${path}: ${what}`);
  const note =
    done.length === 0
      ? `Noted ${lost.length} of what a check found as lost`
      : `Repaired ${done.length} of what a check found`;
  const extension = { repaired, ...(lost.length === 0 ? {} : { lost }) };
  return { request: draft.request({ note, extension }), repaired: done.length, lost: lost.length };
}

class RepairDraft {
  readonly #source: RepairSource;
  readonly #writes = new Map<Oid, ObjectWrite>();
  readonly #maps = new Map<Oid, { readonly nodes: Set<Oid>; readonly entries: EntryChange[] }>();

  constructor(source: RepairSource) {
    this.#source = source;
  }

  /** Adds what does not take entries out, and tells whether that takes care of the finding. */
  add(repair: Repair): boolean {
    if (this.#writes.size >= REPAIRS_MAX) return false;
    return repair.kind === 'place' ? this.#place(repair) : this.#bringBack(repair);
  }

  /** Takes out the entries that lead to what could not be brought back. */
  removeEntries(findings: readonly FoundDamage[]): FoundDamage[] {
    const byMap = new Map<Oid, { key: string; finding: FoundDamage }[]>();
    for (const finding of findings) {
      const { repair } = finding;
      if (repair?.kind !== 'bring-back' || repair.entry === undefined) continue;
      if (this.#writes.has(repair.oid)) continue;
      const { map, key } = repair.entry;
      byMap.set(map, [...(byMap.get(map) ?? []), { key, finding }]);
    }
    return [...byMap].flatMap(([map, found]) => {
      const keys = found.map(({ key }) => key);
      return this.#removeFrom(map, keys) ? found.map(({ finding }) => finding) : [];
    });
  }

  /** Tells whether a finding is about what is there now, and stays so. */
  isStillThere({ code, oid, version, tid }: Finding): boolean {
    if (oid === undefined || code === 'chain' || code === 'written') return false;
    if (code === 'no-current') return !this.#writes.has(oid);
    const { reader } = this.#source;
    const current = attempt(() =>
      version === undefined ? reader.revision(oid) : reader.overlay(version, oid),
    );
    return current === undefined || current.tid === tid;
  }

  /** What cannot be read stays in the past of what takes its place. */
  lossBehind({ code, oid }: Finding): NotedLoss[] {
    const tid = oid === undefined ? undefined : this.#writes.get(oid)?.baseTid;
    if (code !== 'record' || oid === undefined || tid === undefined) return [];
    return [{ code, oid, tid }];
  }

  request(meta: TransactionMeta): CommitRequest {
    const { lastTid } = this.#source.reader;
    return {
      baseTid: lastTid,
      meta,
      // One that writes nothing is stored for what it says: such a one has a tid of its own.
      ...(this.#writes.size === 0 ? { tid: nextTid(lastTid, Date.now()) } : {}),
      writes: [...this.#writes.values()],
      maps: [...this.#maps].map(([map, { nodes, entries }]) => {
        return { map, nodes: [...nodes], entries };
      }),
      reads: [],
      removed: [],
      blobs: [],
    };
  }

  /** Brings an object back, and everything missing that it refers to. */
  #bringBack({ oid, nodeOf, isLeaf }: Extract<Repair, { kind: 'bring-back' }>): boolean {
    if (isLeaf === true && !this.#source.states.has(oid)) return this.#emptyLeaf(oid, nodeOf);
    const waiting: { readonly oid: Oid; readonly nodeOf: Oid | undefined }[] = [{ oid, nodeOf }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (this.#writes.has(next.oid) || this.#writes.size >= REPAIRS_MAX) continue;
      const base = this.#tidOf(next.oid);
      const state = this.#source.states.get(next.oid) ?? this.#lastState(next.oid);
      if (base === undefined || state === undefined) continue;
      const { record, tid } = state;
      const isNode = classNameOf(record) === NODE_CLASS;
      const isMap = !isNode && this.#source.transactions.isMap(next.oid, tid);
      const map = isNode ? next.nodeOf : isMap ? next.oid : undefined;
      if (isNode && map === undefined) continue;
      this.#write(next.oid, base, record, map);
      for (const reference of referencesIn(record)) {
        const isThere = attempt(() => this.#source.reader.load(reference)) !== undefined;
        if (!isThere) waiting.push({ oid: reference, nodeOf: map });
      }
    }
    return this.#writes.has(oid);
  }

  #emptyLeaf(oid: Oid, map: Oid | undefined): boolean {
    const base = this.#tidOf(oid);
    if (base === undefined || map === undefined || this.#writes.has(oid)) return false;
    this.#write(oid, base, encodeNode({ keys: [], values: [] }), map);
    return true;
  }

  #place({ oid, container, id }: Extract<Repair, { kind: 'place' }>): boolean {
    const loaded = attempt(() => this.#source.reader.load(oid));
    const object = loaded === undefined ? undefined : decoded(loaded.record);
    if (loaded === undefined || object === undefined || this.#writes.has(oid)) return false;
    const { className, state } = object;
    const field = placeField(className, this.#source.rules);
    if (field === undefined) return false;
    const before = state[field];
    const place = { ...(isPlainObject(before) ? before : {}), container: new Ref(container), id };
    const record = encodeRecord(className, { ...state, [field]: place });
    const isMap = this.#source.transactions.isMap(oid, loaded.tid);
    this.#write(oid, loaded.tid, record, isMap ? oid : undefined);
    return true;
  }

  #removeFrom(map: Oid, keys: readonly string[]): boolean {
    const { reader, allocate } = this.#source;
    const tree = new PresentTree(map, { load: (oid) => reader.load(oid)?.record, allocate });
    const entries = attempt(() =>
      keys.map((key): EntryChange => {
        const base = encodeValue(treeGet(tree, map, key));
        treeDelete(tree, map, key, NODE_ENTRIES_MAX);
        return { key, base, value: undefined };
      }),
    );
    // A tree that is damaged itself, or has come back in part, is left to the next check.
    const records = entries === undefined ? undefined : attempt(() => tree.records());
    if (entries === undefined || records === undefined) return false;
    if ([...records.keys()].some((oid) => this.#writes.has(oid))) return false;
    for (const [oid, record] of records) {
      this.#write(oid, this.#tidOf(oid) ?? TID_ZERO, record, map);
    }
    this.#maps.get(map)?.entries.push(...entries);
    return true;
  }

  #write(oid: Oid, baseTid: Tid, record: Uint8Array | undefined, map: Oid | undefined): void {
    this.#writes.set(oid, { oid, baseTid, record });
    if (map === undefined) return;
    const patch = this.#maps.get(map) ?? { nodes: new Set(), entries: [] };
    patch.nodes.add(oid);
    this.#maps.set(map, patch);
  }

  /** The current revision of an object; `undefined` when it cannot be read, nor replaced so. */
  #tidOf(oid: Oid): Tid | undefined {
    return attempt(() => this.#source.reader.revision(oid)?.tid ?? TID_ZERO);
  }

  /** The last state of an object that ended, as far as its revisions can be read. */
  #lastState(oid: Oid): LastState | undefined {
    return attempt(() => {
      const { reader } = this.#source;
      for (let found = reader.revision(oid); found !== undefined;) {
        const { tid, record, previousTid } = found;
        if (record !== undefined && decoded(record) !== undefined) return { tid, record };
        found = previousTid === TID_ZERO ? undefined : reader.revision(oid, previousTid);
      }
      return undefined;
    });
  }
}
