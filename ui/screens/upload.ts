/**
 * Upload: files become objects of a folder, all in one transaction.
 *
 * An image becomes an Image, Markdown a Document, Handlebars a Template, anything else a File. A file
 * whose id is taken by an object of the same type replaces what that holds; Undo brings it back.
 */
import {
  BadRequest,
  type Container,
  type Content,
  createObject,
  type FormFile,
  isFormFile,
  type PublishRequest,
  setData,
  Taken,
} from '../../server/index.js';
import { becomes } from '../filenames.js';
import { countInWords, namesInWords } from '../helpers.js';
import { holdsContent } from '../holds-content.js';
import { defineScreen, type Outcome } from '../screen.js';

/** How many files one upload takes. */
const FILES_MAX = 1000;
const NAMED_MAX = 3;

export const upload = defineScreen({
  path: 'upload',
  under: 'contents',
  view: 'upload',
  permission: 'View management screens',
  appliesTo: holdsContent,
  show: (folder) => ({ path: folder.path, filesMax: FILES_MAX }),
  actions: { upload: { run } },
});

function run(folder: Container, request: PublishRequest): Outcome {
  const files = filesOf(request);
  if (files.length === 0) throw new BadRequest('Choose at least one file');
  if (files.length > FILES_MAX)
    throw new BadRequest(`At most ${FILES_MAX} files are taken at once`);
  const names = files.map((file) => becomes(file.filename).id);
  const words = namesInWords(names, NAMED_MAX);
  request.note(
    files.length === 1
      ? `Uploaded ${words} to ${folder.path}`
      : `Uploaded ${countInWords(files.length, 'file')} to ${folder.path}: ${words}`,
  );
  for (const file of files) store(file, folder, request);
  return { goTo: 'contents', message: 'These files are here already, byte for byte' };
}

function filesOf(request: PublishRequest): readonly FormFile[] {
  const value = request.form.get('file');
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter(isFormFile).filter((file) => file.filename !== '');
}

function store(file: FormFile, folder: Container, request: PublishRequest): void {
  const { type, id, isSource, fields } = becomes(file.filename);
  const held = folder.child(id);
  if (held !== undefined && held.type !== type) {
    throw new Taken(
      `${held.path} is of type ${held.type}, and ${file.filename} would become ${type}`,
    );
  }
  const object: Content =
    held ?? createObject(request, folder, { type, id, fields: { ...fields } });
  const blob = { sha256: file.sha256, sizeBytes: file.sizeBytes };
  const about = isSource ? {} : { contentType: file.contentType, filename: file.filename };
  setData(request, object, { blob, ...about });
}
