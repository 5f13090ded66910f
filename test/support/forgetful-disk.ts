/**
 * A disk that forgets: what would be there after the power was cut.
 *
 * Kept are the content a file had when it was last synced, and the names a directory had when it was
 * last synced; all else is lost, though a real disk would have kept some of it. Of a LevelDB, its
 * tables and its list of them are kept, which it syncs by itself where nobody sees it, and of its
 * logs what was written until a batch was last asked to be synced. Whether LevelDB syncs as it was
 * asked to, and the names of its files, is taken on trust.
 */
import fs from 'node:fs';
import path from 'node:path';
import { watchDisk, type DiskCall, type DiskWatch } from './watched-disk.js';

// As they are before anything is watched.
const { existsSync, readdirSync, readFileSync, statSync } = fs;

const LOG = /^\d+\.log$/;
/** How often files that change are read again. */
const COPIES_MAX = 1_000;
/** LevelDB makes these anew. */
const UNIMPORTANT = new Set(['LOCK', 'LOG', 'LOG.old']);

/** A name in a directory. */
interface Named {
  readonly name: string;
  readonly number: number;
  readonly isDirectory: boolean;
}

export class ForgetfulDisk implements Disposable {
  readonly #top: string;
  readonly #watch: Disposable;
  /** By the number of a file or directory, which it keeps when it is renamed. */
  readonly #content = new Map<number, Buffer>();
  readonly #names = new Map<number, readonly Named[]>();
  /** Directories of LevelDB: where they are. */
  readonly #levels = new Map<number, string>();
  /** Files and directories that are about to be made. */
  #new: string[] = [];

  /**
   * @param top an empty directory that is on disk
   * @param before called before each call that changes something
   */
  constructor(top: string, before: (call: DiskCall) => void = () => undefined) {
    this.#top = top;
    this.#names.set(numberOf(top), []);
    const watch: DiskWatch = {
      before: (call) => {
        if (!call.writes && call.name !== 'fs.open') return;
        this.#new = this.#missing(call.file);
        before(call);
      },
      after: (call) => this.#made(call),
    };
    this.#watch = watchDisk(watch);
  }

  /** Makes a directory of what would be left, if the power were cut now. */
  cutTo(directory: string): void {
    this.#write(numberOf(this.#top), directory);
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  #made(call: DiskCall): void {
    const { name, file } = call;
    if (name === 'fs.mkdir' || name === 'fs.open') {
      for (const made of this.#new) if (existsSync(made)) this.#forget(numberOf(made));
    } else if (name === 'level.open') this.#levels.set(numberOf(file), file);
    else if (name === 'handle.sync') this.#sync(file);
    else if (call.synced) this.#syncLog(file);
    else if (name === 'fs.rename') this.#follow();
  }

  /** Numbers are used again. */
  #forget(number: number): void {
    this.#content.delete(number);
    this.#names.delete(number);
  }

  #sync(file: string): void {
    if (statSync(file).isDirectory()) this.#names.set(numberOf(file), namesIn(file));
    else this.#content.set(numberOf(file), readFileSync(file));
  }

  /** The last log has all that was written until now. */
  #syncLog(level: string): void {
    const logs = readdirSync(level).filter((name) => LOG.test(name));
    const last = logs.sort().at(-1);
    if (last !== undefined) this.#sync(path.join(level, last));
  }

  /** Finds the databases again whose directories were renamed. */
  #follow(): void {
    for (const entry of readdirSync(this.#top, { recursive: true, withFileTypes: true })) {
      const at = path.join(entry.parentPath, entry.name);
      if (entry.isDirectory() && this.#levels.has(numberOf(at))) this.#levels.set(numberOf(at), at);
    }
  }

  #missing(file: string): string[] {
    const missing: string[] = [];
    for (let at = file; at.length > this.#top.length; at = path.dirname(at)) {
      if (existsSync(at)) break;
      missing.push(at);
    }
    return missing;
  }

  #write(number: number, to: string): void {
    fs.mkdirSync(to, { recursive: true });
    const level = this.#levels.get(number);
    if (level !== undefined && existsSync(level)) {
      this.#writeLevel(level, to);
      return;
    }
    for (const child of this.#names.get(number) ?? []) {
      const at = path.join(to, child.name);
      if (child.isDirectory) this.#write(child.number, at);
      else fs.writeFileSync(at, this.#content.get(child.number) ?? '');
    }
  }

  /** Its files are those of one moment, though it may be at work on them. */
  #writeLevel(level: string, to: string): void {
    for (let tries = 0; ; tries += 1) {
      const files = this.#filesOf(level);
      if (files !== undefined) {
        for (const [name, content] of files) fs.writeFileSync(path.join(to, name), content);
        return;
      }
      if (tries === COPIES_MAX) throw new Error(`The files in ${level} keep changing`);
    }
  }

  /** Reads them; `undefined` when they have changed meanwhile. */
  #filesOf(level: string): Map<string, Buffer> | undefined {
    const files = new Map<string, Buffer>();
    const before = stateOf(level);
    for (const name of readdirSync(level)) {
      const file = path.join(level, name);
      if (UNIMPORTANT.has(name)) continue;
      try {
        const synced = LOG.test(name) ? this.#content.get(numberOf(file)) : readFileSync(file);
        files.set(name, synced ?? Buffer.alloc(0));
      } catch {
        return undefined;
      }
    }
    return stateOf(level) === before ? files : undefined;
  }
}

/** Which files there are, and how long the list of tables is. */
function stateOf(level: string): string {
  const names = readdirSync(level);
  const sizes = names.map((name) => {
    const isList = name.startsWith('MANIFEST');
    return isList ? statSync(path.join(level, name), { throwIfNoEntry: false })?.size : 0;
  });
  return JSON.stringify([names, sizes]);
}

function numberOf(file: string): number {
  return statSync(file).ino;
}

function namesIn(directory: string): Named[] {
  return readdirSync(directory, { withFileTypes: true }).map((entry) => ({
    name: entry.name,
    number: numberOf(path.join(directory, entry.name)),
    isDirectory: entry.isDirectory(),
  }));
}
