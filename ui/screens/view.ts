/**
 * View: an object's page as visitors get it, inside the admin.
 *
 * The page is shown in a frame in which no script runs and no form is sent, so that nothing in it can
 * act in the name of whoever looks at it here.
 */
import { type Content, contentTypes } from '../../server/index.js';
import { defineScreen } from '../screen.js';

export const view = defineScreen({
  path: 'view',
  tab: 'View',
  icon: 'eye',
  view: 'view',
  permission: 'View management screens',
  appliesTo: (object): object is Content => contentTypes.of(object).page !== undefined,

  show(object, request) {
    return {
      url: object.url,
      path: object.path,
      isSeen: request.policy.may('View', object),
      isForEveryone: isForEveryone(object),
    };
  },
});

/** Whether visitors who are not signed in get this page, as far as its own settings say. */
function isForEveryone(object: Content): boolean {
  for (let at: Content | undefined = object; at !== undefined; at = at.container) {
    const setting = at.permissionSetting('View');
    if (setting?.roles.includes('Anonymous') === true) return true;
    if (setting?.acquire === false) return false;
  }
  return true;
}
