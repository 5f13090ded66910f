import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  readAddress,
  shownUrl,
  splitPassword,
  UrlFault,
} from '../../../server/sql/connection-url.js';

function server(url: string, environment?: Record<string, string>) {
  const address = readAddress({ driver: 'postgres', url }, environment);
  assert.ok(address.kind === 'server');
  return address;
}

test('a URL says where a server is', () => {
  const { host, port, user, password, database } = server('postgres://me:s%40t@db.example:99/shop');
  assert.deepEqual([host, port, user, password, database], ['db.example', 99, 'me', 's@t', 'shop']);
  assert.equal(server('postgresql://me@localhost/shop').port, 5432);
  const mariadb = readAddress({ driver: 'mysql', url: 'mariadb://me@localhost/shop' });
  assert.ok(mariadb.kind === 'server' && mariadb.port === 3306);
  assert.equal(server('postgres://me@[::1]/shop').host, '::1');
});

test('another machine is to prove who it is, unless the URL says less', () => {
  assert.equal(server('postgres://me@db.example/shop').tls, 'verify-full');
  assert.equal(server('postgres://me@localhost/shop').tls, 'disable');
  assert.equal(server('postgres://me@127.0.0.1/shop?sslmode=require').tls, 'require');
  assert.equal(server('postgres://me@db.example/shop?ssl-mode=DISABLED').tls, 'disable');
  assert.equal(
    server('postgres:///shop?host=/run/postgresql'.replace('//', '//me@')).tls,
    'disable',
  );
});

test('what makes no sense in a URL is refused, and no password is told', () => {
  for (const url of [
    '',
    'shop',
    'mysql://me:hidden@localhost/shop',
    'postgres://localhost/shop',
    'postgres://me:hidden@localhost/',
    'postgres://me:hidden@localhost/shop?sslmode=perhaps',
    'postgres://me:hidden@localhost/shop?sslrootcert=relative.crt',
    'postgres://me:hidden@localhost/shop?pool=0',
    'postgres://me:hidden@localhost/shop?options=-csearch_path=x',
    'postgres://me:${HOME}@localhost/shop',
    'postgres://me:${CANOPY_SQL_ABSENT}@localhost/shop',
  ]) {
    assert.throws(
      () => readAddress({ driver: 'postgres', url }, {}),
      (error) => error instanceof UrlFault && !error.message.includes('hidden'),
      url,
    );
  }
});

test('variables of the environment are read where a connection is made, if they are meant to be', () => {
  const environment = {
    CANOPY_SQL_PASSWORD: 'a:b@c/d',
    CANOPY_SQL_HOST: 'db.example',
    HOME: '/root',
  };
  const url = 'postgres://me:${CANOPY_SQL_PASSWORD}@${CANOPY_SQL_HOST}/shop';
  const { password, host } = server(url, environment);
  assert.deepEqual([password, host], ['a:b@c/d', 'db.example']);
  assert.throws(() => server('postgres://me@${HOME}/shop', environment), /CANOPY_SQL_/);
});

test('a password is taken out of a URL, or hidden in it', () => {
  for (const [url, bare, password] of [
    ['postgres://me:secret@host/db', 'postgres://me@host/db', 'secret'],
    ['postgres://me:s%2Ft@host/db', 'postgres://me@host/db', 's/t'],
    ['postgres://me:s@t@host/db', 'postgres://me@host/db', 's@t'],
    ['postgres://me:s/t@host/db', 'postgres://me@host/db', 's/t'],
    ['postgres://me@host:5432/db', 'postgres://me@host:5432/db', undefined],
    ['postgres://host:5432/db', 'postgres://host:5432/db', undefined],
    ['shop.sqlite', 'shop.sqlite', undefined],
  ] as const) {
    assert.deepEqual(splitPassword(url), { url: bare, password }, url);
    assert.equal(shownUrl(url).includes('secret'), false);
  }
  assert.equal(shownUrl('mysql://me:secret@host/db'), 'mysql://me:•••@host/db');
});
