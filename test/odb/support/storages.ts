/** The storages every promise is tested on. */
import { LevelStorage } from '../../../odb/level-storage.js';
import { MemoryStorage } from '../../../odb/memory-storage.js';
import type { MergeRules, Storage } from '../../../odb/storage.js';
import { temporaryDirectory } from '../../support/temporary.js';

export interface OpenOptions {
  readonly rules?: MergeRules;
  readonly nodeEntries?: number;
}

/** An open storage that leaves nothing behind. */
export interface Place extends AsyncDisposable {
  readonly storage: Storage;
  /** Closes the storage and opens what it left: for storages that keep what they have. */
  reopen(): Promise<Storage>;
}

export type Open = (options?: OpenOptions) => Promise<Place>;

export async function openMemory(options: OpenOptions = {}): Promise<Place> {
  const storage = new MemoryStorage(options);
  return {
    storage,
    reopen: () => Promise.reject(new Error('a storage in memory keeps nothing')),
    [Symbol.asyncDispose]: () => storage.close(),
  };
}

export function openLevel(thread: boolean): Open {
  return async (options = {}) => {
    const directory = await temporaryDirectory();
    const open = (): Promise<LevelStorage> =>
      LevelStorage.open({ directory: directory.path, thread, ...options });
    let current = await open();
    return {
      get storage() {
        return current;
      },
      async reopen() {
        await current.close();
        current = await open();
        return current;
      },
      async [Symbol.asyncDispose]() {
        await current.close();
        await directory[Symbol.asyncDispose]();
      },
    };
  };
}
