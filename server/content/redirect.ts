/** Redirects: objects that send visitors elsewhere. */
import { NotFound } from '../errors.js';
import { Response } from '../publisher/response.js';
import { Content } from './content.js';
import type { ContentType } from './content-type.js';

const STATUSES = [301, 302, 303, 307, 308];

export class Redirect extends Content {
  static {
    this.define('canopy.Redirect', { target: '', status: 302 });
  }

  /** A path on this site, or an `http` or `https` URL; `''` leads nowhere. */
  declare target: string;
  declare status: number;

  get type(): string {
    return 'Redirect';
  }

  get size(): number {
    return 0;
  }

  protected override field(name: string): unknown {
    return name === 'target' || name === 'status' ? this[name] : super.field(name);
  }
}

export const redirectType: ContentType<Redirect> = {
  name: 'Redirect',
  title: 'Redirect',
  icon: 'redirect',
  description: 'Sends visitors of its URL to another one.',
  class: Redirect,
  addPermission: 'Add Redirects',
  changePermission: 'Change Redirects',
  executable: false,
  fields: [
    {
      name: 'target',
      label: 'Target',
      kind: 'text',
      help: 'A path on this site, such as /news/, or a whole URL.',
      default: '',
    },
    {
      name: 'status',
      label: 'Status',
      kind: 'number',
      choices: STATUSES.map(String),
      help: '301 and 308 are for ever, and browsers remember them; 302, 303 and 307 are for today.',
      default: 302,
    },
  ],

  validate(values) {
    const errors = [];
    const { target, status } = values;
    if (typeof target === 'string' && !isTarget(target)) {
      const message = 'A path that begins with “/”, or a URL that begins with http:// or https://';
      errors.push({ field: 'fields.target', message });
    }
    if (status !== undefined && !STATUSES.includes(Number(status))) {
      const message = `A redirect’s status is one of ${STATUSES.join(', ')}`;
      errors.push({ field: 'fields.status', message });
    }
    return errors;
  },

  read: (redirect) => ({ target: redirect.target, status: redirect.status }),

  apply(redirect, values) {
    if (typeof values['target'] === 'string') redirect.target = values['target'];
    if (typeof values['status'] === 'number') redirect.status = values['status'];
  },

  page(redirect, request) {
    if (redirect.target === '') throw new NotFound(`${request.path} leads nowhere yet`);
    return Response.redirect(redirect.target, redirect.status);
  },
};

function isTarget(target: string): boolean {
  if (target === '') return true;
  if (/[\s\\\p{Cc}\p{Cs}]/u.test(target)) return false;
  if (target.startsWith('/')) return !target.startsWith('//');
  return /^https?:\/\/[^/]/i.test(target) && URL.canParse(target);
}
