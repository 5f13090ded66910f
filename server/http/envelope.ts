/**
 * From Node's request to an envelope: who sent it, and by which address they know us.
 *
 * What a proxy says about the visitor is believed only from an address the operator named;
 * anybody else could say it too.
 */
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Envelope } from '../publisher/request.js';

/** An envelope before its body was read. */
export type EnvelopeHead = Omit<Envelope, 'attempt' | 'body' | 'parts' | 'upload' | 'preflight'>;

/** Reads everything but the body; `undefined` when the request's `Host` cannot be one. */
export function readEnvelopeHead(
  request: IncomingMessage,
  trustedProxies: ReadonlySet<string>,
): EnvelopeHead | undefined {
  const headers = plainHeaders(request);
  const peer = plainAddress(request.socket.remoteAddress ?? '');
  const behindProxy = trustedProxies.has(peer);
  const scheme = behindProxy ? lastOf(headers['x-forwarded-proto']) : undefined;
  const named = behindProxy ? lastOf(headers['x-forwarded-host']) : undefined;
  const host = named ?? headers['host'] ?? localHost(request);
  if (!/^[\w.\-:[\]]+$/.test(host)) return undefined;
  const encrypted = (request.socket as Partial<TLSSocket>).encrypted === true;
  const own = encrypted ? 'https' : 'http';
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers,
    remoteAddress: behindProxy ? visitorAddress(headers, peer, trustedProxies) : peer,
    origin: `${scheme === 'https' || scheme === 'http' ? scheme : own}://${host.toLowerCase()}`,
  };
}

function plainHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  const given = request.headers;
  for (const name in given) {
    const value = given[name];
    if (typeof value === 'string') headers[name] = value;
    else if (value !== undefined) headers[name] = value.join(', ');
  }
  return headers;
}

/** Each proxy adds the address it heard from at the end, so the list is read from there. */
function visitorAddress(
  headers: Readonly<Record<string, string>>,
  peer: string,
  trusted: ReadonlySet<string>,
): string {
  const hops = (headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((hop) => plainAddress(hop.trim()))
    .filter((hop) => hop !== '');
  return hops.findLast((hop) => !trusted.has(hop)) ?? hops[0] ?? peer;
}

/** An IPv4 address as IPv6 sockets show it, and as everybody writes it, are one address. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}

function lastOf(list: string | undefined): string | undefined {
  return list?.split(',').at(-1)?.trim().toLowerCase();
}

function localHost(request: IncomingMessage): string {
  const { localAddress = '127.0.0.1', localPort = 80 } = request.socket;
  const address = plainAddress(localAddress);
  return `${address.includes(':') ? `[${address}]` : address}:${localPort}`;
}
