/**
 * How requests are refused, for the routes to declare beside what they answer.
 *
 * Some refusals are no route's own: whatever is asked, it may be asked by somebody unknown, or for an
 * object that is not there. They are written down here once, and each route takes the set that fits
 * what it does and adds its own.
 */
import type { Answer, Answers } from './route.js';
import { named } from './schemas.js';

/** Why, by status. */
type Reasons = Readonly<Record<number, string>>;

/** The component that describes the body of a refusal; `Problem` where none is named. */
const SHAPES: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  403: 'Refusal',
  422: 'Invalid',
  500: 'Fault',
};

/** Gives a refusal as an answer. */
export function refusal(description: string, component: string): Answer {
  return { description, schema: named(component), mediaType: 'application/problem+json' };
}

function refusals(reasons: Reasons): Answers {
  return Object.fromEntries(
    Object.entries(reasons).map(([status, description]) => [
      status,
      refusal(description, SHAPES[Number(status)] ?? 'Problem'),
    ]),
  );
}

const ANYTHING = refusals({
  400: 'The request cannot be read; `field` names the parameter, where it is one',
  401: 'Somebody may, but nobody is signed in, or the password is wrong',
  403: 'Whoever is signed in may not, as `because` explains; or the request came from another site',
  404: 'No such object is contained there',
  429: 'Too many attempts to sign in; `Retry-After` says when to try again',
  500: 'The fault is the server’s; `id` names it in the log',
  503: 'Conflicts went on, or the time was up; `Retry-After` says when to try again',
});

/** Refusals of a route that changes nothing. */
export function onRead(own: Reasons = {}): Answers {
  return {
    304: { description: 'What the client has is still good (`If-None-Match`)' },
    412: { description: 'What is there is not what `If-Match` names' },
    ...ANYTHING,
    ...refusals(own),
  };
}

/** Refusals of a route that starts or ends something, without writing an object. */
export function onOrder(own: Reasons = {}): Answers {
  return {
    ...ANYTHING,
    ...refusals({
      405: 'The past (`?at=`) can be seen and not changed; `Allow` has the methods that can be used',
      413: 'The body is larger than is taken here',
      ...own,
    }),
  };
}

/** Refusals of a route that writes: `If-Match` holds it to a revision. */
export function onWrite(own: Reasons = {}): Answers {
  return onOrder({ 412: 'The object changed since the revision named by `If-Match`', ...own });
}

/** Why a JSON body is refused. */
export const JSON_REASONS: Reasons = {
  415: 'The body is not JSON by its `Content-Type`',
  422: 'Something sent is wrong; `errors` names each field',
};

/** Refusals of a route that writes what a JSON body says. */
export function onJson(own: Reasons = {}): Answers {
  return onWrite({ ...JSON_REASONS, ...own });
}
