/**
 * Properties: an object's title, the fields of its type, the properties that the site gave it, and
 * what follows from it.
 */
import {
  BadRequest,
  type Content,
  contentTypes,
  type FieldDef,
  Invalid,
  type PublishRequest,
  refusePropertyName,
  setData,
  updateObject,
} from '../../server/index.js';
import { errorOf, inputOf, lineInput, readFields } from '../form-fields.js';
import { fullTime, sizeInWords } from '../helpers.js';
import { userOf } from '../transaction-user.js';
import { wordOf } from '../diff-fields.js';
import type { Values } from '../edit-merge.js';
import {
  patchesFrom,
  propertyLabels,
  propertyParts,
  propertyRows,
  readNewProperty,
  TYPE_CHOICES,
  typedParts,
} from '../property-rows.js';
import {
  anyObject,
  type Attempt,
  defineScreen,
  type Outcome,
  screenUrl,
  type ViewModel,
} from '../screen.js';
import { requireSameFile, staleFile } from '../stale-file.js';
import { MERGED_QUERY, mergedWith, mergeOrRefuse, staleIn, type StaleForm } from '../stale.js';

export const properties = defineScreen({
  path: 'properties',
  tab: 'Properties',
  icon: 'gear',
  view: 'properties',
  permission: 'View management screens',
  styles: ['source', 'history', 'components-history', 'components-edit'],
  appliesTo: anyObject,
  show,
  actions: {
    save: { run: save },
    add: { permission: 'Manage properties', run: addProperty },
    remove: { permission: 'Manage properties', run: removeProperties },
    replace: { run: replaceData },
  },
});

function show(object: Content, request: PublishRequest, attempt?: Attempt): ViewModel {
  const type = contentTypes.of(object);
  const { policy } = request;
  const isReplaced = attempt?.action === 'replace';
  const stale = staleIn(object, request, attempt, () =>
    isReplaced ? staleFile(request, screenUrl(object, 'properties')) : staleForm(object, request),
  );
  const merged = isReplaced ? undefined : stale?.merged.values;
  const values = { ...type.read(object, request.site), ...fieldsIn(merged ?? {}) };
  const isPast = request.connection.at !== undefined;
  const mayChange = !isPast && policy.may(type.changePermission, object);
  const mayManage = !isPast && policy.may('Manage properties', object);
  const saving = attempt?.action === 'save' && stale === undefined ? attempt : undefined;
  const adding = attempt?.action === 'add' ? attempt : undefined;
  return {
    path: object.path,
    catalogsHref: screenUrl(object, 'catalogs'),
    typeTitle: type.title,
    changePermission: type.changePermission,
    mayChange,
    mayManage,
    stale: stale?.model ?? null,
    merged: mergedWith(object, request),
    base: saving?.form.text('base') ?? String(object.tid),
    fileBase: String(object.tid),
    inputs: [
      ...(type.name === 'User'
        ? []
        : [
            lineInput(
              { name: 'title', label: 'Title' },
              wordOf(merged?.['title'] ?? object.title),
              saving,
            ),
          ]),
      ...settable(object).map((field) => inputOf(field, values[field.name], saving)),
    ],
    readonlyFields: type.fields
      .filter((field) => field.readonly === true && values[field.name] !== undefined)
      .map((field) => ({ label: field.label, value: String(values[field.name]) })),
    properties: propertyRows(object, { attempt: saving, merged }),
    typeChoices: TYPE_CHOICES,
    added: {
      name: adding?.form.text('new-name') ?? '',
      value: adding?.form.text('new-value') ?? '',
      choices: adding?.form.text('new-choices') ?? '',
      type: adding?.form.text('new-type') ?? 'string',
      ...addingErrors(object, adding),
    },
    holdsFile: type.data === 'blob',
    facts: factsOf(object, request),
  };
}

/** Says what was wrong with the property to be added, at the input that it was wrong with. */
function addingErrors(
  object: Content,
  adding: Attempt | undefined,
): { readonly nameError: string; readonly valueError: string } {
  const name = adding?.form.text('new-name').trim() ?? '';
  const error = errorOf(`properties.${name}`, adding?.errors);
  const isTaken =
    Object.hasOwn(object.properties, name) ||
    contentTypes.of(object).fields.some((field) => field.name === name);
  const isName = isTaken || refusePropertyName(name) !== undefined;
  return { nameError: isName ? error : '', valueError: isName ? '' : error };
}

/** The fields set here: a source has its editor, and what follows from the object is only shown. */
function settable(object: Content): readonly FieldDef[] {
  return contentTypes
    .of(object)
    .fields.filter(
      (field) => field.readonly !== true && field.kind !== 'source' && field.kind !== 'file',
    );
}

function factsOf(
  object: Content,
  request: PublishRequest,
): readonly { label: string; value: string }[] {
  const { createdMs } = object;
  const by = userOf(object.tid, request);
  return [
    { label: 'Path', value: object.path },
    { label: 'Owner', value: object.owner ?? 'nobody' },
    { label: 'Created', value: createdMs === 0 ? 'with the site' : fullTime(createdMs) },
    {
      label: 'Changed',
      value: `${fullTime(object.modified.getTime())}${by === '' ? '' : ` by ${by}`}`,
    },
    ...(object.isFolder ? [] : [{ label: 'Size', value: sizeInWords(object.size) }]),
  ];
}

/** How the form is compared with what is saved: title, fields, and each part of a property. */
function staleForm(object: Content, request: PublishRequest): StaleForm {
  const { form } = request;
  const fields = settable(object);
  const parts = typedParts(form);
  return {
    href: screenUrl(object, 'properties'),
    read: (each) => ({
      title: each.title,
      ...prefixed(contentTypes.of(each).read(each, request.site)),
      ...propertyParts(each),
    }),
    mine: {
      ...(form.has('title') ? { title: form.text('title').trim() } : {}),
      ...(form.has('fields') ? prefixed(readFields(fields, form)) : {}),
      ...parts,
    },
    labels: new Map([
      ['title', 'Title'],
      ...fields.map(({ name, label }): [string, string] => [`${FIELD}${name}`, label]),
      ...propertyLabels(parts),
    ]),
  };
}

const FIELD = 'fields.';

function prefixed(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${FIELD}${name}`, value]),
  );
}

function fieldsIn(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      name.startsWith(FIELD) ? [[name.slice(FIELD.length), value]] : [],
    ),
  );
}

function save(object: Content, request: PublishRequest): Outcome {
  const { values, keptTheirs } = mergeOrRefuse(object, request, staleForm(object, request));
  const fields = fieldsIn(values);
  const patches = patchesFrom(object, values);
  const { title } = values;
  const changed = updateObject(request, object, {
    ...(typeof title === 'string' ? { title } : {}),
    ...(Object.keys(fields).length === 0 ? {} : { fields }),
    ...(patches.length === 0 ? {} : { properties: patches }),
  });
  const query = changed && keptTheirs ? { query: MERGED_QUERY } : {};
  return { goTo: 'properties', message: 'Nothing was changed', ...query };
}

function addProperty(object: Content, request: PublishRequest): Outcome {
  const patch = readNewProperty(request.form);
  if (Object.hasOwn(object.properties, patch.name)) {
    const message = `There is a property ${patch.name} already`;
    throw new Invalid([{ field: `properties.${patch.name}`, message }]);
  }
  request.note(`Added the property ${patch.name} to ${object.path}`);
  updateObject(request, object, { properties: [patch] });
  return { goTo: 'properties' };
}

function removeProperties(object: Content, request: PublishRequest): Outcome {
  const names = request.form
    .all('property')
    .filter((name) => Object.hasOwn(object.properties, name));
  if (names.length === 0) throw new BadRequest('Tick the properties to delete first');
  request.note(`Deleted ${names.join(', ')} from the properties of ${object.path}`);
  updateObject(request, object, { properties: names.map((name) => ({ name, value: null })) });
  return { goTo: 'properties' };
}

function replaceData(object: Content, request: PublishRequest): Outcome {
  const file = request.form.file('data');
  if (file === undefined) throw new BadRequest('Choose a file first');
  const { filename, contentType, sha256, sizeBytes } = file;
  requireSameFile(object, request);
  request.note(`Replaced the file of ${object.path}`);
  setData(request, object, { blob: { sha256, sizeBytes }, contentType, filename });
  return { goTo: 'properties' };
}
