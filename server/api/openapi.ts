/**
 * The OpenAPI 3.1 description of the JSON interface, made from the routes that answer it.
 */
import type { Answer, Route, Schema } from './route.js';
import { components } from './schemas.js';

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
        'Every object of a site, at its own URL followed by `/@api`. At the root, `{path}/` is left out. ' +
        'Where `GET` is answered, `HEAD` is; a method that is not listed gets 405 with `Allow`.',
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
    response(answer),
  ]);
  return {
    operationId: operationId(route),
    summary: route.summary,
    parameters: parameters(route),
    ...(route.body === undefined ? {} : { requestBody: requestBody(route.body) }),
    responses: Object.fromEntries(answers) as unknown,
  };
}

function response({ description, schema, mediaType, besides = {} }: Answer): object {
  if (schema === undefined) return { description };
  const schemas = { [mediaType ?? 'application/json']: schema, ...besides };
  const content = Object.entries(schemas).map(([type, each]) => [type, { schema: each }]);
  return { description, content: Object.fromEntries(content) as unknown };
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

const PAST = {
  name: 'at',
  in: 'query',
  description: 'A tid or a time: all is answered as it was then; asks `View history`',
  schema: { type: 'string' },
};

const IF_MATCH = {
  name: 'If-Match',
  in: 'header',
  description: 'The tid, in quotes, that the object must still have',
  schema: { type: 'string' },
};

const DRY_RUN = {
  name: 'Canopy-Dry-Run',
  in: 'header',
  description:
    'With `true`, nothing is saved or started. The answer is 200 with `{"wouldChange": [{"path", "kind", "diff"}], "hidden", "wouldStart"}`: objects that would be added, changed or removed, each with a unified diff; how many more there are that may not be viewed; kinds of the jobs that would start. What would be refused is refused',
  schema: { type: 'boolean' },
};

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
  const isHeld = route.method !== 'GET' && 412 in route.answers;
  return [
    ...inPath,
    ...inQuery,
    ...(route.method === 'GET' ? [PAST] : []),
    ...(isHeld ? [IF_MATCH] : []),
    ...(route.method === 'GET' ? [] : [DRY_RUN]),
  ];
}

/** A body may be left out where nothing in it is required, and holds no member but those listed. */
function requestBody(body: Schema | 'raw'): Record<string, unknown> {
  if (body === 'raw') {
    return { content: { '*/*': { schema: { type: 'string', format: 'binary' } } } };
  }
  const schema = { ...body, additionalProperties: false };
  const isRequired = 'required' in body || 'anyOf' in body;
  return { required: isRequired, content: { 'application/json': { schema } } };
}
