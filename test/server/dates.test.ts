/** Dates as people and programs write them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDate } from '../../server/dates.js';

const dates: readonly (readonly [text: string, iso: string | undefined])[] = [
  ['2026-11-21', '2026-11-21T00:00:00.000Z'],
  ['2026/1/2', '2026-01-02T00:00:00.000Z'],
  ['2026-11-21T09:30', '2026-11-21T09:30:00.000Z'],
  ['2026-11-21 09:30:15.25Z', '2026-11-21T09:30:15.250Z'],
  ['2026-11-21T00:30+01:00', '2026-11-20T23:30:00.000Z'],
  ['2026-11-21T00:30-0130', '2026-11-21T02:00:00.000Z'],
  ['2026-11-21 09:30 UTC', '2026-11-21T09:30:00.000Z'],
  ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ['0050-01-01', '0050-01-01T00:00:00.000Z'],
  ['2026-02-29', undefined],
  ['2026-13-01', undefined],
  ['2026-11-21T24:00', undefined],
  ['2026-11-21T09:60', undefined],
  ['21.11.2026', undefined],
  ['soon', undefined],
  ['', undefined],
];

for (const [text, iso] of dates) {
  test(`parseDate: ${JSON.stringify(text)}`, () => {
    assert.equal(parseDate(text)?.toISOString(), iso);
  });
}
