/**
 * Old states of one object: reading them, and giving one back.
 */
import { nodeOfState, treeEntries, type Node, type NodeStore } from '../trees/btree.js';
import { BrokenObject, brokenError } from '../objects/broken.js';
import { classNamed } from '../objects/class-registry.js';
import { currentRecord } from '../objects/class-version.js';
import { OdbError } from '../errors.js';
import { listNodeOfState } from '../trees/list-record.js';
import { countOf, isListInner, listItems, type ListNode } from '../trees/list-tree.js';
import type { Oid } from '../oid.js';
import { assignField, Persistent, type Holder } from '../objects/persistent.js';
import { followReferences } from '../objects/slots.js';
import { PersistentList } from '../objects/persistent-list.js';
import { PersistentTree } from '../objects/persistent-tree.js';
import { decodeRecord, encodeValue, VERSION_FIELD } from '../records/record.js';
import type { Reader } from '../storage.js';
import type { Tid } from '../tid.js';
import { Ref, type State } from '../value.js';

/**
 * Gives the attributes an object had just after `tid`, with what they refer to as it is now, and as
 * the class has them now.
 *
 * @returns a frozen object; `undefined` when the object did not exist then. Of a map, the attributes
 *   are those of one node: to read an old map, connect to the past
 */
export function stateAt(
  holder: Holder,
  reader: Reader,
  oid: Oid,
  tid: Tid,
): Readonly<State> | undefined {
  const record = reader.revision(oid, tid)?.record;
  if (record === undefined) return undefined;
  const { className, state } = currentRecord(decodeRecord(record));
  const info = classNamed(className);
  if (info !== undefined) delete state[VERSION_FIELD];
  const attributes: State = {};
  for (const { name, rule } of info?.fields ?? []) attributes[name] = rule.default;
  for (const [name, value] of Object.entries(state)) {
    attributes[name] = followReferences(value, (target) => holder.get(target));
  }
  return Object.freeze(attributes);
}

/** Gives an object the state it had just after `tid`, as ordinary changes; see `Connection.revert`. */
export function revertObject(
  holder: Holder,
  reader: Reader,
  object: Persistent,
  tid: Tid,
  fields: readonly string[] | undefined,
): void {
  if (object instanceof BrokenObject) throw brokenError(object.$oid, object.className);
  const oid = object.$oid;
  const old = oid === undefined ? undefined : stateAt(holder, reader, oid, tid);
  if (oid === undefined || old === undefined) {
    throw new OdbError('ODB_NO_OBJECT', `Object ${oid ?? '(new)'} did not exist at ${tid}`);
  }
  if (object instanceof PersistentTree) revertMap(holder, reader, object, tid);
  else if (object instanceof PersistentList) revertList(holder, reader, object, tid);
  else revertFields(object, old, fields);
}

function revertFields(
  object: Persistent,
  old: Readonly<State>,
  names: readonly string[] | undefined,
): void {
  const { fields, byName, name: className } = object.$class;
  for (const name of names ?? fields.map((field) => field.name)) {
    const field = byName.get(name);
    if (field === undefined) throw new TypeError(`${className} has no attribute '${name}'`);
    const current = (object as unknown as State)[name];
    if (!isSameContent(current, old[name])) assignField(object, field, old[name]);
  }
}

function revertMap(holder: Holder, reader: Reader, map: PersistentTree, tid: Tid): void {
  const oid = map.$oid;
  if (oid === undefined) return;
  const wanted = new Map(treeEntries(new PastNodes(reader, tid), oid));
  for (const [key, value] of Array.from(map.$entries())) {
    if (!wanted.has(key)) map.$remove(key);
    else if (isSameContent(value, wanted.get(key))) wanted.delete(key);
  }
  for (const [key, value] of wanted) {
    map.$put(
      key,
      followReferences(value, (target) => holder.get(target)),
    );
  }
}

/** Puts what was between the first and the last difference in the place of what is there. */
function revertList(holder: Holder, reader: Reader, list: PersistentList, tid: Tid): void {
  const oid = list.$oid;
  if (oid === undefined) return;
  const read = (id: Oid): ListNode<Oid, unknown> => {
    const node = listNodeOfState(decodeRecord(pastRecord(reader, id, tid)).state);
    if (!isListInner(node)) return node;
    return { children: node.children.map((child) => child.oid), counts: node.counts };
  };
  const store = { read, write: refuse, create: refuse, kill: refuse };
  const wanted = [...listItems(store, oid, 0, countOf(read(oid)))];
  const current = [...list.$items()];
  const shortest = Math.min(wanted.length, current.length);
  let [head, tail] = [0, 0];
  while (head < shortest && isSameContent(wanted[head], current[head])) head += 1;
  while (tail < shortest - head && isSameContent(wanted.at(-1 - tail), current.at(-1 - tail))) {
    tail += 1;
  }
  const items = wanted
    .slice(head, wanted.length - tail)
    .map((item) => followReferences(item, (target) => holder.get(target)));
  list.splice(head, current.length - tail - head, ...items);
}

/** Equal when stored: what refers to one object is the same, however it refers to it. */
function isSameContent(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  const isPlain = typeof a !== 'object' || typeof b !== 'object';
  if (isPlain) return false;
  return Buffer.compare(encodeValue(a, knownOid), encodeValue(b, knownOid)) === 0;
}

/** What is not stored yet differs from everything that is. */
function knownOid(value: object): Oid | undefined {
  if (value instanceof Ref) return value.oid;
  return value instanceof Persistent ? (value.$oid ?? (Number.MAX_SAFE_INTEGER as Oid)) : undefined;
}

/** The tree of a map as of a moment, for reading. */
class PastNodes implements NodeStore<Oid, unknown> {
  readonly #reader: Reader;
  readonly #tid: Tid;

  constructor(reader: Reader, tid: Tid) {
    this.#reader = reader;
    this.#tid = tid;
  }

  read(oid: Oid): Node<Oid, unknown> {
    const record = pastRecord(this.#reader, oid, this.#tid);
    const node = nodeOfState<Ref, unknown>(decodeRecord(record).state);
    return 'children' in node
      ? { keys: node.keys, children: node.children.map((child) => child.oid) }
      : node;
  }

  write(): never {
    return refuse();
  }

  create(): never {
    return refuse();
  }

  kill(): never {
    return refuse();
  }
}

function pastRecord(reader: Reader, oid: Oid, tid: Tid): Uint8Array {
  const record = reader.revision(oid, tid)?.record;
  if (record !== undefined) return record;
  throw new OdbError('ODB_DAMAGED', `Node ${oid} is missing at ${tid}`);
}

function refuse(): never {
  throw new OdbError('ODB_READ_ONLY_PAST', 'The past cannot be changed');
}
