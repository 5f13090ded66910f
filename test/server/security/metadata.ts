/** Metadata in memory, with writes that are on disk only when the test says so. */
import type { ListedMetadata } from '../../../server/security/metadata.js';

export class TestMetadata implements ListedMetadata {
  readonly entries = new Map<string, unknown>();
  readonly #waiting: (() => void)[] = [];
  #holding = false;

  getMeta(key: string): unknown {
    return this.entries.get(key);
  }

  setMeta(entries: Readonly<Record<string, unknown>>): Promise<void> {
    const { promise, resolve } = withResolvers();
    const write = () => {
      for (const [key, value] of Object.entries(entries)) {
        if (value === undefined) this.entries.delete(key);
        else this.entries.set(key, structuredClone(value));
      }
      resolve();
    };
    if (this.#holding) this.#waiting.push(write);
    else write();
    return promise;
  }

  listMeta(prefix: string): Promise<readonly (readonly [string, unknown])[]> {
    return Promise.resolve([...this.entries].filter(([key]) => key.startsWith(prefix)));
  }

  /** Lets writes wait until `release`. */
  hold(): void {
    this.#holding = true;
  }

  release(): void {
    this.#holding = false;
    for (const write of this.#waiting.splice(0)) write();
  }
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** A clock that stands still until it is moved. */
export class TestClock {
  nowMs = Date.UTC(2026, 10, 21);
  readonly now = (): number => this.nowMs;
}
