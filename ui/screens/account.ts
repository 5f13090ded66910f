/**
 * Account: who you are here, your password, and what you have chosen for yourself.
 *
 * It is about whoever is signed in and not about the object at whose address it is, so it asks no
 * permission there.
 */
import {
  changeOwnPassword,
  type Content,
  Invalid,
  PASSWORD_CHARACTERS_MIN,
  type PublishRequest,
  refuseChosenPassword,
  Response,
} from '../../server/index.js';
import { errorOf } from '../form-fields.js';
import { sayLater } from '../message.js';
import { localAddress } from '../page.js';
import { keepShortcuts, readShortcuts } from '../shortcuts.js';
import { anyObject, type Attempt, defineScreen, screenUrl, type ViewModel } from '../screen.js';
import { keepTheme, readTheme, themeChoice, THEME_CHOICES } from '../theme.js';

export const account = defineScreen({
  path: 'account',
  title: 'Account',
  view: 'account',
  appliesTo: anyObject,
  show,
  actions: {
    password: { run: changePassword },
    theme: { run: chooseTheme },
    shortcuts: { run: chooseShortcuts },
  },
});

function show(_object: Content, request: PublishRequest, attempt?: Attempt): ViewModel {
  const { user, policy } = request;
  const chosen = readTheme(request).theme;
  return {
    name: user.name,
    userFolder: user.userFolder,
    roles: policy.caller.roles,
    passwordMin: PASSWORD_CHARACTERS_MIN,
    errors: {
      present: errorOf('present', attempt?.errors),
      password: errorOf('password', attempt?.errors),
    },
    themes: THEME_CHOICES.map(({ theme, words, icon }) => ({
      theme,
      words: words.charAt(0).toUpperCase() + words.slice(1),
      icon,
      chosen: theme === chosen,
    })),
    shortcuts: readShortcuts(request),
  };
}

/**
 * Told in words, without the button that undoes: whoever manages the users can take it back, and
 * nobody else gets an old password to work again.
 */
async function changePassword(object: Content, request: PublishRequest): Promise<Response> {
  const { form } = request;
  const password = form.text('password');
  const again = form.text('password-again');
  const message = refuseChosenPassword(password) ?? refuseOther(password, again);
  if (message !== undefined) throw new Invalid([{ field: 'password', message }]);
  const cookie = await changeOwnPassword(request, { present: form.text('present'), password });
  const response = Response.redirect(screenUrl(object, 'account'), 303);
  sayLater(response, 'Your password is changed. Everywhere else you are signed out.');
  return cookie === undefined ? response : response.append('Set-Cookie', cookie);
}

function refuseOther(password: string, again: string): string | undefined {
  return password === again ? undefined : 'The two passwords differ';
}

/** Keeps the theme in the browser, and shows the page the choice was made on again. */
function chooseTheme(object: Content, request: PublishRequest): Response {
  const { form } = request;
  const response = Response.redirect(backFrom(object, request), 303);
  keepTheme(response, themeChoice(form.text('theme')));
  return response;
}

function chooseShortcuts(object: Content, request: PublishRequest): Response {
  const response = Response.redirect(backFrom(object, request), 303);
  keepShortcuts(response, request.form.has('letters'));
  return response;
}

/** The page that the form stands on, where it says so and it is one of ours. */
function backFrom(object: Content, request: PublishRequest): string {
  return localAddress(request.form.text('back')) ?? screenUrl(object, 'account');
}
