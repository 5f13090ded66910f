/**
 * The Express application: the one way in for HTTP.
 *
 * Everything goes to the gateway; Express keeps the place where an operator's own middleware would
 * stand. Nothing is parsed before the gateway has asked for it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Makes the application that hands every request to `handle`. */
export function createApp(handle: RequestHandler): RequestHandler {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use(handle);
  return app;
}
