/**
 * `{{t "key"}}`: a text in the visitor's language.
 *
 * The texts are properties of objects that are called after languages, `de` or `pt-BR`, in a folder
 * `messages` that is acquired. What the nearest folder has not is looked for in those further out,
 * so a part of a site may have words of its own for some things.
 */
import { ABSENT, type Acquirable, acquire, isAcquirable } from '../../../acquisition/index.js';
import { ownValue } from '../attributes.js';
import { unusable } from '../errors.js';
import type { Frame, Run } from '../frame.js';
import type { Helper } from '../language.js';
import { textOf } from '../text.js';
import { textArgument, wordOption } from './arguments.js';

const FOLDER = 'messages';

export const messageHelpers: readonly Helper[] = [
  {
    name: 't',
    arguments: [1, 1],
    options: 'any',
    call([name], call) {
      const { run, frame, options } = call;
      const key = textArgument(run, name);
      if (key === '') throw unusable('The key of a message is empty.');
      const lang = wordOption(call, 'lang');
      const wanted = lang === undefined || lang === '' ? run.world.languages : [lang];
      const text = messageOf(run, foldersAround(frame), wanted, key) ?? key;
      return text.replaceAll(/\{(\w+)\}/g, (place, option: string) =>
        option !== 'lang' && Object.hasOwn(options, option) ? textOf(run, options[option]) : place,
      );
    },
  },
];

/** The folders of that name along the way names are acquired, nearest first. */
function foldersAround(frame: Frame): readonly Acquirable[] {
  const { run } = frame;
  const folders: Acquirable[] = [];
  acquire(frame.context, FOLDER, {
    filter(value) {
      run.budget.step();
      if (isAcquirable(value) && run.world.mayTouch(value)) folders.push(value);
      return false;
    },
  });
  return folders;
}

function messageOf(
  run: Run,
  folders: readonly Acquirable[],
  wanted: readonly string[],
  key: string,
): string | undefined {
  for (const tag of wanted.flatMap(namesOf)) {
    for (const folder of folders) {
      const texts = ownValue(run, folder, tag);
      const text = isAcquirable(texts) ? textIn(run, texts, key) : undefined;
      if (text !== undefined) return text;
    }
  }
  // Nothing in a language asked for: the first there is.
  for (const folder of folders) {
    for (const texts of run.world.children(folder) ?? []) {
      const text = run.world.mayTouch(texts) ? textIn(run, texts, key) : undefined;
      if (text !== undefined) return text;
    }
  }
  return undefined;
}

/** A language, and the one it is a kind of: `de-CH` is also `de`. */
function namesOf(tag: string): readonly string[] {
  const [language = ''] = tag.split('-', 1);
  return language === tag ? [tag] : [tag, language];
}

/** Properties alone are texts: every object has a title, and that is none. */
function textIn(run: Run, texts: Acquirable, key: string): string | undefined {
  run.budget.step();
  if (![...run.world.attributes(texts)].includes(key)) return undefined;
  const value = ownValue(run, texts, key);
  return value === ABSENT || isAcquirable(value) ? undefined : textOf(run, value);
}
