/**
 * Date-range indexes: documents that hold for a period, asked which hold at a moment.
 *
 * A period includes both its ends. One without a beginning, or an end, is open there; a document
 * with neither holds always. Entries say which ends a document has, since a period with both is
 * found by both:
 *
 * - `a`: always
 * - `s` and a moment: since then; `u`: until then
 * - `S` and `U`: the two ends of one period
 */
import { DocidGatherer, difference, intersection, union, type Docids } from './docids.js';
import type { AskContext, CatalogedDocument, Indexed, Question, Term } from './catalog-index.js';
import { readMoment } from './date-index.js';
import { EntryIndex, keysIn, type Keys, type KeysRead } from './entry-index.js';
import { boundsOfKey, boundsOfKeys, type EntryMap } from './entry-map.js';
import type { Hits } from './hits.js';
import type { KeyBounds } from '../../odb/index.js';
import { DATE, dateKey, valueOfKey } from './key.js';
import { QueryError } from './query-error.js';
import { momentsOf, typeName } from './spans.js';

const ALWAYS = 'a';
const SINCE = 's';
const UNTIL = 'u';
const SINCE_OF_BOTH = 'S';
const UNTIL_OF_BOTH = 'U';

/** Moments asked for, in milliseconds; periods that share one of them are found. */
interface Period {
  readonly first: number;
  readonly last: number;
}

export class DateRangeIndex extends EntryIndex {
  /** Two ends of a period are no values to be counted. */
  override get counted(): undefined {
    return undefined;
  }

  protected read(document: CatalogedDocument): KeysRead {
    const [sinceField = '', untilField = ''] = this.definition.fields ?? [];
    const ends = [document.value(sinceField), document.value(untilField)];
    const [since, until] = ends.map(readMoment);
    const problem = ends.flatMap((end) =>
      end === undefined || end === null || readMoment(end) !== undefined
        ? []
        : [`an end of its period, of type ${typeName(end)}, is no date and counts as open`],
    )[0];
    if (since !== undefined && until !== undefined) {
      const keys = [SINCE_OF_BOTH + dateKey(since), UNTIL_OF_BOTH + dateKey(until)];
      return { keys, problem: since > until ? 'its period ends before it begins' : problem };
    }
    if (since !== undefined) return { keys: [SINCE + dateKey(since)], problem };
    if (until !== undefined) return { keys: [UNTIL + dateKey(until)], problem };
    return { keys: [ALWAYS], problem };
  }

  override ask(term: Term, _context: AskContext): Question {
    const { field, values, from, to, operator, not, level } = term;
    if (level !== undefined) throw new QueryError(`${field}.level`, 'periods have no levels');
    if (operator === 'and' && (values?.length ?? 0) > 1) {
      throw new QueryError(`${field}.operator`, 'periods are asked for any of several dates');
    }
    const periods = (values ?? []).map((value) => momentsOf(value, field));
    if (from !== undefined || to !== undefined) {
      periods.push({
        first: from === undefined ? -Infinity : momentsOf(from, `${field}.from`).first,
        last: to === undefined ? Infinity : momentsOf(to, `${field}.to`).last,
      });
    }
    const isAny = values === undefined && periods.length === 0;
    return new PeriodQuestion(this, {
      wanted: isAny ? [{ first: -Infinity, last: Infinity }] : periods,
      unwanted: not.map((value) => momentsOf(value, `${field}.not`)),
    });
  }

  override values(indexed: Indexed): readonly unknown[] {
    const { since, until } = periodOf(keysIn(indexed));
    return [{ since: dateOrOpen(since), until: dateOrOpen(until) }];
  }
}

class PeriodQuestion implements Question {
  readonly #index: DateRangeIndex;
  readonly #wanted: readonly Period[];
  readonly #unwanted: readonly Period[];

  constructor(
    index: DateRangeIndex,
    {
      wanted,
      unwanted,
    }: { readonly wanted: readonly Period[]; readonly unwanted: readonly Period[] },
  ) {
    this.#index = index;
    this.#wanted = wanted;
    this.#unwanted = unwanted;
  }

  get text(): string {
    return this.#index.name;
  }

  estimate(): number {
    const { entries } = this.#index;
    let sum = 0;
    for (const { first, last } of this.#wanted) {
      sum += entries.estimate(boundsOfKey(ALWAYS));
      sum +=
        entries.estimate(sinceAtMost(SINCE, last)) + entries.estimate(untilAtLeast(UNTIL, first));
      sum += Math.min(
        entries.estimate(sinceAtMost(SINCE_OF_BOTH, last)),
        entries.estimate(untilAtLeast(UNTIL_OF_BOTH, first)),
      );
    }
    return sum;
  }

  hits(): Hits {
    const found = this.#found(this.#wanted);
    if (this.#unwanted.length === 0) return { docids: found };
    return { docids: difference(found, this.#found(this.#unwanted)) };
  }

  matches(indexed: Indexed | undefined): boolean {
    const keys = keysIn(indexed);
    if (keys.length === 0) return false;
    const { since = -Infinity, until = Infinity } = periodOf(keys);
    const shares = ({ first, last }: Period): boolean => since <= last && until >= first;
    return this.#wanted.some(shares) && !this.#unwanted.some(shares);
  }

  #found(periods: readonly Period[]): Docids {
    const { entries } = this.#index;
    return union(periods.map((period) => sharing(entries, period)));
  }
}

/** Finds the documents whose periods share a moment with one. */
function sharing(entries: EntryMap, { first, last }: Period): Docids {
  const gathered = new DocidGatherer();
  entries.gather(boundsOfKey(ALWAYS), gathered);
  entries.gather(sinceAtMost(SINCE, last), gathered);
  entries.gather(untilAtLeast(UNTIL, first), gathered);
  const begun = entries.docids(sinceAtMost(SINCE_OF_BOTH, last));
  gathered.addAll(intersection(begun, entries.docids(untilAtLeast(UNTIL_OF_BOTH, first))));
  return gathered.sorted();
}

function sinceAtMost(kind: string, ms: number): KeyBounds {
  return boundsOfKeys(kind + DATE, kind + dateKey(ms));
}

function untilAtLeast(kind: string, ms: number): KeyBounds {
  return boundsOfKeys(kind + dateKey(ms), kind + dateKey(Infinity));
}

function periodOf(keys: Keys): {
  readonly since: number | undefined;
  readonly until: number | undefined;
} {
  const end = (...kinds: readonly string[]): number | undefined => {
    const key = keys.find((each) => kinds.includes(each[0] ?? ''));
    const date = key === undefined ? undefined : valueOfKey(key.slice(1));
    return date instanceof Date ? date.getTime() : undefined;
  };
  return { since: end(SINCE, SINCE_OF_BOTH), until: end(UNTIL, UNTIL_OF_BOTH) };
}

function dateOrOpen(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms);
}
