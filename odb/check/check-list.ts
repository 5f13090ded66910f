/**
 * Checking one node of a list: that it is a node, and that it counts right what is below it.
 *
 * Every node is checked when it is reached, so this looks one level down and no further.
 */
import { attempt, decoded, type CheckContext } from './check-context.js';
import { LIST_CLASS, LIST_NODE_CLASS, listNodeOfState } from '../trees/list-record.js';
import { countOf, isListInner, type ListNode } from '../trees/list-tree.js';
import type { Oid } from '../oid.js';
import type { DecodedRecord } from '../records/record.js';
import type { Ref } from '../value.js';

/** @param path of the node; asked for only when something is wrong */
export function checkListNode(
  context: CheckContext,
  oid: Oid,
  { className, state }: DecodedRecord,
  path: () => string,
): void {
  if (className !== LIST_CLASS && className !== LIST_NODE_CLASS) return;
  const node = attempt(() => listNodeOfState(state));
  if (node === undefined) {
    context.findings.add({
      code: 'list-node',
      oid,
      path: path(),
      what: 'The record is no node of a list',
    });
    return;
  }
  if (!isListInner(node)) return;
  for (const [i, child] of node.children.entries()) {
    const found = childNode(context, child);
    // What is missing or no node is named when it is reached.
    if (found === undefined || countOf(found) === node.counts[i]) continue;
    const what = `It counts ${node.counts[i]} items below the node ${child.oid}, which has ${countOf(found)}`;
    context.findings.add({ code: 'list-node', oid, path: path(), what });
  }
}

function childNode({ scan }: CheckContext, { oid }: Ref): ListNode<Ref, unknown> | undefined {
  const record = attempt(() => scan.reader.load(oid)?.record);
  const object = record === undefined ? undefined : decoded(record);
  return object === undefined ? undefined : attempt(() => listNodeOfState(object.state));
}
