/**
 * "Objects" of the JSON interface: reading, adding, changing, deleting, copying and moving them.
 */
import { type Container, type Content, isContainer, type SortKey } from '../content/content.js';
import { contentTypes } from '../content/content-type.js';
import { copyObject } from '../content/copy.js';
import { UNKNOWN_CONTENT_TYPE } from '../content/data.js';
import { createObject, deleteObjects, setData, updateObject } from '../content/edit.js';
import { SOURCE_BYTES_MAX } from '../content/fields.js';
import { sandboxed } from '../content/file.js';
import { moveObject } from '../content/move.js';
import { siteRoot } from '../content/places.js';
import type { PropertyPatch } from '../content/properties.js';
import { Invalid, MethodNotAllowed, NotFound, PreconditionFailed, TooLarge } from '../errors.js';
import { orderFilling } from '../publisher/pending-catalogs.js';
import type { PublishRequest } from '../publisher/request.js';
import { Response } from '../publisher/response.js';
import { quoted } from '../quote.js';
import { Body, isObject, type Json, page, readChoice, readRange } from './json.js';
import { objectJson, summaryJson, writtenJson } from './object-json.js';
import { onJson, onRead, onWrite } from './refusals.js';
import type { Answer, Route } from './route.js';
import { listOf, named, pageOf, path, rangeQuery, shape, text, tid, written } from './schemas.js';

const SORTS: readonly SortKey[] = ['id', 'title', 'type', 'modified', 'size', 'order'];

const objectAnswer = { description: 'The object as it now is', schema: written };
const fields = { type: 'object', description: 'By type; see the fields of the object' };
const properties = listOf(named('Property'));

function bytesAnswer(description: string): Answer {
  return { description, schema: { type: 'string' }, mediaType: '*/*' };
}

export const objectRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '',
    summary: 'Shows the object',
    answers: { 200: { description: 'The object', schema: named('Object') }, ...onRead() },
    run(request) {
      requireView(request);
      return tagged(Response.json(objectJson(request, request.object)), request.object, request);
    },
  },
  {
    method: 'PATCH',
    path: '',
    summary: 'Changes title, fields and properties; what is not listed stays',
    body: shape({ 'title?': text, 'fields?': fields, 'properties?': properties, 'note?': text }),
    answers: {
      200: objectAnswer,
      ...onJson({
        409: 'The site would be left without anybody who manages it; or it is a version, and the request is in one',
      }),
    },
    run(request) {
      const body = new Body(request);
      const title = body.string('title');
      const values = body.object('fields');
      const patches = readProperties(body);
      const note = body.string('note');
      body.done();
      // Whoever asks for no change asks to see the object.
      if ([title, values, patches].every((given) => given === undefined)) requireView(request);
      requireMatch(request, request.object);
      if (note !== undefined) request.note(note);
      updateObject(request, request.object, {
        ...(title === undefined ? {} : { title }),
        ...(values === undefined ? {} : { fields: values }),
        ...(patches === undefined ? {} : { properties: patches }),
      });
      const job = jobOf(request);
      const answer = Response.json({ ...writtenJson(request, request.object), ...job });
      return tagged(answer, request.object, request);
    },
  },
  {
    method: 'DELETE',
    path: '',
    summary: 'Deletes the object and all below it',
    answers: {
      200: { description: 'Deleted', schema: shape({ tid }) },
      ...onWrite({
        409: 'It holds the users who manage the site; or a version, and the request is in one',
      }),
    },
    run(request) {
      requireMatch(request, request.object);
      const { container, id } = request.object;
      if (container === undefined) {
        throw new MethodNotAllowed('The root cannot be deleted', {
          allow: ['GET', 'HEAD', 'PATCH'],
        });
      }
      deleteObjects(request, container, [id]);
      return Response.json({ tid: request.pendingTid });
    },
  },
  {
    method: 'GET',
    path: 'contents',
    summary: 'Lists what a folder contains, without what the asker may not view',
    query: {
      ...rangeQuery,
      sort: { description: 'By what; `order` by default', schema: { enum: SORTS } },
      order: { description: 'Which way', schema: { enum: ['asc', 'desc'] } },
      type: { description: 'Only objects of this content type', schema: text },
    },
    answers: {
      200: { description: 'Summaries', schema: pageOf(named('Summary')) },
      ...onRead(),
    },
    run(request) {
      requireView(request);
      const folder = requireContainer(request.object);
      const range = readRange(request);
      const sort = readChoice(request, 'sort', SORTS) ?? 'order';
      const descending = readChoice(request, 'order', ['asc', 'desc']) === 'desc';
      const type = request.query.text('type');
      const visible = folder
        .items({ sort, descending })
        .filter((item) => type === '' || item.type === type)
        .filter((item) => request.policy.may('View', item));
      const items = visible
        .slice(range.start, range.start + range.limit)
        .map((item) => summaryJson(request, item));
      return Response.json(page(items, visible.length, range));
    },
  },
  {
    method: 'POST',
    path: 'contents',
    summary: 'Adds an object',
    body: shape({
      type: text,
      id: text,
      'title?': text,
      'fields?': fields,
      'properties?': properties,
      'note?': text,
    }),
    answers: {
      201: { description: 'The new object; `Location` is its URL', schema: written },
      ...onJson({ 409: 'The id is taken' }),
    },
    run(request) {
      const body = new Body(request);
      const type = body.required('type');
      const id = body.required('id');
      const title = body.string('title');
      const values = body.object('fields');
      const patches = readProperties(body);
      const note = body.string('note');
      body.done();
      if (note !== undefined) request.note(note);
      const folder = requireContainer(request.object);
      requireMatch(request, folder);
      const created = createObject(request, folder, {
        type,
        id,
        ...(title === undefined ? {} : { title }),
        ...(values === undefined ? {} : { fields: values }),
        ...(patches === undefined ? {} : { properties: patches }),
      });
      const job = jobOf(request);
      const answer = Response.json({ ...writtenJson(request, created), ...job }, { status: 201 });
      return tagged(answer, created, request).set('Location', request.origin + created.url);
    },
  },
  {
    method: 'GET',
    path: 'data',
    summary: 'Gives the bytes of a File or Image, or the source of what has one',
    answers: {
      200: bytesAnswer('The bytes'),
      206: bytesAnswer('A part of the bytes (`Range`)'),
      ...onRead(),
      416: { description: 'There are no such bytes as `Range` names' },
    },
    run(request) {
      const { object } = request;
      requireView(request);
      const type = contentTypes.of(object);
      if (type.protectedFields === true) {
        request.policy.require('View management screens', object);
      }
      return tagged(dataOf(object), object, request);
    },
  },
  {
    method: 'PUT',
    path: 'data',
    summary: 'Replaces the bytes of a File or Image, or the source of what has one',
    body: 'raw',
    answers: {
      200: objectAnswer,
      ...onWrite({
        415: 'A source is text in UTF-8',
        422: 'A source or the `Content-Type` does not pass; `errors` says why',
      }),
    },
    run(request) {
      const { object, envelope } = request;
      const { data, changePermission } = contentTypes.of(object);
      if (data === undefined) {
        request.policy.require(changePermission, object);
        throw new NotFound(`${object.path} holds no data`);
      }
      requireMatch(request, object);
      requireFit(object, envelope.upload?.sizeBytes ?? request.body.byteLength);
      const contentType = request.headers['content-type'];
      setData(request, object, {
        ...(envelope.upload === undefined ? { bytes: request.body } : { blob: envelope.upload }),
        ...(contentType === undefined ? {} : { contentType }),
      });
      return tagged(Response.json(writtenJson(request, object)), object, request);
    },
  },
  {
    method: 'POST',
    path: 'copy',
    summary: 'Copies the object and all below it into a folder',
    body: shape({ to: path, 'id?': text, 'note?': text }),
    answers: {
      201: { description: 'The copy; `Location` is its URL', schema: written },
      ...onJson({ 409: 'The id is taken' }),
    },
    run(request) {
      const body = new Body(request);
      const to = body.required('to');
      const id = body.string('id');
      const note = body.string('note');
      body.done();
      requireMatch(request, request.object);
      if (note !== undefined) request.note(note);
      const copy = copyObject(request, request.object, {
        to: folderAt(request, to),
        ...(id === undefined ? {} : { id }),
      });
      const answer = Response.json(writtenJson(request, copy), { status: 201 });
      return tagged(answer, copy, request).set('Location', request.origin + copy.url);
    },
  },
  {
    method: 'POST',
    path: 'move',
    summary:
      'Moves the object into a folder; within its own it renames or, with `before`, reorders',
    body: shape({ to: path, 'id?': text, 'before?': text, 'note?': text }),
    answers: {
      200: objectAnswer,
      ...onJson({ 409: 'The id is taken, or the object stays where it is' }),
    },
    run(request) {
      const body = new Body(request);
      const to = body.required('to');
      const id = body.string('id');
      const before = body.string('before');
      const note = body.string('note');
      body.done();
      requireMatch(request, request.object);
      if (note !== undefined) request.note(note);
      moveObject(request, request.object, {
        to: folderAt(request, to),
        ...(id === undefined ? {} : { id }),
        ...(before === undefined ? {} : { before }),
      });
      return tagged(Response.json(writtenJson(request, request.object)), request.object, request);
    },
  },
];

/** Names the job that indexes what there is, where a catalog was made or defined otherwise. */
function jobOf(request: PublishRequest): Json {
  const job = orderFilling(request);
  return job === undefined ? {} : { job };
}

/** @throws Unauthorized unless the asker may view the object and see what is in it */
export function requireView(request: PublishRequest): void {
  request.policy.require('View', request.object);
  request.policy.require('Access contents information', request.object);
}

/**
 * Holds a write to the revision that `If-Match` names: now, and until the transaction is committed.
 * @throws PreconditionFailed when the object changed since
 */
export function requireMatch(request: PublishRequest, object: Content): void {
  const header = request.headers['if-match'];
  if (header === undefined) return;
  const tags = header.split(',').map((tag) => tag.trim());
  const fits = ['*', `"${object.tid}"`, request.tagOf(object)];
  if (!tags.some((tag) => fits.includes(tag))) {
    throw new PreconditionFailed(
      `${object.path} changed since: it is at "${object.tid}", not at ${header}`,
    );
  }
  request.connection.readCurrent(object);
}

/** @throws TooLarge for data that is longer than a source can be, where it is to become one */
export function requireFit(object: Content, sizeBytes: number): void {
  if (contentTypes.of(object).data !== 'source' || sizeBytes <= SOURCE_BYTES_MAX) return;
  throw new TooLarge(`A source has at most ${SOURCE_BYTES_MAX} bytes`);
}

/** @throws NotFound when the object contains nothing */
export function requireContainer(object: Content): Container {
  if (isContainer(object)) return object;
  throw new NotFound(`${object.path} is no folder`);
}

/**
 * Finds a folder by its path, by containment.
 * @throws Invalid naming `to` when there is none
 */
export function folderAt(request: PublishRequest, to: string): Container {
  const found = to.startsWith('/') ? objectAt(request, to) : undefined;
  if (found !== undefined && isContainer(found)) return found;
  throw new Invalid([{ field: 'to', message: `There is no folder at ${quoted(to)}` }]);
}

/** Finds an object by its path from the root, by containment; `undefined` when there is none. */
export function objectAt(request: PublishRequest, wanted: string): Content | undefined {
  let at: Content | undefined = siteRoot(request.connection);
  for (const id of wanted.split('/').filter((segment) => segment !== '')) {
    at = at !== undefined && isContainer(at) ? at.child(id) : undefined;
  }
  return at;
}

function readProperties(body: Body): readonly PropertyPatch[] | undefined {
  const list = body.list('properties');
  if (list === undefined) return undefined;
  const patches = new Map<string, PropertyPatch>();
  for (const [at, item] of list.entries()) {
    if (!isObject(item) || typeof item['name'] !== 'string' || item['name'] === '') {
      body.refuse(`properties.${at}`, 'This must be an object with a name');
      continue;
    }
    const { name, type, value, choices, ...others } = item as Json & { readonly name: string };
    const field = `properties.${name}`;
    const [other] = Object.keys(others);
    if (other !== undefined) body.refuse(field, `A property has no member ${quoted(other)}`);
    if (patches.has(name)) body.refuse(field, 'This property is named twice');
    if (type === undefined || typeof type === 'string') {
      patches.set(name, { name, type, value, choices });
    } else body.refuse(field, 'The type must be a string');
  }
  return [...patches.values()];
}

function tagged(response: Response, object: Content, request: PublishRequest): Response {
  return response.set('ETag', request.tagOf(object));
}

/** Gives an object's data; who opens it in a browser gets it as a stranger's. */
function dataOf(object: Content): Response {
  const type = contentTypes.of(object);
  if (type.data === undefined) throw new NotFound(`${object.path} holds no data`);
  const {
    contentType = type.data === 'source' ? 'text/markdown; charset=utf-8' : UNKNOWN_CONTENT_TYPE,
  } = type.read(object) as { contentType?: string };
  return sandboxed(bytesOf(object, contentType), { contentType, filename: object.id });
}

function bytesOf(object: Content, contentType: string): Response {
  const type = contentTypes.of(object);
  if (type.data === 'source') {
    const source = (object as Content & { readonly source: string }).source;
    return Response.text(source, contentType);
  }
  const { sha256, size } = type.read(object) as { sha256: string; size: number };
  if (sha256 === '') return Response.bytes(new Uint8Array(), contentType);
  return Response.blob({ sha256, sizeBytes: size, contentType });
}
