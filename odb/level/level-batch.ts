/**
 * What the next write to LevelDB holds, and the writing of it.
 *
 * A revision is one operation and up to two keys: its own, and that of the revision it takes the
 * place of. These are by far the most, and are made when the library is given them: it copies keys
 * at once, so one buffer serves them all.
 */
import {
  OBJECT_KEY_BYTES,
  putObjectKey,
  putRevisionKey,
  REVISION_KEY_BYTES,
} from './level-keys.js';
import type { LevelRevision } from './level-values.js';
import type { LevelDatabase } from './level-view.js';
import type { Oid } from '../oid.js';

export type BatchOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }
  | {
      readonly type: 'revise';
      readonly oid: Oid;
      /** The revision that is current from now on. */
      readonly next: Pick<LevelRevision, 'value'>;
      /** The one that was until then. */
      readonly previous: Pick<LevelRevision, 'tid' | 'value'> | undefined;
    };

/** Takes keys and values, and copies both before it returns: a chained batch of the library. */
export interface BatchTarget {
  put(key: Uint8Array, value: Uint8Array): unknown;
  del(key: Uint8Array): unknown;
}

const objectKey = new Uint8Array(OBJECT_KEY_BYTES);
const revisionKey = new Uint8Array(REVISION_KEY_BYTES);

/** Hands operations over, in their order. */
export function giveOperations(batch: readonly BatchOperation[], target: BatchTarget): void {
  for (const operation of batch) {
    switch (operation.type) {
      case 'revise': {
        const { oid, next, previous } = operation;
        if (previous !== undefined) {
          putRevisionKey(revisionKey, oid, previous.tid);
          target.put(revisionKey, previous.value);
        }
        putObjectKey(objectKey, oid);
        target.put(objectKey, next.value);
        break;
      }
      case 'put':
        target.put(operation.key, operation.value);
        break;
      case 'del':
        target.del(operation.key);
    }
  }
}

/**
 * Writes all or nothing. A chained batch takes a third of the time of an array of operations.
 *
 * @param options.sync answers once it is on disk
 */
export async function writeBatch(
  db: LevelDatabase,
  batch: readonly BatchOperation[],
  { sync }: { readonly sync: boolean },
): Promise<void> {
  const chain = db.batch();
  giveOperations(batch, chain);
  await chain.write({ sync });
}
