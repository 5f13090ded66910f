/**
 * A million objects: filling a database with them, opening it, reading them cold, and the memory
 * that takes. Each step runs in a process of its own (`scale-process.ts`), so that nothing is warm
 * but the operating system's own cache, and the memory is its own.
 */
import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CACHE_OBJECTS_DEFAULT } from '../../odb/index.js';
import { temporaryDirectory } from '../support/temporary.js';
import { median, runAlone } from './measure.js';
import type { BenchRow } from './row.js';
import { OBJECTS, type ScaleSteps } from './scale-process.js';

const run = promisify(execFile);
const PROCESS = fileURLToPath(new URL('./scale-process.js', import.meta.url));
const OPENINGS = 7;
const SMALL_CACHE = 2_000;
const AIM_OPEN_MS = 100;
const AIM_BYTES = 250;
/** What is held after all objects, of what is held after half of them. */
const AIM_GROWTH = 1.1;

async function step<Name extends keyof ScaleSteps>(
  name: Name,
  directory: string,
  cacheObjects = CACHE_OBJECTS_DEFAULT,
): Promise<ScaleSteps[Name]> {
  const args = ['--expose-gc', PROCESS, name, directory, `${cacheObjects}`];
  const { stdout } = await run(process.execPath, args);
  // The process prints exactly that.
  return JSON.parse(stdout) as ScaleSteps[Name];
}

async function bytesIn(directory: string): Promise<number> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true });
  const sizes = files
    .filter((file) => file.isFile())
    .map(async (file) => (await stat(path.join(file.parentPath, file.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}

function memoryRow(
  cacheObjects: number,
  { halfHeldBytes, heldBytes, peakBytes }: ScaleSteps['walk'],
): BenchRow {
  return {
    name: `a million objects: held in memory when all were read, ${cacheObjects} cached`,
    figure: `${megabytes(heldBytes)} (peak of the process ${megabytes(peakBytes)})`,
    reference: `when half were read ${megabytes(halfHeldBytes)}`,
    ratio: heldBytes / halfHeldBytes,
    aim: `≤ ${AIM_GROWTH}`,
  };
}

/** Measures a database of a million objects. */
export async function scale(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory();
  const filled = await step('fill', directory.path);
  const openings: ScaleSteps['open'][] = [];
  for (let n = 0; n < OPENINGS; n += 1) openings.push(await step('open', directory.path));
  const bytes = (await bytesIn(directory.path)) / OBJECTS;
  const plainBytes = (await step('weigh', directory.path)).entryBytes / OBJECTS;
  const { loadMs, bareMs, loads } = await step('compare', directory.path);
  const small = await step('walk', directory.path, SMALL_CACHE);
  const usual = await step('walk', directory.path);
  const firstReadMs = median(openings.map((opened) => opened.firstReadMs));
  const openMs = median(openings.map((opened) => opened.openMs));
  const perSecond = (ms: number): number => Math.round((loads * 1_000) / ms);
  return [
    {
      name: 'a million objects: fill, 1,000 a transaction',
      figure: `${Math.round(OBJECTS / filled.seconds)} objects/s, peak ${megabytes(filled.peakBytes)}`,
      reference: '',
      aim: 'as many as can be',
    },
    {
      name: 'a million objects: open to first read, in a new process',
      figure: `${firstReadMs.toFixed(0)} ms, of which open ${openMs.toFixed(0)} ms`,
      reference: `aim ${AIM_OPEN_MS} ms`,
      ratio: AIM_OPEN_MS / firstReadMs,
      aim: '≥ 1',
    },
    {
      name: 'a million objects: bytes on disk an object, with its share of the map',
      figure: `${bytes.toFixed(0)} bytes`,
      reference: `keys and values ${plainBytes.toFixed(0)} before compression; aim ${AIM_BYTES}`,
      ratio: AIM_BYTES / bytes,
      aim: '≥ 1',
    },
    {
      name: 'a million objects: cold loads of 100,000 of them, random order',
      figure: `${perSecond(loadMs)} objects/s`,
      reference: `getSync from a snapshot ${perSecond(bareMs)}/s`,
      ratio: bareMs / loadMs,
      aim: '≥ 0.5',
    },
    {
      name: 'a million objects: read all, in key order',
      figure: `${Math.round(OBJECTS / usual.seconds)} objects/s`,
      reference: '',
      aim: 'as many as can be',
    },
    memoryRow(SMALL_CACHE, small),
    memoryRow(CACHE_OBJECTS_DEFAULT, usual),
  ];
}

await runAlone(import.meta.url, scale);
