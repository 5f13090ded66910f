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
  isForm: true,
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
  const added: string[] = [];
  const replaced: string[] = [];
  for (const file of files) {
    const { id } = becomes(file.filename);
    const kind = store(file, folder, request);
    if (kind === 'added') added.push(id);
    if (kind === 'replaced') replaced.push(id);
  }
  request.note(toldOf({ added, replaced }, folder));
  return { goTo: 'contents', message: 'These files are here already, byte for byte' };
}

function filesOf(request: PublishRequest): readonly FormFile[] {
  const value = request.form.get('file');
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter(isFormFile).filter((file) => file.filename !== '');
}

/** Says what became of the files; `''` when all of them were here already. */
function toldOf(
  { added, replaced }: { readonly added: readonly string[]; readonly replaced: readonly string[] },
  { path }: Container,
): string {
  const gone = namesInWords(replaced, NAMED_MAX);
  if (added.length === 0) {
    if (replaced.length < 2) return gone === '' ? '' : `Replaced ${gone} in ${path}`;
    return `Replaced ${countInWords(replaced.length, 'file')} in ${path}: ${gone}`;
  }
  const names = namesInWords(added, NAMED_MAX);
  const uploaded =
    added.length === 1
      ? `Uploaded ${names} to ${path}`
      : `Uploaded ${countInWords(added.length, 'file')} to ${path}: ${names}`;
  return gone === '' ? uploaded : `${uploaded}; replaced ${gone}`;
}

function store(
  file: FormFile,
  folder: Container,
  request: PublishRequest,
): 'added' | 'replaced' | 'same' {
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
  const isNew = setData(request, object, { blob, ...about });
  if (held === undefined) return 'added';
  return isNew ? 'replaced' : 'same';
}
