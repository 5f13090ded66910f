/**
 * A page that lists 50 objects, from a template, uncached: 16 connections, against the same page by
 * precompiled Handlebars in bare Express.
 *
 * Rounds on both servers take turns, so that whatever else the machine does meets both alike.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Credentials } from '../support/client.js';
import { ADMIN, startServerProcess } from '../support/server.js';
import { temporaryDirectory } from '../support/temporary.js';
import { LISTING_PATH, makeListing } from './listing-site.js';
import { load, rawRequest } from './load.js';
import type { LoadResult } from './load-client.js';
import { median, runAlone } from './measure.js';
import type { BenchRow } from './row.js';

const CONNECTIONS = 16;
/** The admin's listing of the folder that holds the documents. */
const SCREEN_PATH = `${path.posix.dirname(LISTING_PATH)}/@manage/contents`;
const ROUNDS = 5;
const ROUND_SECONDS = 3;
const WARM_SECONDS = 3;

export async function pages(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory();
  await using server = await startServerProcess([
    '--data',
    directory.path,
    '--empty',
    '--log-level',
    'warn',
  ]);
  const client = server.client(ADMIN);
  await makeListing(client);
  const port = Number(new URL(server.url).port);
  await using reference = await startReference();
  await requireSamePage(server.url, reference.url);

  const listing = rawRequest('GET', LISTING_PATH);
  const screen = rawRequest('GET', SCREEN_PATH, { headers: { Authorization: basic(ADMIN) } });
  await loadPage(port, listing, WARM_SECONDS);
  await loadPage(port, screen, WARM_SECONDS);
  await loadPage(reference.port, listing, WARM_SECONDS);
  const ours: LoadResult[] = [];
  const screens: LoadResult[] = [];
  const plain: LoadResult[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    plain.push(await loadPage(reference.port, listing, ROUND_SECONDS));
    ours.push(await loadPage(port, listing, ROUND_SECONDS));
    screens.push(await loadPage(port, screen, ROUND_SECONDS));
  }
  const screenRate = median(screens.map(({ perSecond }) => perSecond));
  const rate = median(ours.map(({ perSecond }) => perSecond));
  const plainRate = median(plain.map(({ perSecond }) => perSecond));
  const p99Ms = median(ours.map((round) => round.p99Ms));
  return [
    {
      name: '(a) page listing 50 objects, 16 connections',
      figure: `${Math.round(rate)}/s, p99 ${p99Ms.toFixed(1)} ms`,
      reference: `${Math.round(plainRate)}/s, Handlebars in bare Express`,
      ratio: rate / plainRate,
      aim: '≥ 0.6, p99 < 20 ms',
    },
    {
      name: '(g) the admin’s listing of 50 objects, 16 connections',
      figure: `${Math.round(screenRate)}/s`,
      reference: `${Math.round(plainRate)}/s, the same reference`,
      ratio: screenRate / plainRate,
      aim: '≥ 0.2',
    },
  ];
}

function basic({ name, password }: Credentials): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}

function loadPage(port: number, request: string, seconds: number): Promise<LoadResult> {
  const connections = Array.from({ length: CONNECTIONS }, () => [request]);
  return load({ port, seconds, connections });
}

interface Reference extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
}

async function startReference(): Promise<Reference> {
  const file = fileURLToPath(new URL('./reference-server.js', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [file], {
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new TypeError('The reference server has no output');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    port: Number(line),
    url: `http://127.0.0.1:${line}/`,
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Both servers must do the same work for the ratio to mean anything. */
async function requireSamePage(ours: string, plain: string): Promise<void> {
  const [one, other] = await Promise.all(
    [ours, plain].map(async (base) => (await fetch(new URL(LISTING_PATH, base))).text()),
  );
  if (one !== other) throw new Error(`The pages differ:\n${one}\n---\n${other}`);
}

await runAlone(import.meta.url, pages);
