/**
 * Durable updates through the JSON interface: 8 clients, each changing the titles of its own
 * documents, one transaction a request. An answer means that the change is on disk.
 */
import { ADMIN, startServerProcess } from '../support/server.js';
import { temporaryDirectory } from '../support/temporary.js';
import { listingRows, makeListing } from './listing-site.js';
import { load, rawRequest } from './load.js';
import type { LoadResult } from './load-client.js';
import { median, runAlone } from './measure.js';
import type { BenchRow } from './row.js';

const CLIENTS = 8;
const ROUNDS = 5;
const ROUND_SECONDS = 3;
const WARM_SECONDS = 3;
/** Requests that a client sends before it begins again: no two in a row with one title. */
const TITLES = 7;

export async function updates(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory();
  await using server = await startServerProcess([
    '--data',
    directory.path,
    '--empty',
    '--log-level',
    'warn',
  ]);
  await makeListing(server.client(ADMIN));
  const port = Number(new URL(server.url).port);
  const connections = Array.from({ length: CLIENTS }, (_, client) => requestsOf(client));
  await load({ port, seconds: WARM_SECONDS, connections });
  const rounds: LoadResult[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.push(await load({ port, seconds: ROUND_SECONDS, connections }));
  }
  const rate = median(rounds.map(({ perSecond }) => perSecond));
  const p99Ms = median(rounds.map((round) => round.p99Ms));
  return [
    {
      name: '(d) durable JSON updates, 8 clients',
      figure: `${Math.round(rate)}/s, p99 ${p99Ms.toFixed(1)} ms`,
      reference: '',
      aim: '≥ 1,500/s',
    },
  ];
}

/** Every client has documents of its own and gives each a new title every time. */
function requestsOf(client: number): readonly string[] {
  const own = listingRows().filter((_, index) => index % CLIENTS === client);
  const authorization = Buffer.from(`${ADMIN.name}:${ADMIN.password}`).toString('base64');
  const headers = {
    Authorization: `Basic ${authorization}`,
    'Content-Type': 'application/json',
  };
  return Array.from({ length: own.length * TITLES }, (_, turn) => {
    const path = `${own[turn % own.length]?.url ?? ''}/@api`;
    const body = JSON.stringify({ title: `Title ${turn} of client ${client}` });
    return rawRequest('PATCH', path, { headers, body });
  });
}

await runAlone(import.meta.url, updates);
