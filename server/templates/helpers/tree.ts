/**
 * `{{#tree root}}…{{/tree}}`: a nested list that opens and closes.
 *
 * Which branches are open is in the address, so a link leads to what one sees, and it works without
 * scripts. An open branch is named by its ids from the root of the tree. Branches that are closed
 * are not walked, only asked whether anything is in them.
 */
import { ABSENT, isAcquirable } from '../../../acquisition/index.js';
import type { Acquirable } from '../../../acquisition/index.js';
import { ownValue, titleOf } from '../attributes.js';
import { called, NO_ARGUMENTS } from '../call.js';
import { unusable } from '../errors.js';
import { escapeHtml, Html } from '../html.js';
import type { Helper, HelperCall } from '../language.js';
import { itemsOf } from '../list.js';
import { templateOfName, valueOfName } from '../lookup.js';
import { idOf, isFolder, viewable } from '../objects.js';
import { queryWith } from '../query.js';
import { sorted } from '../sort.js';
import { untaint } from '../taint.js';
import { textOf } from '../text.js';
import { wordOption } from './arguments.js';

/** Levels of a tree, and branches open at once. */
const TREE_DEPTH_MAX = 50;
const TREE_OPEN_MAX = 500;

/** What a tree opens when its address says `open=all`. */
const ALL = 'all';

interface Tree {
  readonly call: HelperCall;
  readonly open: ReadonlySet<string>;
  readonly isAllOpen: boolean;
  readonly field: string;
  readonly branches: string;
}

interface Branch {
  readonly object: Acquirable;
  /** Ids from the root of the tree, each percent-encoded. */
  readonly key: string;
  readonly depth: number;
}

function listOf(tree: Tree, branch: Branch): string {
  const { call } = tree;
  const items = branchesOf(tree, branch.object).map((object) =>
    itemOf(tree, {
      object,
      key:
        branch.key === ''
          ? encodeURIComponent(idOf(object))
          : `${branch.key}/${encodeURIComponent(idOf(object))}`,
      depth: branch.depth + 1,
    }),
  );
  const around = (name: 'header' | 'footer'): string => {
    const shown = templateText(tree, branch.object, name);
    return shown === '' ? '' : `<li class="tree-${name}">${shown}</li>`;
  };
  const list = `<ul>${around('header')}${items.join('')}${around('footer')}</ul>`;
  call.run.budget.text(list.length);
  return list;
}

function itemOf(tree: Tree, branch: Branch): string {
  const { call } = tree;
  const { run } = call;
  run.budget.charge(10);
  const data = new Map<string, unknown>([['level', branch.depth]]);
  const mayOpen = branch.depth < TREE_DEPTH_MAX && hasBranches(tree, branch.object);
  const isOpen = mayOpen && (tree.isAllOpen || tree.open.has(branch.key));
  data.set('open', isOpen);
  const shown = call.capture({ self: branch.object, data, values: [branch.object] }).text;
  if (!mayOpen) return `<li>${shown}${templateText(tree, branch.object, 'leaves')}</li>`;
  const inside = isOpen ? listOf(tree, branch) : '';
  return `<li>${toggle(tree, branch, isOpen)}${shown}${inside}</li>`;
}

/** The link that opens or closes a branch. */
function toggle(tree: Tree, { object, key }: Branch, isOpen: boolean): string {
  const { run, options } = tree.call;
  const open = new Set(tree.open);
  if (isOpen) {
    for (const other of tree.open) {
      if (other === key || other.startsWith(`${key}/`)) open.delete(other);
    }
  } else {
    if (options['single'] === true) closeNeighbours(open, key);
    open.add(key);
  }
  const state = open.size === 0 ? undefined : [...open].sort().join(' ');
  const href = queryWith(run.world.request.query, tree.field, state);
  const verb = isOpen ? 'Close' : 'Open';
  const label = escapeHtml(`${verb} ${titleOf(run, object)}`);
  return (
    `<a class="tree-toggle" href="${escapeHtml(href)}" aria-expanded="${isOpen}" ` +
    `aria-label="${label}">${isOpen ? '▾' : '▸'}</a> `
  );
}

/** With `single`, of the branches of one folder only one is open. */
function closeNeighbours(open: Set<string>, key: string): void {
  const parent = key.slice(0, key.lastIndexOf('/') + 1);
  for (const other of open) {
    const isBelow = other.startsWith(parent) && !key.startsWith(`${other}/`);
    if (isBelow) open.delete(other);
  }
}

function hasBranches(tree: Tree, object: Acquirable): boolean {
  if (tree.call.options['assumeChildren'] === true) return isFolder(tree.call.run, object);
  return branchesOf(tree, object).length > 0;
}

/** What is below an object: its folders, all its objects, or what a name of it gives. */
function branchesOf({ call, branches }: Tree, object: Acquirable): readonly Acquirable[] {
  const { run } = call;
  const below =
    branches === 'folders' || branches === 'objects'
      ? isFolder(run, object)
        ? viewable(run, object).filter((child) => branches === 'objects' || isFolder(run, child))
        : []
      : namedBranches(call, object, branches);
  const sort = wordOption(call, 'sort');
  const inOrder = sort === undefined ? below : sorted(run, below, sort);
  return call.options['reverse'] === true ? [...inOrder].reverse() : inOrder;
}

function namedBranches(call: HelperCall, object: Acquirable, name: string): readonly Acquirable[] {
  const inner = call.frame.inner(object);
  const own = ownValue(call.run, object, name);
  const found = own === ABSENT ? valueOfName(inner, name) : own;
  if (found === ABSENT)
    throw unusable(`branches= is folders, objects, or a name that gives a list.`);
  const items = itemsOf(call.run, untaint(called(inner, found, NO_ARGUMENTS)));
  return (items ?? []).filter(isAcquirable);
}

/** Shows the template that `leaves=`, `header=` or `footer=` names, for an object. */
function templateText(tree: Tree, object: Acquirable, option: string): string {
  const { call } = tree;
  const name = wordOption(call, option);
  if (name === undefined) return '';
  const inner = call.frame.inner(object);
  const template = templateOfName(inner, name);
  if (template === undefined) throw unusable(`There is no template “${name}” here.`);
  const shown = called(inner, template, NO_ARGUMENTS);
  return shown instanceof Html ? shown.text : escapeHtml(textOf(call.run, shown));
}

/** The branches that the address names. What is no text names none. */
function openKeys(call: HelperCall): ReadonlySet<string> {
  const { open } = call.options;
  const words = Array.isArray(open)
    ? open.map((one) => textOf(call.run, one))
    : [textOf(call.run, open)];
  const keys = words.flatMap((word) => word.slice(0, 100_000).split(/[\s,]+/));
  return new Set(keys.filter((key) => key !== '').slice(0, TREE_OPEN_MAX));
}

export const treeHelpers: readonly Helper[] = [
  {
    name: 'tree',
    arguments: [0, 1],
    block: 'always',
    takes: 'objects',
    escapes: true,
    options: [
      'branches',
      'sort',
      'reverse',
      'open',
      'param',
      'single',
      'assumeChildren',
      'leaves',
      'header',
      'footer',
      'label',
    ],
    call(args, call) {
      const root = args.length === 0 ? call.frame.object : args[0];
      if (!isAcquirable(root)) throw unusable('A tree begins at an object.');
      call.run.touch(root);
      const open = openKeys(call);
      const tree: Tree = {
        call,
        open,
        isAllOpen: open.has(ALL),
        field: wordOption(call, 'param') ?? call.fields.get('open') ?? 'open',
        branches: wordOption(call, 'branches') ?? 'objects',
      };
      if (branchesOf(tree, root).length === 0) return call.captureElse();
      const label = escapeHtml(wordOption(call, 'label') ?? titleOf(call.run, root));
      const list = listOf(tree, { object: root, key: '', depth: 0 });
      return new Html(`<nav class="tree" aria-label="${label}">${list}</nav>`);
    },
  },
];
