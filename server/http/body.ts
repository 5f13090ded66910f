/**
 * Reading what a request carries, within limits.
 *
 * Text that a door parses (JSON, form fields) stays in memory and is small; files go to the blob
 * store as they arrive and never into memory. Nothing is read before `planBody` was asked, so that
 * whoever may not send a large body is told before it is sent.
 */
import type { IncomingMessage } from 'node:http';
import type { Blobs } from '../../odb/index.js';
import { TooLarge } from '../errors.js';
import type { Envelope } from '../publisher/request.js';
import { readMultipart } from './multipart.js';

/** The largest body of JSON or form fields. */
export const TEXT_BYTES_MAX = 16 * 2 ** 20;
/** Above this, who sends it and whether they may is judged before the body is read. */
export const UNJUDGED_BYTES_MAX = 64 * 2 ** 10;

/** How a body is to be read. */
export interface BodyPlan {
  readonly kind: 'none' | 'text' | 'multipart' | 'raw';
  readonly bytesMax: number;
  /** As announced; infinite when it was not. */
  readonly sizeBytes: number;
}

/** The part of an envelope that comes from the body. */
export type BodyParts = Pick<Envelope, 'body' | 'parts' | 'upload'>;

interface Head {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const BODYLESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'TRACE']);
/** What follows is bytes of any type, not a text to be parsed. */
const RAW_PATH = /\/@api\/(data|import)\/?$/;

/** Decides how the body is to be read, from the request's head alone. */
export function planBody({ method, url, headers }: Head, maxUploadBytes: number): BodyPlan {
  const length = headers['content-length'];
  const chunked = headers['transfer-encoding'] !== undefined;
  const sizeBytes = chunked ? Number.POSITIVE_INFINITY : Number(length ?? 0);
  if (sizeBytes === 0 || BODYLESS.has(method)) {
    return { kind: 'none', bytesMax: 0, sizeBytes: 0 };
  }
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (RAW_PATH.test(url.split('?', 1)[0] ?? '')) {
    return { kind: 'raw', bytesMax: maxUploadBytes, sizeBytes };
  }
  if (type === 'multipart/form-data') {
    return { kind: 'multipart', bytesMax: maxUploadBytes, sizeBytes };
  }
  const text = type === '' || type === 'application/x-www-form-urlencoded' || /\bjson$/.test(type);
  return text
    ? { kind: 'text', bytesMax: Math.min(TEXT_BYTES_MAX, maxUploadBytes), sizeBytes }
    : { kind: 'raw', bytesMax: maxUploadBytes, sizeBytes };
}

/**
 * Reads the body as planned.
 * @throws TooLarge `SRV_TOO_LARGE` as soon as it is; the rest is left unread
 * @throws BadRequest `SRV_BAD_REQUEST` for a form that is not well-formed
 */
export async function readBody(
  request: IncomingMessage,
  plan: BodyPlan,
  blobs: Blobs,
): Promise<BodyParts> {
  if (plan.sizeBytes !== Number.POSITIVE_INFINITY && plan.sizeBytes > plan.bytesMax) {
    throw tooLarge(plan.bytesMax);
  }
  switch (plan.kind) {
    case 'none':
      return {};
    case 'multipart':
      return { parts: await readMultipart(request, { bytesMax: plan.bytesMax, blobs }) };
    case 'text':
      return { body: await readBytes(request, plan.bytesMax) };
    case 'raw':
      if (plan.sizeBytes <= UNJUDGED_BYTES_MAX) {
        return { body: await readBytes(request, plan.bytesMax) };
      }
      return { upload: await blobs.put(limited(request, plan.bytesMax)) };
    default:
      return plan.kind satisfies never;
  }
}

function tooLarge(bytesMax: number): TooLarge {
  return new TooLarge(`The body is larger than the ${bytesMax} bytes that are taken here`);
}

async function readBytes(request: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of limited(request, bytesMax)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Passes the body on; leaves the connection open when it stops, so that an answer can be sent. */
async function* limited(request: IncomingMessage, bytesMax: number): AsyncGenerator<Buffer> {
  let sizeBytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes: unknown = chunk;
    if (!(bytes instanceof Buffer)) continue;
    sizeBytes += bytes.length;
    if (sizeBytes > bytesMax) throw tooLarge(bytesMax);
    yield bytes;
  }
}
