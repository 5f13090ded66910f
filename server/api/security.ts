/**
 * "Security" of the JSON interface: permission settings, why somebody may or may not, and oneself.
 */
import { explainAccess, readPermissions, setPermissions } from '../content/permissions.js';
import { allPermissions } from '../security/permission.js';
import { principalKey } from '../security/principal.js';
import { BadRequest } from '../errors.js';
import { changeOwnPassword } from '../publisher/own-password.js';
import { Response } from '../publisher/response.js';
import { Body } from './json.js';
import { requireMatch } from './objects.js';
import { JSON_REASONS, onJson, onOrder, onRead } from './refusals.js';
import type { Route } from './route.js';
import { listOf, principal, shape, text, tid, writtenUnseen } from './schemas.js';

const roles = listOf(text);
const localRoles = { type: 'object', additionalProperties: roles };

const settings = {
  roles,
  permissions: listOf(shape({ name: text, roles, acquire: { type: 'boolean' }, effective: roles })),
  localRoles,
  'proxyRoles?': roles,
  owner: principal,
};

export const securityRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'permissions',
    summary: 'Shows which roles have which permission here, set or acquired',
    answers: { 200: { description: 'The settings', schema: shape(settings) }, ...onRead() },
    run(request) {
      return Response.json(readPermissions(request, request.object));
    },
  },
  {
    method: 'PATCH',
    path: 'permissions',
    summary: 'Changes settings; what is not listed stays',
    body: shape({
      'permissions?': {
        type: 'object',
        additionalProperties: shape({ roles, acquire: { type: 'boolean' } }),
      },
      'localRoles?': localRoles,
      'proxyRoles?': roles,
      'addRoles?': roles,
      'removeRoles?': roles,
      'owner?': principal,
      'note?': text,
    }),
    answers: {
      200: {
        description: 'The settings as they now are',
        schema: { anyOf: [shape({ ...settings, tid }), writtenUnseen] },
      },
      ...onJson({ 409: 'It is a version, and the request is in one' }),
    },
    run(request) {
      const body = new Body(request);
      const change = {
        permissions: body.any('permissions'),
        localRoles: body.any('localRoles'),
        proxyRoles: body.any('proxyRoles'),
        addRoles: body.any('addRoles'),
        removeRoles: body.any('removeRoles'),
        owner: body.any('owner'),
      };
      const note = body.string('note');
      body.done();
      requireMatch(request, request.object);
      if (note !== undefined) request.note(note);
      const { object, policy } = request;
      // Whoever asks for no change asks to see the settings.
      if (Object.values(change).every((given) => given === undefined)) {
        policy.require('Change permissions', object);
      }
      setPermissions(request, object, change);
      const tid = request.tidOf(object);
      if (policy.may('Change permissions', object)) {
        return Response.json({ ...readPermissions(request, object), tid });
      }
      const { id, path, type } = object;
      return Response.json({ id, path, type, tid });
    },
  },
  {
    method: 'GET',
    path: 'access',
    summary: 'Says whether somebody has a permission here, and why',
    query: {
      user: { description: 'A name, or a principal', schema: text },
      permission: { description: 'A permission', schema: text },
    },
    answers: {
      200: {
        description: 'The decision and its steps',
        schema: shape({ allowed: { type: 'boolean' }, because: listOf(text) }),
      },
      ...onRead({ 422: 'There is no such permission, or no such user here' }),
    },
    run(request) {
      const user = request.query.text('user');
      const permission = request.query.text('permission');
      if (permission === '') {
        const message = 'permission must name a permission, as in permission=View';
        throw new BadRequest(message, { field: 'permission' });
      }
      return Response.json(explainAccess(request, request.object, { user, permission }));
    },
  },
  {
    method: 'GET',
    path: 'me',
    summary: 'Says who is signed in, and what they may do here',
    answers: {
      200: {
        description: 'Who I am here',
        schema: shape({
          name: text,
          userFolder: text,
          principal: text,
          roles,
          permissions: listOf(text),
          version: { type: ['string', 'null'] },
        }),
      },
      ...onRead(),
    },
    run(request) {
      const { user, policy, object } = request;
      return Response.json({
        name: user.name,
        userFolder: user.userFolder,
        principal: principalKey(user),
        roles: policy.rolesAt(object),
        permissions: allPermissions()
          .map(({ name }) => name)
          .filter((permission) => policy.may(permission, object)),
        version: request.version?.path ?? null,
      });
    },
  },
  {
    method: 'POST',
    path: 'me/password',
    summary: 'Changes one’s own password; every other session of that user ends',
    body: shape({ present: text, password: text }),
    answers: {
      200: { description: 'The transaction that changed it', schema: shape({ tid }) },
      ...onOrder({
        ...JSON_REASONS,
        409: 'The request is in a version; passwords are changed outside of them',
        429: 'Too many wrong passwords; `Retry-After` says how long to wait',
      }),
    },
    async run(request) {
      const body = new Body(request);
      const present = body.required('present');
      const password = body.required('password');
      body.done();
      const cookie = await changeOwnPassword(request, { present, password });
      const response = Response.json({ tid: request.pendingTid });
      return cookie === undefined ? response : response.append('Set-Cookie', cookie);
    },
  },
];
