/** Helpers that look objects up in a catalog. */
import { ABSENT, isAcquirable } from '../../../acquisition/index.js';
import { unusable } from '../errors.js';
import type { Helper, HelperCall } from '../language.js';
import { ListItem, type SearchAnswer } from '../world.js';

/** Gives what a catalog answers; named arguments are those of `@api/search`. */
function answerOf(catalog: unknown, { run, options }: HelperCall): SearchAnswer {
  const found = catalog === ABSENT ? undefined : catalog;
  const answer = isAcquirable(found) ? run.world.search?.(found, options) : undefined;
  if (answer === undefined) throw unusable('What is searched is a catalog.');
  if (isAcquirable(found)) run.touch(found);
  return answer;
}

function itemsOf({ items }: SearchAnswer, { run }: HelperCall): readonly ListItem[] {
  return items.map(({ object, score, excerpt }) => {
    run.budget.step();
    run.touch(object);
    return new ListItem(object, { score, excerpt });
  });
}

export const searchHelpers: readonly Helper[] = [
  {
    name: 'search',
    arguments: [1, 1],
    options: 'any',
    takes: 'objects',
    // What it gives is of the site; excerpts are escaped.
    escapes: true,
    call: ([catalog], call) => itemsOf(answerOf(catalog, call), call),
  },
  {
    name: 'searched',
    arguments: [1, 1],
    options: 'any',
    takes: 'objects',
    escapes: true,
    call([catalog], call) {
      const answer = answerOf(catalog, call);
      const { total, facets } = answer;
      return { items: itemsOf(answer, call), total, facets };
    },
  },
  {
    name: 'suggestion',
    arguments: [1, 1],
    options: 'any',
    takes: 'objects',
    call: ([catalog], call) => answerOf(catalog, call).suggestion,
  },
];
