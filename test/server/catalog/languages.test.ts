/** Languages of text indexes: English, and those of a package that need not be there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CatalogStore } from '../../../server/catalog/catalog-store.js';
import { analyserOf, LANGUAGES_PACKAGE } from '../../../server/catalog/languages.js';
import { Invalid } from '../../../server/errors.js';
import { openCatalog, TestDocument } from './catalogs.js';

interface Builder {
  readonly pipeline: Pipeline;
  readonly searchPipeline: Pipeline;
}

interface Pipeline {
  reset(): void;
  add(...functions: readonly unknown[]): void;
}

interface Token {
  toString(): string;
  update(change: (word: string) => string): Token;
}

/** A language of the make of the package's own: words end in `-ra` or not, and `la` says nothing. */
function standIn(module: string): unknown {
  switch (module) {
    case `${LANGUAGES_PACKAGE}/lunr.stemmer.support.js`:
      return (lunr: Record<string, unknown>) => {
        lunr.stemmerSupport = {};
      };
    case `${LANGUAGES_PACKAGE}/lunr.qq.js`:
      return (lunr: Record<string, unknown>) => {
        const stemmer = (token: Token): Token => token.update((word) => word.replace(/ra$/, ''));
        const stopWords = (token: Token): Token | undefined =>
          String(token) === 'la' ? undefined : token;
        Object.assign(stemmer, { label: 'stemmer-qq' });
        Object.assign(stopWords, { label: 'stopWordFilter-qq' });
        Object.assign(Reflect.get(lunr, 'Pipeline') as object, {
          registeredFunctions: {
            ...(Reflect.get(
              Reflect.get(lunr, 'Pipeline') as object,
              'registeredFunctions',
            ) as object),
            'stemmer-qq': stemmer,
            'stopWordFilter-qq': stopWords,
          },
        });
        lunr.qq = function use(this: Builder) {
          this.pipeline.reset();
          this.pipeline.add(stopWords, stemmer);
          this.searchPipeline.reset();
          this.searchPipeline.add(stemmer);
        };
      };
    default:
      throw Object.assign(new Error(`Cannot find module '${module}'`), {
        code: 'MODULE_NOT_FOUND',
      });
  }
}

function refusal(run: () => unknown): readonly object[] {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof Invalid, String(error));
    return error.errors;
  }
  return [];
}

test('texts are read as a language of the package says', async () => {
  analyserOf('qq', 'language', standIn);
  await using opened = await openCatalog([{ name: 'text', type: 'text', language: 'qq' }]);
  const { store } = opened;
  store.indexDocument(1, new TestDocument({ text: 'la candera' }));
  store.indexDocument(2, new TestDocument({ text: 'the candles' }));
  const ids = (text: string): number[] => store.search({ text }).hits.map(({ docid }) => docid);
  assert.deepEqual(ids('cande'), [1]);
  assert.deepEqual(ids('candera'), [1]);
  assert.deepEqual(ids('la'), []);
  assert.deepEqual(ids('the'), [2], 'a stop word of another language is a word');
  const [asked] = store.search({ text: 'candera' }).texts;
  const excerpt = asked?.excerpt([{ field: 'text', text: 'A cande' }]);
  assert.deepEqual(excerpt?.pieces.at(-1), { text: 'cande', isMarked: true });
});

test('a language that the package has not is refused', () => {
  assert.deepEqual(
    refusal(() => analyserOf('xx', 'indexes[0].language', standIn)),
    [
      {
        field: 'indexes[0].language',
        message: `there is no “xx” in the package “${LANGUAGES_PACKAGE}”`,
      },
    ],
  );
  for (const code of ['', 'EN', '../x', 'stemmer.support', 'english']) {
    const [error] = refusal(() => analyserOf(code, 'language', standIn));
    assert.match(JSON.stringify(error), /is no code of a language/, code);
  }
});

test('a language is refused where the package is not installed, by its place', () => {
  const missing = (module: string): unknown => {
    throw Object.assign(new Error(`Cannot find module '${module}'`), { code: 'MODULE_NOT_FOUND' });
  };
  const [error] = refusal(() => analyserOf('de', 'language', missing));
  assert.match(JSON.stringify(error), /need the package “lunr-languages”, which is not installed/);
  const broken = (): unknown => {
    throw new TypeError('broken');
  };
  assert.throws(() => analyserOf('de', 'language', broken), TypeError);
});

test('a catalog refuses an index in a language that cannot be read, and stays as it was', () => {
  const store = CatalogStore.empty();
  const indexes = [
    { name: 'kind', type: 'field' },
    { name: 'text', type: 'text', language: 'zz' },
  ];
  const [error] = refusal(() => store.configure({ indexes }));
  assert.equal(Reflect.get(error ?? {}, 'field'), 'indexes[1].language');
  assert.deepEqual(store.definitions, []);
  store.configure({ indexes: [{ name: 'text', type: 'text', language: 'en' }] });
});
