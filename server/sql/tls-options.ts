/** What is asked of a server's certificate, as Node takes it. */
import { readFileSync } from 'node:fs';
import { checkServerIdentity, type ConnectionOptions, type PeerCertificate } from 'node:tls';
import type { ServerAddress } from './connection-url.js';
import { DataError } from './data-error.js';

/**
 * Gives the options of an encrypted connection; `undefined` where none is asked for.
 * @throws DataError `settings` when the file with the trusted certificates cannot be read
 */
export function tlsOptions({
  tls,
  authorities,
  host,
}: Pick<ServerAddress, 'tls' | 'authorities' | 'host'>): ConnectionOptions | undefined {
  if (tls === 'disable') return undefined;
  const trusted = authorities === undefined ? {} : { ca: readAuthorities(authorities) };
  const isTrusting = tls === 'require';
  return {
    ...trusted,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: !isTrusting,
    checkServerIdentity: (_name: string, certificate: PeerCertificate) =>
      tls === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
  };
}

function readAuthorities(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new DataError('settings', 'The file of trusted certificates cannot be read.', { cause });
  }
}
