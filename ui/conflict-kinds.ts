/**
 * Conflicts that are about an object as a whole: one side removed what the other changed, two objects
 * are in one place, a folder is gone. What happened, in words, and the choices there are.
 */
import {
  type ConflictKind,
  type Content,
  contentTypes,
  type OpenConflict,
  type PublishRequest,
  siteRoot,
} from '../server/index.js';
import { diffContent, type PathOf } from './content-state.js';
import type { SideWords } from './conflict-view.js';
import { errorOf, type Input, lineInput } from './form-fields.js';
import { type Attempt, screenUrl, type ViewModel } from './screen.js';

interface Choice {
  readonly value: 'main' | 'version' | 'move';
  readonly words: string;
  readonly hint: string;
  readonly checked: boolean;
  /** What is asked besides. */
  readonly fields: readonly Input[];
}

type ChoiceWords = Pick<Choice, 'value' | 'words' | 'hint'> & {
  readonly fields?: readonly Input[];
};

interface KindOptions {
  readonly one: OpenConflict;
  readonly sides: SideWords;
  readonly pathOf: PathOf;
  readonly attempt: Attempt | undefined;
}

export function kindModel(request: PublishRequest, options: KindOptions): ViewModel {
  const { one, sides, pathOf, attempt } = options;
  const said = attempt?.form.text('side');
  const changed = changedSide(one.kind);
  const after = changed === undefined ? undefined : one[changed].state;
  const diff = after === undefined ? undefined : diffContent(one.type, one.base, after, { pathOf });
  const isFolderGone = one.kind === 'folder-gone' && one.main.object === undefined;
  return {
    title: titleOf(one.kind),
    words: wordsOf(options),
    trashHref: isFolderGone ? screenUrl(siteRoot(request.connection), 'trash') : '',
    choices: choicesOf(options).map(({ fields = [], ...choice }): Choice => ({
      ...choice,
      fields,
      checked: choice.value === said,
    })),
    error: errorOf('side', attempt?.errors),
    diffTitle: `What ${changed === 'main' ? 'main' : sides.version} has changed in it`,
    diff:
      diff === undefined || diff.same
        ? null
        : {
            ...diff,
            texts: diff.texts.map((text) => ({
              ...text,
              caption: `${text.label} of ${one.path}, before and after`,
            })),
          },
  };
}

/** The side that changed what the other removed. */
function changedSide(kind: ConflictKind): 'main' | 'version' | undefined {
  if (kind === 'gone-on-main' || kind === 'folder-gone') return 'version';
  return kind === 'gone-in-version' ? 'main' : undefined;
}

function titleOf(kind: ConflictKind): string {
  const titles: Readonly<Record<ConflictKind, string>> = {
    changed: 'Changed on both sides',
    'gone-on-main': 'Removed on main',
    'gone-in-version': 'Removed in the version',
    'folder-gone': 'Its folder was removed',
    'changed-below': 'Removed in the version, with something that main has changed',
    'id-taken': 'Two objects in one place',
    whole: 'Changed on both sides',
  };
  return titles[kind];
}

function wordsOf({ one, sides }: KindOptions): string {
  const { version, mainBy, versionBy } = sides;
  const [onMain, inVersion] = [mainBy, versionBy].map((by) => (by === '' ? '' : ` (${by})`));
  switch (one.kind) {
    case 'gone-on-main':
      return `Main has removed it${onMain}. ${version} has changed it${inVersion}.`;
    case 'gone-in-version':
      return `${version} has removed it${inVersion}. Main has changed it${onMain}.`;
    case 'folder-gone':
      if (one.main.object !== undefined) {
        return `${version} has put it into a folder that it has removed since${inVersion}. Main has changed it${onMain}.`;
      }
      return `${version} has changed or added it${inVersion}, and main has removed the folder that it was in.`;
    case 'changed-below':
      return `${version} has removed it${inVersion}, with all it held. Main has changed something in it since.`;
    case 'id-taken':
      return `Main has ${describe(one.main.object)} here${onMain}; ${version} has ${describe(one.version.object)}${inVersion}. Only one of them can have this id.`;
    default:
      return `Main${onMain} and ${version}${inVersion} have changed it so that nothing tells what could be merged. It becomes as one of them has it.`;
  }
}

function choicesOf(options: KindOptions): readonly ChoiceWords[] {
  const { one, sides } = options;
  const { version } = sides;
  switch (one.kind) {
    case 'gone-on-main':
      return [
        choice(
          'version',
          `Keep it, as it is in ${version}`,
          'The check-in brings it back to main.',
        ),
        choice('main', `Remove it in ${version} too`, `What was changed of it in ${version} goes.`),
      ];
    case 'gone-in-version':
      return [
        choice('main', 'Keep it, as main has it', `It is in ${version} again.`),
        choice(
          'version',
          `Remove it, as in ${version}`,
          'The check-in removes what main has changed.',
        ),
      ];
    case 'folder-gone':
      return [
        { ...choice('move', 'Put it into another folder', ''), fields: moveFields(options) },
        one.main.object === undefined
          ? choice('main', 'Give it up', `What ${version} has of it goes.`)
          : choice('main', 'Leave it as main has it', `What ${version} has of it goes.`),
      ];
    case 'changed-below':
      return [
        choice('main', 'Keep it, as main has it', `It is in ${version} again, with all it holds.`),
        choice(
          'version',
          'Remove it all the same',
          'The check-in removes what main has changed in it, too.',
        ),
      ];
    case 'id-taken':
      return takenChoices(options);
    default:
      return [
        choice('main', 'As main has it', sides.mainBy),
        choice('version', `As ${version} has it`, sides.versionBy),
      ];
  }
}

function takenChoices(options: KindOptions): readonly ChoiceWords[] {
  const { one, sides, attempt } = options;
  const { main, version } = one;
  const id = one.key ?? '';
  const goes =
    version.object === undefined ? '' : `The one of ${sides.version} goes from the version.`;
  const trash =
    main.object === undefined ? '' : 'The check-in puts the one of main into the trash.';
  const both = {
    ...choice('move', `Keep both: the one of ${sides.version} gets another id`, ''),
    fields: [lineInput({ name: 'id', label: 'Its id' }, `${id}-2`, attempt)],
  };
  return [
    choice('main', capital(`${describe(main.object)}, as on main`), goes),
    choice('version', capital(`${describe(version.object)}, as in ${sides.version}`), trash),
    ...(main.object === undefined || version.object === undefined ? [] : [both]),
  ];
}

function moveFields({ one, attempt }: KindOptions): readonly Input[] {
  const at = one.path.lastIndexOf('/');
  return [
    lineInput(
      { name: 'to', label: 'Folder', help: 'Its path, from the root of the site.' },
      '/',
      attempt,
    ),
    lineInput(
      { name: 'id', label: 'Id', help: 'Its name there.' },
      one.path.slice(at + 1),
      attempt,
    ),
  ];
}

function choice(value: Choice['value'], words: string, hint: string): ChoiceWords {
  return { value, words, hint };
}

/** `the document “News”`; `nothing`. */
function describe(object: Content | undefined): string {
  if (object === undefined) return 'nothing';
  const { title } = contentTypes.of(object);
  return `the ${title.toLowerCase()} “${object.title === '' ? object.id : object.title}”`;
}

function capital(words: string): string {
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}
