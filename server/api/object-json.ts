/**
 * Objects as JSON shows them.
 */
import type { Content } from '../content/content.js';
import { contentTypes } from '../content/content-type.js';
import { propertiesJson } from '../content/properties.js';
import { allViews } from '../publisher/view.js';
import type { PublishRequest } from '../publisher/request.js';
import type { Json } from './json.js';

/** What a list says of an object. */
export function summaryJson(request: PublishRequest, object: Content): Json {
  return {
    id: object.id,
    path: object.path,
    url: request.origin + object.url,
    type: object.type,
    title: object.title,
    modified: request.modifiedOf(object),
    tid: request.tidOf(object),
    size: object.size,
  };
}

/**
 * All that JSON says of an object. The fields of what runs are empty for those who may not see its
 * source.
 */
export function objectJson(request: PublishRequest, object: Content): Json {
  const type = contentTypes.of(object);
  const open =
    type.protectedFields !== true || request.policy.may('View management screens', object);
  return {
    id: object.id,
    path: object.path,
    url: request.origin + object.url,
    type: object.type,
    title: object.title,
    owner: object.owner ?? null,
    created: object.created.toISOString(),
    modified: request.modifiedOf(object),
    tid: request.tidOf(object),
    version: request.version?.path ?? null,
    fields: open ? type.read(object, request.site) : {},
    properties: propertiesJson(object.properties),
    views: allViews()
      .filter((view) => view.appliesTo?.(object) ?? true)
      .map((view) => view.name),
  };
}

/**
 * What a write answers: the object as it now is, to those who may view it. Whoever may change an
 * object unseen is told which one it was, and no more.
 */
export function writtenJson(request: PublishRequest, object: Content): Json {
  const { policy } = request;
  if (policy.may('View', object) && policy.may('Access contents information', object)) {
    return objectJson(request, object);
  }
  const { id, path, type } = object;
  return { id, path, type, tid: request.tidOf(object) };
}
