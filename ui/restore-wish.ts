/**
 * What an address, or a form, asks to restore from the past, and how.
 */
import {
  BadRequest,
  folderNamed,
  type Form,
  type Oid,
  parseOid,
  parseTid,
  type PublishRequest,
  type RestoreRequest,
  type Tid,
} from '../server/index.js';
import { localAddress } from './page.js';

export interface Wish {
  readonly at: Tid;
  readonly objects: readonly (string | Oid)[];
  readonly below: boolean;
  readonly place: 'then' | 'now';
  readonly newer: 'stay' | 'go';
  readonly security: boolean;
  /** Path of a folder; `''` for where it was. */
  readonly to: string;
  readonly id: string;
  /** Where to go afterwards; `''` for what was restored. */
  readonly back: string;
}

/** @throws BadRequest when it names no moment, or nothing to restore */
export function readWish(form: Form): Wish {
  const at = parseTid(form.text('at'));
  const folder = form.text('folder').replace(/\/$/, '');
  const oids = form.all('object').map(parseOid);
  const paths = [
    ...form.all('path'),
    ...(form.has('folder') ? form.all('id').map((id) => `${folder}/${id}`) : []),
  ].filter((path) => path.startsWith('/'));
  const objects = [...oids.filter((oid) => oid !== undefined), ...paths];
  if (at === undefined || objects.length === 0) {
    throw new BadRequest('Choose what is to be restored, and from when, first');
  }
  // A tick that is not there says no only where the choice was shown.
  const isChosen = form.has('chosen');
  return {
    at,
    objects: [...new Set(objects)],
    below: !isChosen || form.has('below'),
    place: form.text('place') === 'now' ? 'now' : 'then',
    newer: form.text('newer') === 'go' ? 'go' : 'stay',
    security: form.has('security'),
    to: form.text('to').trim(),
    id: form.has('folder') ? '' : form.text('id').trim(),
    back: localAddress(form.text('back')) ?? '',
  };
}

/** @throws Invalid when the folder it names is none */
export function requestOf(request: PublishRequest, wish: Wish): RestoreRequest {
  const { to, id, at, objects, below, place, newer, security } = wish;
  return {
    ...{ at, objects, below, place, newer, security },
    ...(to === '' ? {} : { to: folderNamed(request, to) }),
    ...(id === '' ? {} : { id }),
  };
}

/** Gives the query of an address that asks for the same, with no choice made yet. */
export function queryOf({ at, objects, back }: Wish): string {
  const query = new URLSearchParams([['at', String(at)]]);
  for (const named of objects) {
    query.append(typeof named === 'number' ? 'object' : 'path', String(named));
  }
  if (back !== '') query.append('back', back);
  return query.toString();
}
