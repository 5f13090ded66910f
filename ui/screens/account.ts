/**
 * Account: who you are here, and what you have chosen for yourself.
 */
import { type Content, contentAt, type PublishRequest, Response } from '../../server/index.js';
import { localAddress } from '../page.js';
import { keepShortcuts, readShortcuts } from '../shortcuts.js';
import { anyObject, defineScreen, screenUrl, type ViewModel } from '../screen.js';
import { rootOf } from '../shell.js';
import { keepTheme, readTheme, themeChoice, THEME_CHOICES } from '../theme.js';

export const account = defineScreen({
  path: 'account',
  view: 'account',
  permission: 'View management screens',
  appliesTo: anyObject,
  show,
  actions: {
    theme: { run: chooseTheme },
    shortcuts: { run: chooseShortcuts },
  },
});

function show(object: Content, request: PublishRequest): ViewModel {
  const { user, policy } = request;
  const chosen = readTheme(request).theme;
  return {
    name: user.name,
    userFolder: user.userFolder,
    roles: policy.caller.roles,
    usersHref: usersHref(object, request),
    themes: THEME_CHOICES.map(({ theme, words, icon }) => ({
      theme,
      words: words.charAt(0).toUpperCase() + words.slice(1),
      icon,
      chosen: theme === chosen,
    })),
    shortcuts: readShortcuts(request),
  };
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

/** Where the password is changed, for those who manage the user folder they are in. */
function usersHref(object: Content, request: PublishRequest): string {
  const { userFolder, name } = request.user;
  const folder = contentAt(rootOf(object), userFolder);
  if (folder === undefined || !request.policy.may('Manage users', folder)) return '';
  return `${screenUrl(folder, 'users')}?user=${encodeURIComponent(name)}`;
}
