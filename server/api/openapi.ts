/**
 * The OpenAPI 3.1 description of the JSON interface, made from the routes that answer it.
 */
import type { Route, Schema } from './route.js';
import { components, named } from './schemas.js';

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'The request cannot be read; `detail` names what is wrong',
  401: 'Somebody may, but nobody is signed in',
  403: 'Whoever is signed in may not; `because` says why',
  404: 'No such object is contained there',
  412: 'The object changed since the revision named by `If-Match`',
  422: 'Something sent is wrong; `errors` names each field',
};

/**
 * Describes the routes.
 *
 * @param routes all of them
 * @param version the product's
 */
export function openApi(routes: readonly Route[], version: string): Schema {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const prefix = route.rootOnly === true ? '/@api' : '/{path}/@api';
    const key = route.path === '' ? prefix : `${prefix}/${route.path}`;
    const operations = (paths[key] ??= {});
    operations[route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Canopy',
      version,
      description:
        'Every object of a site, at its own URL followed by `/@api`. At the root, `{path}/` is left out.',
    },
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic' },
        session: { type: 'apiKey', in: 'cookie', name: 'canopy_session' },
      },
    },
    security: [{}, { basic: [] }, { session: [] }],
  };
}

function operation(route: Route): Record<string, unknown> {
  const answers = Object.entries(route.answers).map(([status, answer]) => [
    status,
    {
      description: answer.description,
      ...(answer.schema === undefined
        ? {}
        : { content: { [answer.mediaType ?? 'application/json']: { schema: answer.schema } } }),
    },
  ]);
  const problems = Object.entries(PROBLEMS)
    .filter(([status]) => status !== '412' || route.method !== 'GET')
    .filter(([status]) => status !== '422' || route.body !== undefined)
    .map(([status, description]) => [
      status,
      { description, content: { 'application/problem+json': { schema: named('Problem') } } },
    ]);
  return {
    operationId: operationId(route),
    summary: route.summary,
    parameters: parameters(route),
    ...(route.body === undefined ? {} : { requestBody: requestBody(route.body) }),
    responses: Object.fromEntries([...problems, ...answers]) as unknown,
  };
}

function operationId(route: Route): string {
  const words = route.path.split('/').filter((word) => word !== '');
  const name = words.map((word) =>
    word
      .replace(/[{}]/g, '')
      .split(/[-.]/)
      .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
      .join(''),
  );
  return `${route.method.toLowerCase()}${name.length === 0 ? 'Object' : name.join('')}`;
}

function parameters(route: Route): unknown[] {
  const inPath = [
    ...(route.rootOnly === true
      ? []
      : [{ name: 'path', description: 'The path of an object, without its first slash' }]),
    ...[...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({ name, description: name })),
  ].map((parameter) => ({ ...parameter, in: 'path', required: true, schema: { type: 'string' } }));
  const inQuery = Object.entries(route.query ?? {}).map(([name, about]) => ({
    name,
    in: 'query',
    ...about,
  }));
  const inHeader =
    route.method === 'GET'
      ? []
      : [
          {
            name: 'If-Match',
            in: 'header',
            description: 'The tid, in quotes, that the object must still have',
            schema: { type: 'string' },
          },
        ];
  return [...inPath, ...inQuery, ...inHeader];
}

function requestBody(body: Schema | 'raw'): Record<string, unknown> {
  const content =
    body === 'raw'
      ? { '*/*': { schema: { type: 'string', format: 'binary' } } }
      : { 'application/json': { schema: body } };
  return { content };
}
