/**
 * Indexes and columns of a catalog: what can be asked for, and what results show. What is added or
 * changed is filled at once, or by a job where there are many objects.
 */
import {
  BadRequest,
  beginFilling,
  Catalog,
  contentTypes,
  type FieldError,
  INDEX_PERMISSION,
  INDEX_TYPES,
  type IndexDefinition,
  Invalid,
  type JobRecord,
  NotFound,
  principalKey,
  type PublishRequest,
  reindexOrder,
  updateObject,
  viewsEverything,
} from '../../server/index.js';
import {
  columnsAsText,
  definitionInputs,
  isKind,
  KIND_WORDS,
  readColumnsText,
  readDefinition,
  typesInput,
} from '../catalog-definition.js';
import { cancelJob } from '../cancel-job.js';
import { shownJobs } from '../database-jobs.js';
import { lineInput } from '../form-fields.js';
import { type Attempt, defineScreen, type Outcome, screenUrl, type ViewModel } from '../screen.js';

const SHOWN: Outcome = { goTo: 'indexes' };
const JOBS_PART = 'database-jobs';

export const catalogIndexes = defineScreen({
  path: 'indexes',
  tab: 'Indexes',
  icon: 'sort',
  view: 'catalog-indexes',
  permission: 'View management screens',
  styles: ['database', 'catalog'],
  modules: ['database'],
  parts: [JOBS_PART],
  help: 'catalog-screens',
  appliesTo: (object): object is Catalog => object instanceof Catalog,
  show,
  actions: {
    save: { run: save },
    remove: { run: remove },
    columns: { run: saveColumns },
    renew: { permission: INDEX_PERMISSION, run: renew },
    reindex: { permission: INDEX_PERMISSION, run: reindex },
    cancel: { run: cancel },
  },
});

async function show(
  catalog: Catalog,
  request: PublishRequest,
  attempt?: Attempt,
): Promise<ViewModel> {
  const action = screenUrl(catalog, 'indexes');
  const jobs = await shownJobs(request, (job) => isFilling(catalog, job));
  if (request.query.text('part') === JOBS_PART) return { action, jobs };
  const { policy, connection } = request;
  const isPast = connection.at !== undefined;
  const mayChange = !isPast && policy.may('Change Catalogs', catalog);
  const { pending } = catalog.derived;
  const mayCount = viewsEverything(request, catalog);
  return {
    action,
    jobs,
    mayChange,
    mayIndex: !isPast && policy.may(INDEX_PERMISSION, catalog),
    waits: pending === undefined || jobs.running.length > 0 ? '' : 'yes',
    mayCount,
    size: catalog.store.size,
    rows: catalog.indexes.map((definition) => rowOf(catalog, definition, { action, mayCount })),
    kinds: INDEX_TYPES.map((name) => ({ name, words: KIND_WORDS[name] })),
    editor: mayChange ? editorOf(catalog, request, attempt) : null,
    columns: lineInput(
      {
        name: 'columns',
        label: 'Attributes and properties that results show',
        help: 'Names with commas between: title, description. Of some types alone: price (Document, File).',
      },
      columnsAsText(catalog.columns),
      attempt,
    ),
  };
}

/** Tells the jobs that fill a catalog. */
function isFilling({ path }: Catalog, job: Pick<JobRecord, 'kind' | 'path'>): boolean {
  return job.kind === 'reindex' && job.path === path;
}

function rowOf(
  { store }: Catalog,
  definition: IndexDefinition,
  { action, mayCount }: { readonly action: string; readonly mayCount: boolean },
): ViewModel {
  const { name, type, source, fields, filters, language, boosts, types } = definition;
  const entries = mayCount ? store.indexes.get(name)?.counted?.size : undefined;
  const reads = fields ?? (filters === undefined ? [source ?? name] : filters.map(({ id }) => id));
  return {
    name,
    type,
    reads: reads.join(', '),
    more: [
      ...(language === undefined ? [] : [language]),
      ...Object.entries(boosts ?? {}).map(([field, boost]) => `${field}: ${boost}`),
    ].join(', '),
    types: (types ?? []).map(titleOfType).join(', '),
    entries: entries === undefined ? '' : entries.toLocaleString('en-GB'),
    changeHref: `${action}?${new URLSearchParams({ index: name }).toString()}`,
  };
}

function titleOfType(name: string): string {
  return contentTypes.get(name)?.title ?? name;
}

/** The form of the index that the address names, or of a new one of a kind. */
function editorOf(
  catalog: Catalog,
  { query }: PublishRequest,
  attempt?: Attempt,
): ViewModel | null {
  const name = query.text('index');
  const definition = catalog.indexes.find((each) => each.name === name);
  const type = definition?.type ?? query.text('add');
  if (!isKind(type)) return null;
  const saving = attempt?.action === 'save' ? attempt : undefined;
  return {
    name: definition?.name ?? '',
    type,
    words: KIND_WORDS[type],
    inputs: definitionInputs(type, definition, saving),
    only: typesInput(type, definition, saving),
  };
}

function save(catalog: Catalog, request: PublishRequest): Outcome {
  const { form } = request;
  const type = form.text('type');
  if (!isKind(type)) throw new BadRequest('There is no such kind of index', { field: 'type' });
  const given = readDefinition(type, form);
  const former = form.text('index');
  const { indexes } = catalog;
  const at = former === '' ? indexes.length : indexes.findIndex(({ name }) => name === former);
  if (at < 0) throw new NotFound(`There is no index ${former} any more`);
  const wanted = [...indexes.slice(0, at), given, ...indexes.slice(at + 1)];
  update(catalog, request, { indexes: wanted }, `fields.indexes[${at}].`);
  return SHOWN;
}

function remove(catalog: Catalog, request: PublishRequest): Outcome {
  const name = request.form.text('index');
  const indexes = catalog.indexes.filter((each) => each.name !== name);
  if (indexes.length === catalog.indexes.length) {
    throw new NotFound(`There is no index ${name} any more`);
  }
  request.note(`Removed the index ${name} of ${catalog.path}`);
  update(catalog, request, { indexes }, '');
  return SHOWN;
}

function saveColumns(catalog: Catalog, request: PublishRequest): Outcome {
  const columns = readColumnsText(request.form.text('columns'));
  update(catalog, request, { columns }, 'fields.');
  return SHOWN;
}

/** Refusals name what the form has: `fields.indexes[2].name` is its `name`. */
function update(
  catalog: Catalog,
  request: PublishRequest,
  fields: Readonly<Record<string, unknown>>,
  prefix: string,
): void {
  try {
    updateObject(request, catalog, { fields });
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    const errors = error.errors.map((each): FieldError => {
      const isHere = prefix !== '' && each.field.startsWith(prefix);
      const field = isHere ? each.field.slice(prefix.length).replace(/\[.*$/, '') : each.field;
      return { ...each, field };
    });
    throw new Invalid(errors, { cause: error });
  }
}

/** Fills one index again, and leaves the others alone. */
function renew(catalog: Catalog, request: PublishRequest): Outcome {
  const name = request.form.text('index');
  if (!catalog.store.indexes.has(name)) {
    throw new NotFound(`There is no index ${name} any more`);
  }
  request.note(`Began to renew the index ${name} of ${catalog.path}`);
  const { derived } = catalog;
  if (derived.pending === undefined) derived.pending = { only: [name], after: 0 };
  else beginFilling(catalog);
  return order(catalog, request);
}

function reindex(catalog: Catalog, request: PublishRequest): Outcome {
  request.note(`Began to index everything again in ${catalog.path}`);
  beginFilling(catalog);
  return order(catalog, request);
}

function order(catalog: Catalog, request: PublishRequest): Outcome {
  const { oid } = catalog;
  if (oid === undefined) throw new TypeError('A catalog that is shown is stored');
  const { version } = request.connection;
  const about = { user: principalKey(request.user), path: catalog.path };
  const where = version === undefined ? {} : { version };
  request.order(reindexOrder(about, { catalog: oid, ...where }));
  return SHOWN;
}

function cancel(catalog: Catalog, request: PublishRequest): Outcome {
  cancelJob(request, (job) => isFilling(catalog, job));
  return SHOWN;
}
