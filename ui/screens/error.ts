/**
 * The admin's error page: what was refused or not found and the steps that led to it.
 */
import type { Content, PublishRequest, Response, ServerError } from '../../server/index.js';
import { attemptOf, reportFor } from '../attempt.js';
import { pageResponse } from '../page.js';
import { screenUrl } from '../screen.js';
import { barOf } from '../shell.js';

/** Answers with the page of an error that a person should read. */
export function errorPage(error: ServerError, request: PublishRequest): Response {
  const report = reportFor(error, request.path);
  const attempt = attemptOf(error, { action: '', form: request.query });
  const about = openFrom(request.object, request) ?? request.object;
  const frame = barOf(request, { title: report.title, about, help: 'errors' });
  const model = {
    status: report.status,
    title: report.title,
    detail: error.message,
    icon: attempt.icon,
    because: attempt.because,
    code: error.code,
    request: `${request.method} ${request.path}`,
    mayOpen: about === request.object ? '' : screenUrl(about),
    mayOpenPath: about.path,
    path: request.object.path,
    wasChange: request.mayWrite,
  };
  const response = pageResponse(request, { view: 'error', model, frame, status: report.status });
  for (const [name, value] of Object.entries(report.headers)) response.set(name, value);
  return response;
}

/** The nearest container whose screens the reader may open. */
function openFrom(object: Content, request: PublishRequest): Content | undefined {
  for (let at: Content | undefined = object; at !== undefined; at = at.container) {
    if (request.policy.may('View management screens', at)) return at;
  }
  return undefined;
}
