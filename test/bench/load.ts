/**
 * Load on a server: runs the load client in a process of its own and gives what it saw.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LoadOrder, LoadResult } from './load-client.js';

const run = promisify(execFile);
const CLIENT = fileURLToPath(new URL('./load-client.js', import.meta.url));

/** Puts a load on a server and waits until it is over. */
export async function load(order: LoadOrder): Promise<LoadResult> {
  const { stdout } = await run(process.execPath, [CLIENT, JSON.stringify(order)]);
  // The client prints exactly that.
  const result = JSON.parse(stdout) as LoadResult;
  if (result.failed > 0) {
    throw new Error(`${result.failed} answers were no success, such as\n${result.failure}`);
  }
  return result;
}

/** Writes a request as it goes over the wire. */
export function rawRequest(
  method: string,
  path: string,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {},
): string {
  const { headers = {}, body } = options;
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'User-Agent: bench',
    'Accept: */*',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}
