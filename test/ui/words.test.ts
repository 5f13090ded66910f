/** The words that screens are made of, and the views that need no site. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { becomes, idFromFilename } from '../../ui/filenames.js';
import { countInWords, namesInWords, sizeInWords, timeInWords } from '../../ui/helpers.js';
import { localAddress } from '../../ui/page.js';
import { render } from '../../ui/render.js';

const NOW = Date.UTC(2026, 10, 21, 12, 30);
const MINUTE = 60_000;

test('times: minutes for an hour, then the clock, then the day, then the year too', () => {
  const words = (ms: number): string => timeInWords(ms, NOW);

  assert.equal(words(NOW - 10_000), 'just now');
  assert.equal(words(NOW - 12 * MINUTE), '12 min ago');
  assert.equal(words(NOW - 59 * MINUTE), '59 min ago');
  assert.equal(words(NOW - 61 * MINUTE), 'today 11:29');
  assert.equal(words(Date.UTC(2026, 10, 20, 9, 5)), 'yesterday 9:05');
  assert.equal(words(Date.UTC(2026, 10, 3)), '3 Nov');
  assert.equal(words(Date.UTC(2024, 1, 29)), '29 Feb 2024');
  assert.equal(words(NOW + 5 * MINUTE), 'today 12:35');
});

test('sizes: one decimal below ten, and the unit that keeps the figure short', () => {
  assert.deepEqual([0, 999, 1000, 1949, 9949, 9950, 214_000, 1_200_000_000].map(sizeInWords), [
    '0 B',
    '999 B',
    '1.0 kB',
    '1.9 kB',
    '9.9 kB',
    '10 kB',
    '214 kB',
    '1.2 GB',
  ]);
});

test('counts and names: as a person would say them', () => {
  assert.equal(countInWords(1, 'object'), '1 object');
  assert.equal(countInWords(1204, 'object'), '1,204 objects');
  assert.equal(countInWords(2, 'entry', 'entries'), '2 entries');
  assert.equal(namesInWords([], 3), '');
  assert.equal(namesInWords(['a'], 3), 'a');
  assert.equal(namesInWords(['a', 'b', 'c'], 3), 'a, b and c');
  assert.equal(namesInWords(['a', 'b', 'c', 'd', 'e'], 3), 'a, b, c and 2 others');
});

test('files: what a file becomes follows from its ending, whatever its case', () => {
  const words = (name: string): string => `${becomes(name).type} ${becomes(name).id}`;

  assert.equal(words('index.MD'), 'Document index');
  assert.equal(words('menu.hbs'), 'Template menu');
  assert.equal(words('photo.JPEG'), 'Image photo.JPEG');
  assert.equal(words('archive.tar.gz'), 'File archive.tar.gz');
  assert.equal(words('README'), 'File README');
  assert.equal(words('.md'), 'File md');
});

test('files: every name makes an id that can be one', () => {
  assert.equal(idFromFilename('C:\\photos\\My  holiday.png'), 'My-holiday.png');
  assert.equal(idFromFilename('/etc/passwd'), 'passwd');
  assert.equal(idFromFilename('..\u0000/@_hidden'), 'hidden');
  assert.equal(idFromFilename('title'), 'file-title');
  assert.equal(idFromFilename(''), 'file-');
});

test('addresses that a form sends back lead to this site or nowhere', () => {
  assert.equal(localAddress('/guide/@manage?sort=id'), '/guide/@manage?sort=id');
  for (const elsewhere of [
    '',
    'guide',
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '/a\nb',
  ]) {
    assert.equal(localAddress(elsewhere), undefined, elsewhere);
  }
});

const PAGE = { pageTitle: 'Sign in', theme: '', letters: true, styles: [], modules: [] };
const SIGN_IN = {
  action: '/@login',
  next: '/guide/@manage',
  name: '',
  message: '',
  status: 200,
  siteName: 'Trellis',
  path: '/guide/@manage',
  isAdmin: true,
  isPaused: false,
};

test('sign-in: the form says what was asked for, and what was wrong with the last attempt', () => {
  const fresh = render('sign-in', SIGN_IN, { frame: PAGE });
  const wrong = render(
    'sign-in',
    { ...SIGN_IN, name: 'tomas', message: 'The name or the password is not right.', status: 401 },
    { frame: PAGE },
  );
  const paused = render(
    'sign-in',
    { ...SIGN_IN, name: 'tomas', message: 'Try again in 12 minutes.', status: 429, isPaused: true },
    { frame: PAGE },
  );

  assert.doesNotMatch(fresh, /role="alert"/);
  assert.match(fresh, /You asked for <code class="breaks">\/guide\/@manage<\/code>/);
  assert.match(wrong, /msg--bad" role="alert"/);
  assert.match(wrong, /name="name"[^>]*value="tomas"/);
  assert.match(paused, /msg--warn" role="alert"/);
});

test('views: a name that the model lacks is an error, and so is a view that does not exist', () => {
  assert.throws(() => render('sign-in', {}, { frame: PAGE }), /not defined/);
  assert.throws(() => render('no-such-view', {}), /There is no view called no-such-view/);
});
