/**
 * The ways to databases that were ever used, so that what was left there can be finished at the next
 * start, before anybody asks for it. They lie in the storage's metadata, their passwords sealed.
 */
import type { Storage } from '../../odb/index.js';
import type { SqlTarget } from './data-messages.js';
import { openPassword, sealPassword } from './sealed-password.js';
import { wayOf } from './sql-target.js';

const PREFIX = 'sql/way:';

interface StoredWay {
  readonly target: Omit<SqlTarget, 'password'>;
  readonly sealed: string | undefined;
  readonly canPrepare: boolean;
}

/** A way, and whether transactions may be prepared where it leads. */
export interface KnownWay {
  readonly target: SqlTarget;
  readonly canPrepare: boolean;
}

type WayStorage = Pick<Storage, 'getMeta' | 'setMeta' | 'listMeta'>;

/** Keeps a way. Costs a look where it is known. */
export async function keepWay(
  storage: WayStorage,
  target: SqlTarget,
  canPrepare: boolean,
): Promise<void> {
  const key = PREFIX + wayOf(target);
  const known = storage.getMeta(key) as StoredWay | undefined;
  if (known?.canPrepare === canPrepare) return;
  const { path, driver, url, password } = target;
  const sealed = password === undefined ? undefined : sealPassword(storage, target, password);
  const way: StoredWay = { target: { path, driver, url }, sealed, canPrepare };
  await storage.setMeta({ [key]: way });
}

/** Gives all ways; without those whose password cannot be read any more. */
export async function listWays(storage: WayStorage): Promise<readonly KnownWay[]> {
  const stored = await storage.listMeta(PREFIX);
  return stored.flatMap(([, value]) => {
    const { target, sealed, canPrepare } = value as StoredWay;
    if (sealed === undefined) return [{ target, canPrepare }];
    const password = openPassword(storage, target, sealed);
    return password === undefined ? [] : [{ target: { ...target, password }, canPrepare }];
  });
}
