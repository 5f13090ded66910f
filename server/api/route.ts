/**
 * What the JSON interface answers, declared once.
 *
 * A route's declaration is both what runs and what `openapi.json` tells: they cannot disagree. A
 * route addresses the object its request traversed to, by containment alone.
 */
import type { PublishRequest } from '../publisher/request.js';
import type { Response } from '../publisher/response.js';

/** A JSON Schema, as OpenAPI 3.1 takes it. */
export type Schema = Readonly<Record<string, unknown>>;

/** One kind of answer. Without a schema it has no body. */
export interface Answer {
  readonly description: string;
  readonly schema?: Schema;
  /** By default `application/json`. */
  readonly mediaType?: string;
  /** Other media types it may come in. */
  readonly besides?: Readonly<Record<string, Schema>>;
}

/** Every status that a route may answer with, refusals included. */
export type Answers = Readonly<Record<number, Answer>>;

export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Segments after `@api`, with parameters in braces: `history/{tid}`. */
  readonly path: string;
  readonly summary: string;
  /** Answers at the root of the site alone. */
  readonly rootOnly?: boolean;
  /** Query parameters, with what they mean. */
  readonly query?: Readonly<
    Record<string, { readonly description: string; readonly schema: Schema }>
  >;
  /**
   * Asked before a large body is read. Default: to change the object, where the body is bytes or who
   * asks may; else to view it.
   */
  readonly permission?: string;
  /** The body's schema; `raw` for bytes of any type. */
  readonly body?: Schema | 'raw';
  readonly answers: Answers;
  run(
    request: PublishRequest,
    parameters: Readonly<Record<string, string>>,
  ): Response | Promise<Response>;
}

/** A route found, with what stood where its parameters are. */
export interface FoundRoute {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Finds the routes of a path whatever their method, so that 405 can name those there are. */
export function matchRoutes(
  routes: readonly Route[],
  rest: readonly string[],
): readonly FoundRoute[] {
  return routes.flatMap((route) => {
    const parameters = matchPath(route.path, rest);
    return parameters === undefined ? [] : [{ route, parameters }];
  });
}

function matchPath(path: string, rest: readonly string[]): Record<string, string> | undefined {
  const wanted = path === '' ? [] : path.split('/');
  if (wanted.length !== rest.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [at, segment] of wanted.entries()) {
    const given = rest[at] ?? '';
    if (segment.startsWith('{')) parameters[segment.slice(1, -1)] = given;
    else if (segment !== given) return undefined;
  }
  return parameters;
}
