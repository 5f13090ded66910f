import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import {
  defaultWorkers,
  describeSettings,
  resolveSettings,
  type SettingSources,
} from '../../server/settings.js';
import { temporaryDirectory } from '../support/temporary.js';

const NOWHERE: SettingSources = { args: [], env: {}, directory: '/nowhere' };

function refusal(sources: Partial<SettingSources>): string {
  try {
    resolveSettings(['port', 'timeLimitMs', 'maxUploadBytes', 'empty', 'workers'], {
      ...NOWHERE,
      ...sources,
    });
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error);
    assert.equal(error.code, 'SRV_SETTING');
    return error.message;
  }
  return assert.fail('these settings were accepted');
}

test('settings nobody gave are the documented ones', () => {
  const resolved = resolveSettings(
    ['data', 'port', 'host', 'timeLimitMs', 'maxUploadBytes', 'empty', 'adminPassword', 'plugins'],
    NOWHERE,
  );
  assert.deepEqual(resolved?.settings, {
    data: path.resolve('/nowhere/.data'),
    port: 8080,
    host: '127.0.0.1',
    timeLimitMs: 10_000,
    maxUploadBytes: 2 ** 30,
    empty: false,
    adminPassword: undefined,
    plugins: [],
  });
});

test('the command line wins over the environment, and that over the file', async () => {
  await using directory = await temporaryDirectory();
  const file = { port: 1, host: 'of-the-file', 'time-limit': 3 };
  await writeFile(path.join(directory.path, 'canopy.config.json'), JSON.stringify(file));
  const resolved = resolveSettings(['port', 'host', 'timeLimitMs'], {
    args: ['--port', '3'],
    env: { CANOPY_PORT: '2', CANOPY_HOST: 'of-the-environment' },
    directory: directory.path,
  });
  assert.deepEqual(resolved?.settings, { port: 3, host: 'of-the-environment', timeLimitMs: 3000 });
});

test('relative paths start where they were given: in the file, from the file', async () => {
  await using directory = await temporaryDirectory();
  const config = path.join(directory.path, 'site.json');
  await writeFile(config, '{"data": "database"}');
  const sources = { args: ['--config', config], env: {}, directory: '/nowhere' };
  const resolved = resolveSettings(['data'], sources);
  assert.equal(resolved?.settings.data, path.join(directory.path, 'database'));
});

test('an unknown option is refused, with the one that was probably meant', () => {
  assert.match(refusal({ args: ['--prot', '1'] }), /no option --prot\. Did you mean --port\?/);
  assert.match(refusal({ args: ['--data', 'x'] }), /no option --data/);
});

test('an unknown key of the file is refused by name', async () => {
  await using directory = await temporaryDirectory();
  await writeFile(path.join(directory.path, 'canopy.config.json'), '{"workres": 2}');
  const message = refusal({ directory: directory.path });
  assert.match(message, /"workres" \(in canopy\.config\.json\)\. Did you mean "workers"/);
});

test('a file that is not JSON, or that was named and is not there, is refused', async () => {
  await using directory = await temporaryDirectory();
  await writeFile(path.join(directory.path, 'canopy.config.json'), 'port: 1');
  assert.match(refusal({ directory: directory.path }), /canopy\.config\.json is not JSON/);
  assert.match(refusal({ args: ['--config', 'gone.json'] }), /gone\.json cannot be read/);
});

test('a value that cannot be used is refused, saying where it came from and what would do', () => {
  assert.match(refusal({ args: ['--port', '99999'] }), /^--port must be .* 0 to 65535; .*"99999"/);
  assert.match(refusal({ env: { CANOPY_PORT: 'http' } }), /^CANOPY_PORT must be a whole number/);
  assert.match(refusal({ args: ['--time-limit', '0'] }), /^--time-limit must be .* above 0/);
  assert.match(refusal({ args: ['--max-upload', 'big'] }), /^--max-upload must be a size/);
  assert.match(
    refusal({ env: { CANOPY_EMPTY: 'perhaps' } }),
    /^CANOPY_EMPTY must be true or false/,
  );
  assert.match(refusal({ args: ['--port'] }), /^The option --port needs a value\.$/);
  assert.match(refusal({ args: ['--port', '--empty'] }), /^The option --port needs a value\.$/);
  assert.match(refusal({ args: ['--empty=1'] }), /^The option --empty takes no value\.$/);
});

test('a password is 1 to 1024 bytes long, and no message repeats one', () => {
  const resolve = (sources: Partial<SettingSources>): string | undefined =>
    resolveSettings(['adminPassword'], { ...NOWHERE, ...sources })?.settings.adminPassword;
  assert.equal(resolve({ env: { CANOPY_ADMIN_PASSWORD: 'pw' } }), 'pw');
  assert.equal(resolve({ env: { CANOPY_ADMIN_PASSWORD: '' } }), undefined, 'as if it were not set');
  const long = 'secret'.repeat(200);
  const refused: readonly (readonly [Partial<SettingSources>, RegExp])[] = [
    [
      { env: { CANOPY_ADMIN_PASSWORD: long } },
      /^CANOPY_ADMIN_PASSWORD must be a password of 1 to 1024 bytes\.$/,
    ],
    [{ args: ['--admin-password', ''] }, /^--admin-password must be a password/],
  ];
  for (const [sources, message] of refused) {
    assert.throws(
      () => resolve(sources),
      (error: Error) => message.test(error.message),
    );
  }
});

test('sizes and seconds take units and decimals', () => {
  const resolved = resolveSettings(['maxUploadBytes', 'timeLimitMs'], {
    ...NOWHERE,
    args: ['--max-upload', '1.5 GB', '--time-limit', '0.25'],
  });
  assert.deepEqual(resolved?.settings, { maxUploadBytes: 1.5 * 2 ** 30, timeLimitMs: 250 });
});

test('a list is given repeatedly or with commas', () => {
  const resolved = resolveSettings(['plugins'], {
    ...NOWHERE,
    args: ['--plugin', 'one,two', '--plugin', 'three'],
  });
  assert.deepEqual(resolved?.settings.plugins, ['one', 'two', 'three']);
});

test('operands and a command’s own options come out beside the settings', () => {
  const own = [
    { name: 'in', value: 'PATH', help: 'where' },
    { name: 'all', help: 'every one' },
  ];
  const resolved = resolveSettings(
    ['data'],
    { ...NOWHERE, args: ['a', '--in', '/x', '--all', 'b'] },
    own,
  );
  assert.deepEqual(resolved?.operands, ['a', 'b']);
  assert.deepEqual(resolved?.options, { in: ['/x'], all: ['true'] });
});

test('--help asks for help and nothing else', () => {
  assert.equal(resolveSettings(['port'], { ...NOWHERE, args: ['--help'] }), undefined);
  assert.equal(resolveSettings(['port'], { ...NOWHERE, args: ['-h'] }), undefined);
  assert.match(
    describeSettings(['port', 'timeLimitMs']),
    /--port N +the port.*\(8080\)\n.*\(10\)\n/,
  );
});

test('there are never fewer than two publisher threads by default', () => {
  assert.equal(defaultWorkers(1), 2);
  assert.equal(defaultWorkers(16), 16);
});
