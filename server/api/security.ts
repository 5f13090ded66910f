/**
 * "Security" of the JSON interface: permission settings, and why somebody may or may not.
 */
import { explainAccess, readPermissions, setPermissions } from '../content/permissions.js';
import { allPermissions } from '../security/permission.js';
import { principalKey } from '../security/principal.js';
import { BadRequest } from '../errors.js';
import { Response } from '../publisher/response.js';
import { Body } from './json.js';
import { requireMatch } from './objects.js';
import type { Route } from './route.js';
import { listOf, principal, shape, text } from './schemas.js';

const roles = listOf(text);
const localRoles = { type: 'object', additionalProperties: roles };

const permissionsShape = shape({
  roles,
  permissions: listOf(shape({ name: text, roles, acquire: { type: 'boolean' }, effective: roles })),
  localRoles,
  'proxyRoles?': roles,
  owner: principal,
});

export const securityRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'permissions',
    summary: 'Shows which roles have which permission here, set or acquired',
    answers: { 200: { description: 'The settings', schema: permissionsShape } },
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
    answers: { 200: { description: 'The settings as they now are', schema: permissionsShape } },
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
      setPermissions(request, request.object, change);
      return Response.json({
        ...readPermissions(request, request.object),
        tid: request.tidOf(request.object),
      });
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
    },
    run(request) {
      const user = request.query.text('user');
      const permission = request.query.text('permission');
      if (permission === '') {
        throw new BadRequest('permission must name one', { field: 'permission' });
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
          roles,
          permissions: listOf(text),
          version: { type: ['string', 'null'] },
        }),
      },
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
        version: null,
      });
    },
  },
];
