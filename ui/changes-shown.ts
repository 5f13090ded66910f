/**
 * What differs in one object, as the partial `diff-change` draws it, whatever it is that makes the
 * difference: an undo, a transaction, a form that was tried out.
 */
import type { ContentType } from '../server/index.js';
import type { diffContent } from './content-state.js';

/** Objects whose differences are shown; the others are counted. */
export const SHOWN_MAX = 40;

/** Objects shown unfolded at first. */
export const OPEN_MAX = 3;

/** What happens to one object. */
export interface Change {
  readonly open: boolean;
  readonly typeTitle: string;
  readonly icon: string;
  readonly path: string;
  readonly tone: 'add' | 'change' | 'remove';
  readonly sign: string;
  readonly word: string;
  /** Said between an old value and a new one, to those who do not see the arrow. */
  readonly becomes: string;
  readonly remark: string;
  readonly diff: ReturnType<typeof diffContent>;
}

/** What it is called that something happens. */
export interface ChangeWords {
  readonly added: string;
  readonly changed: string;
  /** Stands before it; `''` for the icon of an undo. */
  readonly changedSign: '~' | '';
  readonly removed: string;
  /** Said of what is removed. */
  readonly gone: string;
  readonly becomes: string;
  /** What the two sides of a text are: `now, and after the undo`. */
  readonly between: string;
}

/** An object and what differs in it. */
export interface ObjectChange {
  readonly type: ContentType;
  readonly path: string;
  readonly kind: 'added' | 'changed' | 'removed';
  readonly open: boolean;
  readonly diff: Change['diff'];
}

/** Says what happens to an object. */
export function shownChange(
  { type, path, kind, open, diff }: ObjectChange,
  words: ChangeWords,
): Change {
  const texts = diff.texts.map((text) => ({
    ...text,
    caption: `${text.label} of ${path}: ${words.between}`,
  }));
  return {
    open,
    typeTitle: type.title,
    icon: type.icon,
    path,
    tone: TONES[kind],
    sign: kind === 'changed' ? words.changedSign : SIGNS[kind],
    word: words[kind],
    becomes: words.becomes,
    remark: kind === 'removed' ? words.gone : kind === 'changed' ? remarkOn(diff) : '',
    diff: { ...diff, texts },
  };
}

const TONES = { added: 'add', changed: 'change', removed: 'remove' } as const;
const SIGNS = { added: '+', removed: '−' } as const;

function remarkOn({ hidden }: Change['diff']): string {
  return hidden ? 'Something differs that is not shown.' : '';
}
