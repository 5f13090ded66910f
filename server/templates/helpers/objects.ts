/** Helpers for objects of the site: their addresses, and what is in them. */
import { isAcquirable } from '../../../acquisition/index.js';
import type { Acquirable } from '../../../acquisition/index.js';
import { titleOf } from '../attributes.js';
import { TemplateFault, unusable } from '../errors.js';
import type { Run } from '../frame.js';
import { escapeHtml, Html } from '../html.js';
import { jsonText } from '../json.js';
import type { Helper } from '../language.js';
import { valueOfName } from '../lookup.js';
import { percentEncoded } from '../query.js';
import { textOf } from '../text.js';
import { isRecord } from '../records.js';
import { textArgument, wholeArgument } from './arguments.js';

/** Spaces that JSON may be indented by. */
const INDENT_MAX = 8;

/** Gives an object's address; a text is an address already. */
function addressOf(run: Run, value: unknown): string {
  if (!isAcquirable(value)) return textArgument(run, value);
  run.touch(value);
  return run.world.urlOf(value);
}

/** Puts the name of a view, or of what is called on the object, after its address. */
function withView(address: string, view: string): string {
  if (view === '' || address === '') return address;
  const segments = view.split('/').map((segment) => percentEncoded(segment).replaceAll('%40', '@'));
  return `${address.replace(/\/$/, '')}/${segments.join('/')}`;
}

/** A query as it is written, or of a record's names and values; lists give a name for each item. */
function queryText(run: Run, query: unknown): string {
  if (!isRecord(query)) return textArgument(run, query).replace(/^\?/, '');
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const one of values) {
      run.budget.step();
      if (one === undefined || one === null) continue;
      pairs.push(`${percentEncoded(name)}=${percentEncoded(textOf(run, one))}`);
    }
  }
  return pairs.join('&');
}

function withQuery(address: string, query: string): string {
  if (query === '' || address === '') return address;
  return `${address}${address.includes('?') ? '&' : '?'}${query}`;
}

export const objectHelpers: readonly Helper[] = [
  {
    name: 'url',
    arguments: [0, 1],
    options: ['view', 'query'],
    takes: 'objects',
    call(args, { run, frame, options }) {
      const address = addressOf(run, args.length === 0 ? frame.object : args[0]);
      const viewed = withView(address, textArgument(run, options['view']));
      return withQuery(viewed, queryText(run, options['query']));
    },
  },
  {
    name: 'asset',
    arguments: [1, 1],
    takes: 'objects',
    call([value], { run, frame }) {
      const file = isAcquirable(value) ? value : valueOfName(frame, textArgument(run, value));
      if (!isAcquirable(file)) {
        throw new TemplateFault(
          'SRV_TEMPLATE_NAME',
          `There is no file “${textArgument(run, value)}” here.`,
        );
      }
      run.touch(file);
      return run.world.assetUrl(file);
    },
  },
  {
    name: 'json',
    arguments: [1, 1],
    options: ['indent'],
    takes: 'objects',
    call([value], { run, options }) {
      const spaces = options['indent'] ?? 0;
      const indent = wholeArgument(run, spaces, { name: 'indent=', min: 0, max: INDENT_MAX });
      return jsonText(run, value, ' '.repeat(indent));
    },
  },
  {
    name: 'dump',
    arguments: [0, 1],
    takes: 'objects',
    escapes: true,
    call(args, { run, frame }) {
      if (!run.world.mayDump) return '';
      const text = jsonText(run, args.length === 0 ? frame.self : args[0], '  ');
      return new Html(`<pre class="dump">${escapeHtml(text)}</pre>`);
    },
  },
  {
    name: 'breadcrumbs',
    arguments: [0, 1],
    takes: 'objects',
    escapes: true,
    call(args, { run, frame }) {
      const object = args.length === 0 ? frame.env.activation.context.object : args[0];
      if (!isAcquirable(object)) throw unusable('Breadcrumbs lead to an object.');
      return breadcrumbs(run, object);
    },
  },
];

/** Links to what contains an object, from the root; what may not be viewed is left out. */
function breadcrumbs(run: Run, object: Acquirable): Html {
  const steps: string[] = [
    `<li><span aria-current="page">${escapeHtml(titleOf(run, object))}</span></li>`,
  ];
  for (let at = object.container; at !== undefined; at = at.container) {
    run.budget.step();
    if (!run.world.mayTouch(at)) continue;
    const [address, title] = [run.world.urlOf(at), titleOf(run, at)];
    steps.unshift(`<li><a href="${escapeHtml(address)}">${escapeHtml(title)}</a></li>`);
  }
  return new Html(
    `<nav class="breadcrumbs" aria-label="Breadcrumbs"><ol>${steps.join('')}</ol></nav>`,
  );
}
