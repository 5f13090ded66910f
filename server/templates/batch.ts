/**
 * Batches: a long list shown a part at a time.
 *
 * The arithmetic is DTML's. Items are counted from 1; `start` and `end` are the first and the last
 * item shown; 0 stands for "not given". A rest of fewer than `orphan` items joins the last batch, and
 * `overlap` items are shown again in the next one.
 */
import { emptyRecord, SHOWN_AS } from './records.js';

/** Items of a batch when nothing says how many. */
export const BATCH_SIZE = 7;

/** Links that `@batch.pages` gives at most. */
export const BATCH_PAGES_MAX = 10_000;

export interface BatchRequest {
  readonly start: number;
  readonly end: number;
  readonly size: number;
  readonly orphan: number;
  readonly overlap: number;
}

/** First and last item, and how many a batch usually has. */
export interface BatchWindow {
  readonly start: number;
  readonly end: number;
  readonly size: number;
}

/** Gives the items a batch shows. @param length of the whole list, at least 1 */
export function windowOf(request: Omit<BatchRequest, 'overlap'>, length: number): BatchWindow {
  const { orphan } = request;
  let { start, end, size } = request;
  if (size < 1) size = start > 0 && end > 0 && end >= start ? end + 1 - start : BATCH_SIZE;
  if (start > 0) {
    start = Math.min(start, length);
    end = end > 0 ? Math.max(start, end) : endOf(start, size, orphan, length);
  } else if (end > 0) {
    end = Math.min(end, length);
    start = end + 1 - size;
    if (start - 1 < orphan) start = 1;
  } else {
    start = 1;
    end = endOf(start, size, orphan, length);
  }
  return { start: Math.max(1, start), end: Math.min(end, length), size };
}

function endOf(start: number, size: number, orphan: number, length: number): number {
  const end = start + size - 1;
  return end + orphan > length ? length : end;
}

/** One batch of a list, and the way to its neighbours. */
export class Batch {
  readonly total: number;
  readonly window: BatchWindow;
  readonly #request: BatchRequest;
  readonly #href: (start: number) => string;
  #record: Readonly<Record<string, unknown>> | undefined;
  #pages: readonly Record<string, unknown>[] | undefined;

  /**
   * @param total length of the whole list, at least 1
   * @param href gives the address of the page that shows the batch beginning at an item
   */
  constructor(total: number, request: BatchRequest, href: (start: number) => string) {
    this.total = total;
    this.window = windowOf(request, total);
    // A batch that only repeated the one before it would make the pages endless.
    const overlap = Math.min(request.overlap, this.window.size - 1);
    this.#request = { ...request, overlap: Math.max(0, overlap) };
    this.#href = href;
  }

  get previous(): BatchWindow | undefined {
    return this.#before(this.window);
  }

  get next(): BatchWindow | undefined {
    return this.#after(this.window);
  }

  /** The batches before this one, this one, and those after it; this one's place in the list. */
  get pages(): { readonly windows: readonly BatchWindow[]; readonly current: number } {
    const before: BatchWindow[] = [];
    for (let at = this.previous; at !== undefined; at = this.#before(at)) {
      if (before.push(at) >= BATCH_PAGES_MAX) break;
    }
    const after: BatchWindow[] = [];
    for (let at = this.next; at !== undefined; at = this.#after(at)) {
      if (after.push(at) >= BATCH_PAGES_MAX) break;
    }
    return { windows: [...before.reverse(), this.window, ...after], current: before.length };
  }

  hrefOf(window: BatchWindow): string {
    return this.#href(window.start);
  }

  /** What `@batch` is in a template. The pages are counted when they are asked for. */
  get record(): Readonly<Record<string, unknown>> {
    if (this.#record !== undefined) return this.#record;
    const record = emptyRecord();
    const { start, end, size } = this.window;
    Object.assign(record, { start, end, size, total: this.total });
    record['previous'] = this.#link(this.previous);
    record['next'] = this.#link(this.next);
    const lazily = (name: string, get: () => unknown) =>
      Object.defineProperty(record, name, { get, enumerable: true });
    lazily('page', () => this.#pageRecords().find((page) => page['current'] === true));
    lazily('pages', () => this.#pageRecords());
    this.#record = record;
    return record;
  }

  #pageRecords(): readonly Record<string, unknown>[] {
    if (this.#pages !== undefined) return this.#pages;
    const { windows, current } = this.pages;
    const records = windows.map((window, index) => {
      const facts = { number: index + 1, current: index === current };
      return Object.assign(this.#link(window, String(index + 1)) ?? emptyRecord(), facts);
    });
    this.#pages = Object.assign(records, { [SHOWN_AS]: String(records.length) });
    return this.#pages;
  }

  #link(window: BatchWindow | undefined, shown?: string): Record<string, unknown> | undefined {
    if (window === undefined) return undefined;
    const { start, end } = window;
    const facts = { start, end, size: end + 1 - start, url: this.hrefOf(window) };
    return Object.assign(emptyRecord(), facts, { [SHOWN_AS]: shown ?? String(start) });
  }

  #before({ start, size }: BatchWindow): BatchWindow | undefined {
    if (start <= 1) return undefined;
    const { orphan, overlap } = this.#request;
    return windowOf({ start: 0, end: start - 1 + overlap, size, orphan }, this.total);
  }

  #after({ end, size }: BatchWindow): BatchWindow | undefined {
    if (end >= this.total) return undefined;
    const { orphan, overlap } = this.#request;
    return windowOf({ start: end + 1 - overlap, end: 0, size, orphan }, this.total);
  }
}
