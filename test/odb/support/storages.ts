/** The storages every promise is tested on. */
import type { CodecSource } from '../../../odb/level/level-codec.js';
import { LevelStorage } from '../../../odb/level/level-storage.js';
import { MemoryStorage } from '../../../odb/memory/memory-storage.js';
import type { MergeRules } from '../../../odb/rules.js';
import type { Storage } from '../../../odb/storage.js';
import { inThreads } from '../../support/in-threads.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { encrypting } from './encrypting-codec.js';

export interface OpenOptions {
  readonly rules?: MergeRules;
  readonly nodeEntries?: number;
  /** URLs of modules of classes, loaded here already, for threads that write. */
  readonly classes?: readonly string[];
}

/** An open storage that leaves nothing behind. */
export interface Place extends AsyncDisposable {
  readonly storage: Storage;
  /** Closes the storage and opens what it left: for storages that keep what they have. */
  reopen(): Promise<Storage>;
}

export type Open = (options?: OpenOptions) => Promise<Place>;

export async function openMemory({ rules, nodeEntries }: OpenOptions = {}): Promise<Place> {
  const storage = new MemoryStorage({
    ...(rules === undefined ? {} : { rules }),
    ...(nodeEntries === undefined ? {} : { nodeEntries }),
  });
  return {
    storage,
    reopen: () => Promise.reject(new Error('a storage in memory keeps nothing')),
    [Symbol.asyncDispose]: () => storage.close(),
  };
}

/** @param thread written in a thread of its own */
export function openLevel(thread: boolean, codec?: CodecSource): Open {
  return async ({ classes = [], ...options } = {}) => {
    const directory = await temporaryDirectory();
    const encoded = codec === undefined ? {} : { codec };
    const open = (): Promise<LevelStorage> =>
      LevelStorage.open({
        directory: directory.path,
        thread,
        classes: thread ? classes.map(inThreads) : classes,
        ...encoded,
        ...options,
      });
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

/** Every storage there is, in each of its modes: what each promises is tested on all of them. */
export const storageKinds: readonly (readonly [name: string, open: Open])[] = [
  ['memory', openMemory],
  ['LevelDB, written in this thread', openLevel(false)],
  ['LevelDB, written in its own thread', openLevel(true)],
  ['LevelDB, encrypted in its files', openLevel(false, encrypting())],
];
