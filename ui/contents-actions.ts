/**
 * What is done with the objects of a folder: naming, cutting, copying, pasting, deleting, overriding.
 *
 * Each action leads back to the listing as it was sorted and filtered. The first line of its note
 * says what was done as a whole; what changes content adds a line for each object.
 */
import {
  BadRequest,
  type Container,
  type Content,
  copyObject,
  deleteObjects,
  moveObject,
  NotFound,
  type PublishRequest,
} from '../server/index.js';
import {
  CLIPBOARD_OBJECTS_MAX,
  clipboardCookie,
  emptyClipboardCookie,
  readClipboard,
} from './clipboard.js';
import { countInWords, namesInWords } from './helpers.js';
import { queryWithout } from './page.js';
import type { Outcome } from './screen.js';

/** How many objects a note names before it counts the others. */
const NAMED_MAX = 3;

/** The objects ticked in the form. @throws BadRequest when none is */
export function tickedObjects(folder: Container, request: PublishRequest): Content[] {
  const objects: Content[] = [];
  for (const id of request.form.all('id')) {
    const object = folder.child(id);
    if (object === undefined) throw new NotFound(`${folder.path} holds no ${id} any more`);
    objects.push(object);
  }
  if (objects.length === 0) throw new BadRequest('Tick at least one object first');
  return objects;
}

/** Back to the listing, as it is sorted and filtered. */
export function here(request: PublishRequest): { readonly goTo: string; readonly query: string } {
  return { goTo: 'contents', query: queryWithout(request, ['done', 'tick', 'part']) };
}

/** Leads to the form that takes the new ids. */
export function chooseNames(folder: Container, request: PublishRequest): Outcome {
  const ids = tickedObjects(folder, request).map((object) => `id=${encodeURIComponent(object.id)}`);
  return { goTo: 'rename', query: ids.join('&') };
}

export function toClipboard(
  operation: 'cut' | 'copy',
  folder: Container,
  request: PublishRequest,
): Outcome {
  const objects = tickedObjects(folder, request);
  if (objects.length > CLIPBOARD_OBJECTS_MAX) {
    throw new BadRequest(`The clipboard takes ${CLIPBOARD_OBJECTS_MAX} objects at most`);
  }
  const verb = operation === 'cut' ? 'Cut' : 'Copied';
  return {
    ...here(request),
    message: `${told(verb, objects, '')}. Open a folder and paste.`,
    cookie: clipboardCookie(operation, objects),
  };
}

export function dropClipboard(_folder: Container, request: PublishRequest): Outcome {
  return { ...here(request), message: 'The clipboard is empty', cookie: emptyClipboardCookie() };
}

export function paste(folder: Container, request: PublishRequest): Outcome {
  const clipboard = readClipboard(request);
  if (clipboard === undefined) throw new BadRequest('There is nothing on the clipboard');
  const { operation, objects } = clipboard;
  if (operation === 'copy') {
    // Told by the copies: where an id was taken, theirs is another one.
    const copies = objects.map((object) => copyObject(request, object, { to: folder }));
    request.note(toldOfCopies(objects, copies, folder));
    return here(request);
  }
  request.note(told('Moved', objects, `to ${folder.path}`));
  for (const object of objects) moveObject(request, object, { to: folder });
  return { ...here(request), cookie: emptyClipboardCookie() };
}

export function remove(folder: Container, request: PublishRequest): Outcome {
  const objects = tickedObjects(folder, request);
  request.note(told('Deleted', objects, `from ${folder.path}`));
  deleteObjects(
    request,
    folder,
    objects.map((object) => object.id),
  );
  return here(request);
}

/** Puts a copy of what is acquired into this folder, where it answers instead. */
export function override(folder: Container, request: PublishRequest): Outcome {
  const name = request.form.text('name');
  for (let above = folder.container; above !== undefined; above = above.container) {
    const object = above.child(name);
    if (object === undefined || !request.policy.may('View', object)) continue;
    request.note(`Put a copy of ${object.path} into ${folder.path}`);
    const copy = copyObject(request, object, { to: folder, id: name });
    return { goTo: '', at: copy };
  }
  throw new NotFound(`Nothing above ${folder.path} is called ${name}`);
}

/** `Copied faq to /guide as copy_of_faq`; of several, what the copies are called. */
function toldOfCopies(
  objects: readonly Content[],
  copies: readonly Content[],
  folder: Container,
): string {
  const [object, copy] = [objects[0], copies[0]];
  const isOne = objects.length === 1 && object !== undefined && copy !== undefined;
  if (!isOne || object.id === copy.id) return told('Copied', copies, `to ${folder.path}`);
  return `Copied ${object.id} to ${folder.path} as ${copy.id}`;
}

/**
 * Says what was done with which objects: `Deleted faq from /guide`, and of several `Deleted 2 objects
 * from /guide: faq and tips`.
 */
export function told(verb: string, objects: readonly Content[], where: string): string {
  const names = namesInWords(
    objects.map((object) => object.id),
    NAMED_MAX,
  );
  const place = where === '' ? '' : ` ${where}`;
  if (objects.length === 1) return `${verb} ${names}${place}`;
  return `${verb} ${countInWords(objects.length, 'object')}${place}: ${names}`;
}
