/**
 * A small site of plain objects, and a world around it, for the tests of templates.
 *
 * Objects are made by `folder`, `page`, `template` and `script`, and get their ids and containers
 * from the folder they are put in. Who may view what is a plain function of the object.
 */
import { marked } from 'marked';
import sanitizeHtml from 'sanitize-html';
import { ABSENT, Context } from '../../../acquisition/index.js';
import type { Acquirable } from '../../../acquisition/index.js';
import {
  escapeHtml,
  Html,
  PAGE_LANGUAGE,
  Renderer,
  TemplateCache,
} from '../../../server/templates/index.js';
import type {
  CallArguments,
  Executable,
  Instruction,
  Language,
  RenderOptions,
  SearchAnswer,
  TemplateWorld,
} from '../../../server/templates/index.js';

type Values = Readonly<Record<string, unknown>>;

const BUILT_IN: ReadonlySet<string> = new Set([
  'id',
  'title',
  'path',
  'url',
  'type',
  'parent',
  'created',
  'modified',
  'owner',
  'size',
]);

export class TestObject implements Acquirable {
  readonly type: string;
  readonly values: Values;
  readonly children: Map<string, TestObject> | undefined;
  id = '';
  container: TestObject | undefined;
  source: string | undefined;
  strict = false;
  /** Its authors may not write active content. */
  isWeak = false;
  /** What its authors may not view. */
  authorsLack: (object: TestObject) => boolean = () => false;
  calls: ((args: CallArguments) => unknown) | undefined;

  constructor(type: string, values: Values, children?: Readonly<Record<string, TestObject>>) {
    this.type = type;
    this.values = values;
    if (children === undefined) return;
    this.children = new Map();
    for (const [id, child] of Object.entries(children)) {
      child.id = id;
      child.container = this;
      this.children.set(id, child);
    }
  }

  get path(): string {
    if (this.container === undefined) return '/';
    return `${this.container.path === '/' ? '' : this.container.path}/${this.id}`;
  }

  get url(): string {
    const slash = this.children !== undefined && this.container !== undefined ? '/' : '';
    return encodeURI(this.path) + slash;
  }

  get title(): string {
    const { title } = this.values;
    return typeof title === 'string' ? title : '';
  }

  lookup(name: string): unknown {
    switch (name) {
      case 'id':
      case 'type':
      case 'path':
      case 'url':
      case 'title':
        return this[name];
      case 'parent':
        return this.container;
      case 'created':
      case 'modified':
        return this.values[name] ?? new Date('2026-11-21T09:30:00Z');
      case 'owner':
        return this.values['owner'] ?? 'admin';
      case 'size':
        return this.source?.length ?? 0;
      default:
        if (Object.hasOwn(this.values, name)) return this.values[name];
        return this.children?.get(name) ?? ABSENT;
    }
  }
}

export function folder(
  values: Values,
  children: Readonly<Record<string, TestObject>> = {},
): TestObject {
  return new TestObject('Folder', values, children);
}

export function page(values: Values = {}): TestObject {
  return new TestObject('Document', values);
}

export interface TemplateOptions {
  readonly strict?: boolean;
  readonly isWeak?: boolean;
  readonly authorsLack?: (object: TestObject) => boolean;
}

export function template(source: string, options: TemplateOptions = {}): TestObject {
  const object = new TestObject('Template', {});
  object.source = source;
  object.strict = options.strict ?? false;
  object.isWeak = options.isWeak ?? false;
  object.authorsLack = options.authorsLack ?? object.authorsLack;
  return object;
}

/** Finds what is in its folder and below by a word of the title. */
export function catalog(): TestObject {
  return new TestObject('Catalog', {});
}

export function script(calls: (args: CallArguments) => unknown): TestObject {
  const object = new TestObject('Script', {});
  object.calls = calls;
  return object;
}

/** What `mayTouch` refuses. */
export class Denied extends Error {
  readonly code = 'SRV_UNAUTHORIZED';
}

/** What `{{raise}}` makes of a known type. */
export class RaisedError extends Error {
  readonly code = 'SRV_NOT_FOUND';
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

export interface SiteOptions {
  readonly form?: Values;
  readonly query?: string;
  readonly cookies?: Values;
  readonly headers?: Values;
  readonly mayView?: (object: TestObject) => boolean;
  readonly mayDump?: boolean;
  readonly languages?: readonly string[];
  readonly steps?: number;
  readonly language?: Language;
  readonly checkDeadline?: () => void;
}

export interface Answer {
  status: number | undefined;
  readonly headers: Map<string, string>;
  redirect: string | undefined;
}

/** A site for one request: what it answers is in `answer`, what it logged in `logged`. */
export class TestSite {
  readonly root: TestObject;
  readonly world: TemplateWorld;
  readonly renderer: Renderer;
  readonly cache = new TemplateCache<Instruction>();
  readonly answer: Answer = { status: undefined, headers: new Map(), redirect: undefined };
  readonly logged: string[] = [];

  constructor(root: TestObject, options: SiteOptions = {}) {
    this.root = root;
    this.world = worldOf(this, options);
    this.renderer = new Renderer(this.world, {
      cache: this.cache,
      language: options.language ?? PAGE_LANGUAGE,
      ...(options.steps === undefined ? {} : { steps: options.steps }),
    });
  }

  /** Gives the object at a path of ids. */
  at(path: string): TestObject {
    let object = this.root;
    for (const id of path.split('/').filter((id) => id !== '')) {
      const child = object.children?.get(id);
      if (child === undefined) throw new TypeError(`No ${id} in ${object.path}`);
      object = child;
    }
    return object;
  }

  /** Renders a source as a template that stands in the root, on the object at `path`. */
  render(source: string, path = '/', options: TemplateOptions & RenderOptions = {}): string {
    const value = this.value(source, path, options);
    return value instanceof Html ? value.text : String(value);
  }

  /** Gives what a source gives, which may be the value that it returned. */
  value(source: string, path = '/', options: TemplateOptions & RenderOptions = {}): unknown {
    const object = template(source, options);
    object.id = 'test';
    object.container = this.root;
    return this.show(object, path, options);
  }

  /** Renders a template of the site on the object at `path`. */
  show(object: TestObject, path: string, options: RenderOptions = {}): unknown {
    const executable = this.world.executable(object);
    if (executable?.kind !== 'template') throw new TypeError(`${object.path} is no template`);
    return this.renderer.render(executable, Context.of(this.at(path)), options);
  }
}

/** Asks for `title`; the longer a title, the smaller its score. */
function searchIn(
  { type, container }: TestObject,
  { title, limit = 10 }: Values,
  mayView: (object: TestObject) => boolean,
): SearchAnswer | undefined {
  if (type !== 'Catalog' || container === undefined) return undefined;
  const wanted = String(title).toLowerCase();
  const all = (at: TestObject): TestObject[] => [
    at,
    ...[...(at.children ?? new Map()).values()].flatMap(all),
  ];
  const found = all(container)
    .filter((object) => mayView(object) && object.title.toLowerCase().includes(wanted))
    .sort((a, b) => a.title.length - b.title.length);
  const types = [...new Set(found.map((object) => object.type))];
  return {
    items: found.slice(0, Number(limit)).map((object) => ({
      object,
      score: 10 / object.title.length,
      excerpt: new Html(`<mark>${escapeHtml(object.title)}</mark>`),
    })),
    total: found.length,
    facets: {
      type: types.map((value) => ({
        value,
        count: found.filter((object) => object.type === value).length,
      })),
    },
    suggestion: found.length === 0 ? wanted.slice(0, -1) : undefined,
  };
}

function worldOf(site: TestSite, options: SiteOptions): TemplateWorld {
  const pushed: Executable[] = [];
  const mayView = options.mayView ?? (() => true);
  const objectOf = (object: Acquirable): TestObject => {
    if (object instanceof TestObject) return object;
    throw new TypeError('An object of another site');
  };
  let random = 0;
  return {
    root: site.root,
    url: 'https://example.org/page',
    user: { name: 'ann', roles: ['Authenticated'] },
    version: null,
    mayDump: options.mayDump ?? false,
    mayInspect: () => true,
    request: {
      method: 'GET',
      url: `/page?${options.query ?? ''}`,
      path: '/page',
      query: options.query ?? '',
      form: options.form ?? {},
      cookies: options.cookies ?? {},
      headers: options.headers ?? {},
    },
    response: {
      status: (status) => {
        site.answer.status = status;
      },
      header: (name, value) => {
        site.answer.headers.set(name, value);
      },
      redirect: (url, status = 302) => {
        site.answer.redirect = url;
        site.answer.status = status;
      },
    },
    search: (object, question) => searchIn(objectOf(object), question, mayView),
    now: () => new Date('2026-11-21T10:00:00Z'),
    random: () => {
      random = (random * 7 + 3) % 10;
      return random / 10;
    },
    mayTouch(object) {
      const known = objectOf(object);
      return mayView(known) && pushed.every(({ object: by }) => !objectOf(by).authorsLack(known));
    },
    refuse(object) {
      throw new Denied(`You may not view ${objectOf(object).path}`);
    },
    executable: (object) => (object instanceof TestObject ? executableOf(object) : undefined),
    run(executable, work) {
      pushed.push(executable);
      try {
        return work();
      } finally {
        pushed.pop();
      }
    },
    mayActive: ({ object }) => !objectOf(object).isWeak,
    sanitize: (html) => sanitizeHtml(html),
    children: (object) => objectOf(object).children?.values(),
    urlOf: (object) => objectOf(object).url,
    assetUrl: (object) => `/@assets/1a2b/${objectOf(object).id}`,
    languages: options.languages ?? [],
    attributes: (object) =>
      Object.keys(objectOf(object).values).filter((name) => !BUILT_IN.has(name)),
    markdown: (text) => marked.parse(text, { async: false }),
    raise: (type, message) =>
      ['NotFound', 'Unauthorized', 'Conflict'].includes(type)
        ? new RaisedError(type, message)
        : undefined,
    errorType(error) {
      if (error instanceof Denied) return 'Unauthorized';
      return error instanceof RaisedError ? error.type : undefined;
    },
    ...(options.checkDeadline === undefined ? {} : { checkDeadline: options.checkDeadline }),
    log: (message) => {
      site.logged.push(message);
    },
  };
}

let revisions = 0;
const keys = new WeakMap<TestObject, string>();

function executableOf(object: TestObject): Executable | undefined {
  if (object.calls !== undefined) {
    return { kind: 'method', object, path: object.path, call: object.calls };
  }
  if (object.source === undefined) return undefined;
  const key = keys.get(object) ?? `revision ${(revisions += 1)}`;
  keys.set(object, key);
  const { path, source, strict } = object;
  return { kind: 'template', object, key, path, source, strict };
}
