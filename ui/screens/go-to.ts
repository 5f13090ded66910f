/**
 * Go to: from anywhere to an object, by the beginning of its path or by a word of its id or title,
 * and to the screens of the object one is at. The palette shows the same answers over the page.
 */
import {
  type Container,
  type Content,
  contentTypes,
  Folder,
  isContainer,
  type PublishRequest,
} from '../../server/index.js';
import { addMenu } from '../addable.js';
import { anyObject, defineScreen, screensFor, screenUrl, type ViewModel } from '../screen.js';
import { rootOf } from '../shell.js';

/** Objects that are answered. */
const ANSWERS_MAX = 20;
/** Objects that are looked at for a word: near ones first, then the rest of the site. */
const LOOKED_AT_MAX = 2000;

export const goTo = defineScreen({
  path: 'go-to',
  view: 'go-to',
  permission: 'View management screens',
  appliesTo: anyObject,
  parts: ['go-to-options'],
  show,
});

interface Answer {
  readonly title: string;
  readonly detail: string;
  readonly icon: string;
  readonly href: string;
}

function show(object: Content, request: PublishRequest): ViewModel {
  const wanted = request.query.text('q').trim();
  const found = wanted.startsWith('/')
    ? byPath(wanted, rootOf(object), request)
    : byWord(wanted, object, request);
  const commands = commandsAt(object, request).filter((command) =>
    command.title.toLowerCase().includes(wanted.toLowerCase()),
  );
  const options = [...found, ...commands].map((option, index) => ({
    ...option,
    key: `option-${index}`,
  }));
  return { q: wanted, options, path: object.path };
}

/** Objects whose path begins so: the children of the folder that the path names as far as it goes. */
function byPath(wanted: string, root: Content, request: PublishRequest): readonly Answer[] {
  const ids = wanted.slice(1).split('/');
  const beginning = ids.pop() ?? '';
  let at: Content | undefined = root;
  for (const id of ids) at = at !== undefined && isContainer(at) ? at.child(id) : undefined;
  if (!(at instanceof Folder)) return [];
  const answers: Answer[] = [];
  for (const child of at.children.values({ from: beginning })) {
    if (!child.id.startsWith(beginning) || answers.length >= ANSWERS_MAX) break;
    if (request.policy.may('View management screens', child)) answers.push(optionOf(child));
  }
  return answers;
}

/** Objects whose id or title has the word: in this folder, then outward, then below. */
function byWord(wanted: string, object: Content, request: PublishRequest): readonly Answer[] {
  if (wanted === '') return [];
  const word = wanted.toLowerCase();
  const answers: Answer[] = [];
  let looked = 0;
  for (const each of nearestFirst(object)) {
    looked += 1;
    if (looked > LOOKED_AT_MAX || answers.length >= ANSWERS_MAX) break;
    if (!each.id.toLowerCase().includes(word) && !each.title.toLowerCase().includes(word)) continue;
    if (request.policy.may('View management screens', each)) answers.push(optionOf(each));
  }
  return answers;
}

/** Walks the site from an object: its folder and what is below, then each container and its rest. */
function* nearestFirst(object: Content): Generator<Content> {
  const seen = new Set<Content>();
  for (let at: Content | undefined = object; at !== undefined; at = at.container) {
    const folders: Container[] = isContainer(at) ? [at] : [];
    for (let next = folders.shift(); next !== undefined; next = folders.shift()) {
      if (!(next instanceof Folder) || seen.has(next)) continue;
      seen.add(next);
      for (const child of next.children.values()) {
        if (isContainer(child)) folders.push(child);
        if (child !== object) yield child;
      }
    }
  }
}

function optionOf(object: Content): Answer {
  return {
    title: object.title === '' ? object.id : object.title,
    detail: object.path,
    icon: contentTypes.of(object).icon,
    href: screenUrl(object),
  };
}

function commandsAt(object: Content, request: PublishRequest): readonly Answer[] {
  const screens = screensFor(object, request).flatMap((screen) =>
    screen.tab === undefined
      ? []
      : [
          {
            title: screen.tab,
            detail: object.path,
            icon: screen.icon ?? 'arrow-right',
            href: screenUrl(object, screen.path),
          },
        ],
  );
  const types = isContainer(object) ? addMenu(object, request).flatMap((group) => group.items) : [];
  const adds = types.map(({ title, icon, href }) => ({
    title: `Add ${title}`,
    detail: `to ${object.path}`,
    icon,
    href,
  }));
  return [...screens, ...adds];
}
