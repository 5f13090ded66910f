/**
 * The pages on which people sign in and out, in the admin's look. The server decides what they say.
 */
import type {
  PublishRequest,
  Response,
  SignInModel,
  SignInPages,
  SignOutModel,
} from '../server/index.js';
import { pageData, pageResponse } from './page.js';
import { nameOfSite, rootOf } from './shell.js';

const TOO_MANY = 429;

export const signInPages: SignInPages = { signIn, signOut };

function signIn(model: SignInModel, request: PublishRequest): Response {
  const siteName = nameOfSite(rootOf(request.object), request);
  const frame = pageData(request, { title: `Sign in · ${siteName}`, styles: ['sign-in'] });
  const [path = '/'] = model.next.split(/[?#]/, 1);
  return pageResponse(request, {
    view: 'sign-in',
    frame,
    status: model.status,
    model: {
      ...model,
      siteName,
      path,
      isAdmin: path.split('/').includes('@manage'),
      isPaused: model.status === TOO_MANY,
    },
  });
}

function signOut(model: SignOutModel, request: PublishRequest): Response {
  const siteName = nameOfSite(rootOf(request.object), request);
  const frame = pageData(request, { title: `Sign out · ${siteName}`, styles: ['sign-in'] });
  return pageResponse(request, { view: 'sign-out', frame, model: { ...model, siteName } });
}
