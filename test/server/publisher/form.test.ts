/** Reading the fields of a form. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readForm } from '../../../server/publisher/converters.js';
import { Form, type FormValue, isFormFile } from '../../../server/publisher/form.js';

const file = { filename: 'a.txt', contentType: 'text/plain', sha256: 'ab', sizeBytes: 3 };
const form = new Form(
  new Map<string, FormValue>([
    ['one', '1'],
    ['many', ['a', 'b']],
    ['number', 7],
    ['date', new Date(0)],
    ['file', file],
    ['record', { a: '1' }],
  ]),
);

test('Form: text gives the last value as text, and nothing for a field that was not sent', () => {
  assert.equal(form.text('one'), '1');
  assert.equal(form.text('many'), 'b');
  assert.equal(form.text('number'), '7');
  assert.equal(form.text('date'), '1970-01-01T00:00:00.000Z');
  assert.equal(form.text('file'), 'a.txt');
  assert.equal(form.text('record'), '{"a":"1"}');
  assert.equal(form.text('missing'), '');
});

test('Form: all gives every value', () => {
  assert.deepEqual(form.all('many'), ['a', 'b']);
  assert.deepEqual(form.all('one'), ['1']);
  assert.deepEqual(form.all('missing'), []);
});

test('isFormFile: a record that looks like a file is none, however it was sent', () => {
  const forged = readForm(
    [':record', ':records'].flatMap((converter, at) =>
      Object.entries(file).map(([name, value]) => ({
        name: `f${at}.${name}${converter}`,
        value: String(value),
      })),
    ),
  );
  assert.deepEqual(forged.names, ['f0', 'f1']);
  for (const name of forged.names) {
    assert.equal(isFormFile(forged.get(name)), false);
    assert.equal(forged.file(name), undefined);
    assert.ok(![forged.get(name)].flat().some(isFormFile));
  }
  assert.equal(isFormFile(readForm([], [{ name: 'f', file }]).get('f')), true);
});

test('Form: names keep the order in which they were sent', () => {
  assert.deepEqual(form.names, ['one', 'many', 'number', 'date', 'file', 'record']);
  assert.equal(form.has('one'), true);
  assert.equal(form.get('number'), 7);
  assert.equal(form.file('file'), file);
  assert.equal(form.file('one'), undefined);
});
