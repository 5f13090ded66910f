/**
 * Names that answer at an object, nearest first: what the editor completes and explains.
 *
 * The order is that of acquisition: attributes, fields, properties and children of the object, then
 * of what contains it. Of two things with one name the nearer answers, except that a partial's name
 * finds templates only: it passes over whatever else is nearer. What the reader may not view is left
 * out.
 */
import {
  BUILT_IN_NAMES,
  type Content,
  contentTypes,
  Folder,
  isContainer,
  PAGE_LANGUAGE,
  type PublishRequest,
} from '../server/index.js';
import { screenUrl } from './screen.js';

/** How many children of each container are looked at. */
const LOOKED_AT_MAX = 500;

/** A name that answers. */
export interface AnsweringName {
  readonly name: string;
  /** What it is: a content type's word, `property`, `field`, `attribute` or `helper`. */
  readonly kind: string;
  readonly title: string;
  /** Path of the object that holds it; `''` for what the language brings. */
  readonly origin: string;
  readonly here: boolean;
  /** Whether `{{name}}` finds it: a template may stand behind something nearer of its name. */
  readonly value: boolean;
  /** Whether `{{> name}}` finds it: the nearest template of the name. */
  readonly partial: boolean;
  readonly href: string;
}

type Facts = Omit<AnsweringName, 'name' | 'value' | 'partial'>;

/** Lists the names that answer at `object`. */
export function namesAnsweringAt(
  object: Content,
  request: PublishRequest,
): readonly AnsweringName[] {
  const names: AnsweringName[] = [];
  const values = new Set<string>();
  const partials = new Set<string>();
  const add = (name: string, facts: Facts, { isTemplate = false } = {}): void => {
    const value = !values.has(name);
    const partial = isTemplate && !partials.has(name);
    if (!value && !partial) return;
    values.add(name);
    if (partial) partials.add(name);
    names.push({ name, value, partial, ...facts });
  };
  for (let holder: Content | undefined = object; holder !== undefined; holder = holder.container) {
    const here = holder === object;
    const origin = holder.path;
    const plain = { title: '', origin, here, href: '' };
    if (here) for (const name of BUILT_IN_NAMES) add(name, { ...plain, kind: 'attribute' });
    if (!request.policy.may('View', holder)) continue;
    const type = contentTypes.of(holder);
    if (type.protectedFields !== true) {
      for (const { name, writeOnly } of type.fields) {
        if (writeOnly !== true) add(name, { ...plain, kind: 'field' });
      }
    }
    for (const name of Object.keys(holder.properties)) add(name, { ...plain, kind: 'property' });
    if (!isContainer(holder) || !(holder instanceof Folder)) continue;
    for (const child of holder.children.values({ limit: LOOKED_AT_MAX })) {
      if (!request.policy.may('View', child)) continue;
      const childType = contentTypes.of(child);
      const href = request.policy.may('View management screens', child) ? screenUrl(child) : '';
      const facts = { kind: childType.title, title: child.title, origin, here, href };
      add(child.id, facts, { isTemplate: childType.name === 'Template' });
    }
  }
  for (const name of PAGE_LANGUAGE.names) {
    add(name, { kind: 'helper', title: '', origin: '', here: false, href: '' });
  }
  return names;
}
