/**
 * Add: the form of a new object of one type; without a type, the types to choose from.
 */
import {
  type Container,
  type ContentType,
  contentTypes,
  createObject,
  type FieldDef,
  Invalid,
  NotFound,
  type PublishRequest,
  setData,
  USER_FOLDER_ID,
  Version,
} from '../../server/index.js';
import { addableTypes, addMenu } from '../addable.js';
import { idFromFilename } from '../filenames.js';
import { type Input, inputOf, lineInput, readFields } from '../form-fields.js';
import { holdsContent } from '../holds-content.js';
import { type Attempt, defineScreen, type Outcome, restOf, type ViewModel } from '../screen.js';

/** The status of an attempt that met an object of the same id. */
const TAKEN = 409;

export const add = defineScreen({
  path: 'add',
  isForm: true,
  under: 'contents',
  view: 'add',
  permission: 'View management screens',
  appliesTo: holdsContent,
  show,
  actions: { add: { run } },
});

function show(folder: Container, request: PublishRequest, attempt?: Attempt): ViewModel {
  const type = chosenType(folder, request);
  const groups = addMenu(folder, request);
  if (type === undefined)
    return { path: folder.path, type: null, inputs: [], hasFile: false, groups };
  const hasFile = type.data === 'blob';
  const { isNamed, isTitled } = shapeOf(type);
  const inputs = [
    ...(hasFile ? [fileInput(attempt)] : []),
    ...(isNamed ? [idInput(hasFile, attempt)] : []),
    ...(isTitled ? [lineInput({ name: 'title', label: 'Title' }, '', attempt)] : []),
    ...fieldsOf(type).map((field) => inputOf(field, field.default, attempt)),
  ];
  return {
    path: folder.path,
    type: { name: type.name, title: type.title, icon: type.icon, description: type.description },
    inputs,
    hasFile,
    groups,
  };
}

/** The fields that the form asks for; those of a file follow from the file. */
function fieldsOf(type: ContentType): readonly FieldDef[] {
  return type.data === 'blob' ? [] : type.fields.filter((field) => field.readonly !== true);
}

function fileInput(attempt: Attempt | undefined): Input {
  return inputOf({ name: 'data', label: 'File', kind: 'file' }, undefined, attempt);
}

function idInput(hasFile: boolean, attempt: Attempt | undefined): Input {
  const help = hasFile
    ? 'Its name in the URL. Left empty, it follows from the file.'
    : 'Its name in the URL: getting-started.';
  const input = lineInput({ name: 'id', label: 'Id', help }, '', attempt);
  return attempt?.status === TAKEN ? { ...input, error: 'Choose another id.' } : input;
}

/** A user folder is always called the same, and users have names rather than titles. */
function shapeOf(type: ContentType): { readonly isNamed: boolean; readonly isTitled: boolean } {
  return { isNamed: type.name !== 'UserFolder', isTitled: type.name !== 'User' };
}

/**
 * The type that the address names.
 * @throws NotFound for a type that does not exist
 */
function chosenType(folder: Container, request: PublishRequest): ContentType | undefined {
  const name = restOf(request)[0] ?? request.query.text('type');
  if (name === '') return undefined;
  const type = contentTypes.get(name);
  if (type === undefined) throw new NotFound(`There is no type of content called ${name}`);
  request.policy.require(type.addPermission, folder);
  if (!addableTypes(folder, request).includes(type)) {
    throw new NotFound(`${folder.path} takes no ${type.title}`);
  }
  return type;
}

function run(folder: Container, request: PublishRequest): Outcome {
  const type = chosenType(folder, request);
  if (type === undefined) throw new NotFound('Choose a type first');
  const { form } = request;
  const file = type.data === 'blob' ? form.file('fields.data') : undefined;
  const typed = shapeOf(type).isNamed ? form.text('id').trim() : USER_FOLDER_ID;
  const id = typed === '' && file !== undefined ? idFromFilename(file.filename) : typed;
  if (type.data === 'blob' && file === undefined) {
    throw new Invalid([{ field: 'fields.data', message: 'Choose a file' }]);
  }
  const object = createObject(request, folder, {
    type: type.name,
    id,
    title: form.text('title'),
    fields: readFields(fieldsOf(type), form),
  });
  if (file !== undefined) {
    const { filename, contentType, sha256, sizeBytes } = file;
    setData(request, object, { blob: { sha256, sizeBytes }, contentType, filename });
  }
  const stays = object.isFolder || type.sourceField !== undefined || object instanceof Version;
  return stays ? { goTo: '', at: object } : { goTo: 'contents' };
}
