/**
 * The disk of this process, watched: every call of the file system and of LevelDB passes by, can be
 * made to fail, and can be followed by a look at what is there.
 *
 * Calls are replaced where all modules of this thread find them, so what is tested runs unchanged.
 * Threads of their own are not watched: tests open storages with `thread: false`. What LevelDB does
 * to its files by itself is not seen either, only what it is asked to do; for a snapshot it touches
 * no file.
 */
import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { Level } from 'level';

/** One call. */
export interface DiskCall {
  /** `fs.rename`, `handle.sync`, `level.write`, … */
  readonly name: string;
  /** The file or the database it is about. */
  readonly file: string;
  /** Changes what is there. */
  readonly writes: boolean;
  /** Asked to be on disk when it answers: of what LevelDB is given. */
  readonly synced: boolean;
}

export interface DiskWatch {
  /** Called before a call; what it throws, the call fails with, and is not made. */
  readonly before?: (call: DiskCall) => void;
  /** Called after a call that succeeded; what it throws, the call fails with, though it was made. */
  readonly after?: (call: DiskCall) => void;
}

type Anything = (...args: unknown[]) => unknown;

const PROMISED = {
  mkdir: true,
  open: false,
  readdir: false,
  readFile: false,
  rename: true,
  rm: true,
  rmdir: true,
  stat: false,
  utimes: true,
  writeFile: true,
} as const;
const SYNCHRONOUS = { readFileSync: false, rmSync: true, statSync: false } as const;
const STREAMS = ['open', 'read'] as const;
const HANDLE = { read: false, stat: false, sync: true, write: true, writeFile: true } as const;
const LEVEL = {
  _batch: true,
  _get: false,
  _getSync: false,
  // Failing after it is made, it would leave open what nobody can close.
  _open: false,
  _put: true,
  compactRange: true,
} as const;

/** Watches until it is disposed. One watch at a time. */
export function watchDisk(watch: DiskWatch): Disposable {
  const undo: (() => void)[] = [];
  function replace(owner: object, name: string, make: (original: Anything) => Anything): void {
    const original = Reflect.get(owner, name) as Anything;
    const own = Object.getOwnPropertyDescriptor(owner, name);
    Reflect.set(owner, name, make(original));
    undo.push(() => {
      if (own === undefined) Reflect.deleteProperty(owner, name);
      else Object.defineProperty(owner, name, own);
    });
  }
  function watched(describe: (owner: object, args: unknown[]) => DiskCall) {
    return (original: Anything): Anything =>
      function (this: object, ...args: unknown[]) {
        const call = describe(this, args);
        return around(watch, call, () => original.apply(this, args));
      };
  }
  for (const [name, writes] of Object.entries(PROMISED)) {
    const describe = (_: object, [file]: unknown[]) => fileCall(name, String(file), writes);
    replace(fs.promises, name, (original) => {
      const call = watched(describe)(original);
      if (name !== 'open') return call;
      return async (...args) => {
        const handle = (await call(...args)) as FileHandle;
        for (const [method, changes] of Object.entries(HANDLE)) {
          const named = `handle.${method}`;
          const file = String(args[0]);
          replaceOwn(
            handle,
            method,
            watched(() => ({ ...fileCall(named, file, changes), name: named })),
          );
        }
        return handle;
      };
    });
  }
  for (const [name, writes] of Object.entries(SYNCHRONOUS)) {
    replace(
      fs,
      name,
      watched((_, [file]) => fileCall(name, String(file), writes)),
    );
  }
  for (const name of STREAMS) replace(fs, name, (original) => watchedStream(watch, name, original));
  for (const [name, writes] of Object.entries(LEVEL)) {
    replace(
      Level.prototype,
      name,
      watched((db, args) => levelCall(db as Located, name, { writes, options: args.at(-1) })),
    );
  }
  replace(Level.prototype, '_chainedBatch', (original) => {
    return function (this: object, ...args) {
      const batch = original.apply(this, args) as object;
      replaceOwn(
        batch,
        '_write',
        watched((_, [options]) => levelCall(this as Located, 'write', { writes: true, options })),
      );
      return batch;
    };
  });
  for (const name of ['_iterator', '_keys', '_values']) {
    if (!(name in Level.prototype)) continue;
    replace(Level.prototype, name, (original) => {
      return function (this: object, ...args) {
        const iterator = original.apply(this, args) as object;
        for (const step of ['_next', '_nextv', '_all']) {
          replaceOwn(
            iterator,
            step,
            watched(() =>
              levelCall(this as Located, `iterator.${step.slice(1)}`, { writes: false }),
            ),
          );
        }
        return iterator;
      };
    });
  }
  syncBuiltinESMExports();
  return {
    [Symbol.dispose]() {
      for (const put of undo.reverse()) put();
      syncBuiltinESMExports();
    },
  };
}

interface Located {
  readonly location: string;
}

function fileCall(name: string, file: string, writes: boolean): DiskCall {
  return { name: `fs.${name}`, file, writes, synced: false };
}

function levelCall(
  { location }: Located,
  name: string,
  { writes, options }: { readonly writes: boolean; readonly options?: unknown },
): DiskCall {
  const synced =
    typeof options === 'object' && options !== null && 'sync' in options && options.sync === true;
  return { name: `level.${name.replace(/^_/, '')}`, file: location, writes, synced };
}

/** Replaces a method of one object that goes away by itself. */
function replaceOwn(owner: object, name: string, make: (original: Anything) => Anything): void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original === 'function') Reflect.set(owner, name, make(original as Anything));
}

function around(watch: DiskWatch, call: DiskCall, work: () => unknown): unknown {
  // A call that answers with a promise fails with one, too.
  const isPromised = !SYNCHRONOUS_CALLS.has(call.name);
  try {
    watch.before?.(call);
    const answer = work();
    if (!(answer instanceof Promise)) {
      watch.after?.(call);
      return answer;
    }
    return answer.then((value: unknown) => {
      watch.after?.(call);
      return value;
    });
  } catch (error) {
    if (isPromised) return Promise.reject(error);
    throw error;
  }
}

const SYNCHRONOUS_CALLS = new Set([
  ...Object.keys(SYNCHRONOUS).map((name) => `fs.${name}`),
  'level.getSync',
]);

/** What streams call, which answer by a callback. */
function watchedStream(watch: DiskWatch, name: string, original: Anything): Anything {
  return function (this: object, ...args: unknown[]) {
    const call = fileCall(`${name} of a stream`, String(args[0]), false);
    try {
      watch.before?.(call);
    } catch (error) {
      const answer = args.at(-1) as Anything;
      queueMicrotask(() => answer(error));
      return undefined;
    }
    return original.apply(this, args);
  };
}

/** What the file system says when a disk is broken. */
export function brokenDisk({ name, file }: DiskCall): Error {
  if (name.startsWith('level.')) {
    const error = new Error(`IO error: ${file}/000003.log: Input/output error`);
    return Object.assign(error, { code: 'LEVEL_IO_ERROR' });
  }
  const syscall = name.replace(/^\w+\./, '').replace(/Sync$/, '');
  const error = new Error(`EIO: i/o error, ${syscall} '${file}'`);
  return Object.assign(error, { code: 'EIO', errno: -5, syscall, path: file });
}
