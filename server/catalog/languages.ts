/**
 * The languages of text indexes. English is lunr's own; others are in `lunr-languages`, a package
 * that is not part of Canopy and is loaded where it is installed.
 */
import { createRequire } from 'node:module';
import { Analyser } from './analyser.js';
import { builderWith, englishBuilder, LUNR } from './lunr.js';
import { Invalid } from '../errors.js';
import { quoted } from '../quote.js';

/** The language of an index that names none. */
export const LANGUAGE_DEFAULT = 'en';
export const LANGUAGES_PACKAGE = 'lunr-languages';

const CODE = /^[a-z]{2,3}$/;
/** What these need beside their own module. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  ja: ['tinyseg'],
  jp: ['tinyseg'],
};

/** Gives what a module exports. */
export type Load = (module: string) => unknown;

const require = createRequire(import.meta.url);
const analysers = new Map<string, Analyser>();

/**
 * Gives what texts of a language are read with: one for each language.
 *
 * @param field what is to blame where there is no such language
 * @param load gives modules of `lunr-languages`
 * @throws Invalid `SRV_INVALID` when it is neither English nor in the package, or the package is
 *   not installed
 */
export function analyserOf(
  language: string = LANGUAGE_DEFAULT,
  field = 'language',
  load: Load = (module) => require(module),
): Analyser {
  let analyser = analysers.get(language);
  if (analyser === undefined) {
    const isEnglish = language === LANGUAGE_DEFAULT;
    analyser = new Analyser(isEnglish ? englishBuilder() : loaded(language, field, load));
    analysers.set(language, analyser);
  }
  return analyser;
}

function loaded(language: string, field: string, load: Load): ReturnType<typeof builderWith> {
  if (!CODE.test(language)) {
    const message = `${quoted(language)} is no code of a language: two or three small letters`;
    throw new Invalid([{ field, message }]);
  }
  for (const part of ['stemmer.support', ...(NEEDED[language] ?? []), language]) {
    const module = part === 'tinyseg' ? part : `lunr.${part}`;
    let addTo: unknown;
    try {
      addTo = load(`${LANGUAGES_PACKAGE}/${module}.js`);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      if (isPackageThere(load)) throw notThere(language, field, error);
      const message = `languages but “${LANGUAGE_DEFAULT}” need the package “${LANGUAGES_PACKAGE}”, which is not installed`;
      throw new Invalid([{ field, message }], { cause: error });
    }
    if (typeof addTo !== 'function') throw notThere(language, field);
    addTo(LUNR);
  }
  const plugin: unknown = Reflect.get(LUNR, language);
  if (typeof plugin !== 'function') throw notThere(language, field);
  return builderWith(plugin);
}

function notThere(language: string, field: string, cause?: unknown): Invalid {
  const message = `there is no ${quoted(language)} in the package “${LANGUAGES_PACKAGE}”`;
  return new Invalid([{ field, message }], { cause });
}

function isPackageThere(load: Load): boolean {
  try {
    load(`${LANGUAGES_PACKAGE}/lunr.stemmer.support.js`);
    return true;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return false;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND';
}
