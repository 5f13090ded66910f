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
import { userOf } from '../listing.js';
import { propertyRows, readPropertyRows, readNewProperty, TYPE_CHOICES } from '../property-rows.js';
import { anyObject, type Attempt, defineScreen, type Outcome, type ViewModel } from '../screen.js';

export const properties = defineScreen({
  path: 'properties',
  tab: 'Properties',
  icon: 'gear',
  view: 'properties',
  permission: 'View management screens',
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
  const values = type.read(object, request.site);
  const { policy } = request;
  const mayChange = policy.may(type.changePermission, object);
  const mayManage = policy.may('Manage properties', object);
  const saving = attempt?.action === 'save' ? attempt : undefined;
  const adding = attempt?.action === 'add' ? attempt : undefined;
  return {
    path: object.path,
    typeTitle: type.title,
    changePermission: type.changePermission,
    mayChange,
    mayManage,
    inputs: [
      ...(type.name === 'User'
        ? []
        : [lineInput({ name: 'title', label: 'Title' }, object.title, saving)]),
      ...settable(object).map((field) => inputOf(field, values[field.name], saving)),
    ],
    readonlyFields: type.fields
      .filter((field) => field.readonly === true && values[field.name] !== undefined)
      .map((field) => ({ label: field.label, value: String(values[field.name]) })),
    properties: propertyRows(object, saving),
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

function save(object: Content, request: PublishRequest): Outcome {
  const { form } = request;
  const patches = readPropertyRows(object, form);
  updateObject(request, object, {
    ...(form.has('title') ? { title: form.text('title').trim() } : {}),
    ...(form.has('fields') ? { fields: readFields(settable(object), form) } : {}),
    ...(patches.length === 0 ? {} : { properties: patches }),
  });
  return { goTo: 'properties', message: 'Nothing was changed' };
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
  request.note(`Replaced the file of ${object.path}`);
  setData(request, object, { blob: { sha256, sizeBytes }, contentType, filename });
  return { goTo: 'properties' };
}
