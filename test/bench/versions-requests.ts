/**
 * A request inside a version, against the same request outside: a page that lists 50 objects, and one
 * object as JSON, by one who is signed in, 16 connections.
 *
 * The version has another layout, and other titles of ten of the documents. Rounds take turns, so that
 * whatever else the machine does meets both alike.
 */
import path from 'node:path';
import type { Client } from '../support/client.js';
import { ADMIN, startServerProcess } from '../support/server.js';
import { temporaryDirectory } from '../support/temporary.js';
import { LAYOUT, LISTING_PATH, listingRows, makeListing } from './listing-site.js';
import { load, rawRequest } from './load.js';
import { median, runAlone } from './measure.js';
import type { BenchRow } from './row.js';

const CONNECTIONS = 16;
const CHANGED = 10;
const ROUNDS = 5;
const ROUND_SECONDS = 2;
const WARM_SECONDS = 2;
const VERSION = '/redesign';

export async function versionRequests(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory();
  await using server = await startServerProcess([
    ...['--data', directory.path, '--empty', '--log-level', 'warn'],
  ]);
  const client = server.client(ADMIN);
  await makeListing(client);
  await redesign(client);
  const port = Number(new URL(server.url).port);
  const [{ url: document } = { url: '' }] = listingRows();
  const rows: BenchRow[] = [];
  for (const [name, url] of [
    ['page listing 50 objects', LISTING_PATH],
    ['an object as JSON', `${document}/@api`],
  ] as const) {
    const [outside, inside] = await perSecond(port, url);
    rows.push({
      name: `${name}, inside a version, ${CONNECTIONS} connections`,
      figure: `${Math.round(inside)}/s`,
      reference: `${Math.round(outside)}/s outside`,
      ratio: outside / inside,
      aim: '≤ 1.3 times the time',
    });
  }
  return rows;
}

async function redesign(client: Client): Promise<void> {
  const folder = path.posix.dirname(LISTING_PATH);
  const made = { type: 'Version', id: path.posix.basename(VERSION) };
  const source = LAYOUT.replace('Served from', 'Shown from');
  const operations = [
    { method: 'PATCH', path: '/layout/@api', body: { fields: { source } } },
    ...listingRows()
      .slice(0, CHANGED)
      .map(({ id, title }) => ({
        method: 'PATCH',
        path: `${folder}/${id}/@api`,
        body: { title: `${title}, again` },
      })),
  ];
  for (const page of [
    await client.json('POST', '/@api/contents', made),
    await client.json('POST', '/@api/batch', { operations }, { 'canopy-version': VERSION }),
  ]) {
    if (page.status >= 300) throw new Error(`The version was not made: ${page.text}`);
  }
}

/** How many requests a second are answered outside and inside the version. */
async function perSecond(
  port: number,
  url: string,
): Promise<readonly [outside: number, inside: number]> {
  const { name, password } = ADMIN;
  const headers = {
    Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
  };
  const requests = [
    rawRequest('GET', url, { headers }),
    rawRequest('GET', url, { headers: { ...headers, 'Canopy-Version': VERSION } }),
  ];
  const rates: number[][] = [[], []];
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [at, request] of requests.entries()) {
      const connections = Array.from({ length: CONNECTIONS }, () => [request]);
      const seconds = round === 0 ? WARM_SECONDS : ROUND_SECONDS;
      const { perSecond: rate } = await load({ port, seconds, connections });
      if (round > 0) rates[at]?.push(rate);
    }
  }
  const [outside = [], inside = []] = rates;
  return [median(outside), median(inside)];
}

await runAlone(import.meta.url, versionRequests);
