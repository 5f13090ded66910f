/** Slow queries: what took long to find in a catalog, and how it was found. */
import {
  Catalog,
  INDEX_PERMISSION,
  type PublishRequest,
  slowQueriesOf,
  viewsEverything,
} from '../../server/index.js';
import { defineScreen, type ViewModel } from '../screen.js';
import { millisecondsInWords } from '../catalog-words.js';

export const catalogSlow = defineScreen({
  path: 'slow-queries',
  tab: 'Slow queries',
  icon: 'history',
  view: 'catalog-slow',
  permission: INDEX_PERMISSION,
  styles: ['catalog'],
  help: 'catalog-screens',
  appliesTo: (object): object is Catalog => object instanceof Catalog,
  show,
});

function show(catalog: Catalog, request: PublishRequest): ViewModel {
  return {
    // What others found may be what this reader may not view.
    mayCount: viewsEverything(request, catalog),
    queries: slowQueriesOf(request, catalog).map(
      ({ shape, count, meanMs, longestMs, lastMs, plan, total }) => ({
        ...{ shape, count, lastMs, total },
        mean: millisecondsInWords(meanMs),
        longest: millisecondsInWords(longestMs),
        plan: plan.map(({ step, hits, milliseconds }) => ({
          ...{ step, hits, took: millisecondsInWords(milliseconds) },
        })),
      }),
    ),
  };
}
