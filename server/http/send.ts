/**
 * Sending an answer: preconditions, `HEAD`, ranges, and files straight from the blob store.
 *
 * Headers leave as they were given, with what every answer has: `X-Content-Type-Options` and the
 * length. A file is never read into memory whole, unless it is small.
 */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Blobs } from '../../odb/index.js';
import type { Answer, AnswerBlob } from '../publisher/response.js';
import { evaluateConditions, ifRangeHolds } from './conditional.js';
import { type ByteRange, parseRange } from './ranges.js';

/** Files up to this size are read whole: one read and one write are faster than a stream. */
const WHOLE_BYTES_MAX = 64 * 2 ** 10;

/** Headers that a 304 repeats (RFC 9110 §15.4.5), beside those that set cookies. */
const NOT_MODIFIED_HEADERS: ReadonlySet<string> = new Set([
  'cache-control',
  'content-location',
  'content-security-policy',
  'etag',
  'expires',
  'last-modified',
  'set-cookie',
  'vary',
]);

const NO_SNIFFING = 'X-Content-Type-Options';

export interface SendOptions {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly blobs: Blobs;
  /** The bytes of an answer that is made while it is sent; the first of them are there. */
  readonly source?: AsyncIterable<Uint8Array> | undefined;
  /** The connection is not to be used again after this answer. */
  readonly last: boolean;
}

/** What was sent, for the log. */
export interface Sent {
  readonly status: number;
  readonly sizeBytes: number;
}

/**
 * Sends an answer. Resolves when the last byte was handed to the system.
 * @throws when a file cannot be read; the connection is then cut if headers were sent already
 */
export async function sendAnswer(answer: Answer, options: SendOptions): Promise<Sent> {
  const { request } = options;
  const safe = request.method === 'GET' || request.method === 'HEAD';
  if (safe && answer.status === 200) {
    const condition = evaluateConditions(request.headers as Headers, validatorsOf(answer));
    if (condition === 'not-modified') return sendHead(304, notModifiedHeaders(answer), options);
    if (condition === 'precondition-failed') return sendHead(412, [], options);
    if (answer.blob !== undefined) return sendBlob(answer, answer.blob, options);
  } else if (answer.blob !== undefined) {
    return sendParts(answer, answer.blob, undefined, options);
  }
  if (options.source !== undefined) return sendSource(answer, options.source, options);
  return sendBody(answer, options);
}

type Headers = Readonly<Record<string, string | undefined>>;
type HeaderPairs = readonly (readonly [string, string])[];

function sendBody(answer: Answer, options: SendOptions): Sent {
  const { body = '' } = answer;
  const sizeBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  const bodyless = answer.status === 204 || answer.status === 304;
  const head = flatHeaders(answer.headers, bodyless ? undefined : sizeBytes, options);
  const { request, response } = options;
  response.writeHead(answer.status, head);
  if (request.method === 'HEAD' || bodyless || sizeBytes === 0) response.end();
  else response.end(body);
  return { status: answer.status, sizeBytes };
}

function sendHead(status: number, headers: HeaderPairs, options: SendOptions): Sent {
  return sendBody({ status, headers }, options);
}

async function sendBlob(answer: Answer, blob: AnswerBlob, options: SendOptions): Promise<Sent> {
  const { headers } = options.request;
  const accepting = {
    ...answer,
    headers: [...answer.headers, ['Accept-Ranges', 'bytes'] as const],
  };
  const asked = headers.range;
  if (asked === undefined || options.request.method !== 'GET') {
    return sendParts(accepting, blob, undefined, options);
  }
  const holds = ifRangeHolds(headers['if-range']?.toString(), validatorsOf(answer));
  const range = holds ? parseRange(asked, blob.sizeBytes) : { kind: 'whole' as const };
  switch (range.kind) {
    case 'whole':
      return sendParts(accepting, blob, undefined, options);
    case 'unsatisfiable':
      return sendHead(416, [['Content-Range', `bytes */${blob.sizeBytes}`]], options);
    case 'parts':
      return range.parts.length === 1
        ? sendParts(accepting, blob, range.parts[0], options)
        : sendMultipart(accepting, blob, range.parts, options);
    default:
      return range satisfies never;
  }
}

/** Sends a file, or one part of it. */
async function sendParts(
  answer: Answer,
  blob: AnswerBlob,
  part: ByteRange | undefined,
  options: SendOptions,
): Promise<Sent> {
  const { request, response, blobs } = options;
  const sizeBytes = part === undefined ? blob.sizeBytes : part.end - part.start + 1;
  const status = part === undefined ? answer.status : 206;
  const headers =
    part === undefined
      ? answer.headers
      : [...answer.headers, ['Content-Range', contentRange(part, blob.sizeBytes)] as const];
  const file = blobs.path(blob.sha256);
  if (request.method === 'HEAD' || sizeBytes === 0) {
    response.writeHead(status, flatHeaders(headers, sizeBytes, options)).end();
  } else if (blob.sizeBytes <= WHOLE_BYTES_MAX) {
    const bytes = await readFile(file);
    const sent = part === undefined ? bytes : bytes.subarray(part.start, part.end + 1);
    response.writeHead(status, flatHeaders(headers, sizeBytes, options)).end(sent);
  } else {
    await stream(response, () => {
      response.writeHead(status, flatHeaders(headers, sizeBytes, options));
      return createReadStream(file, part);
    });
  }
  return { status, sizeBytes };
}

/** Sends what is made meanwhile. Where that fails in the middle, the connection is cut. */
async function sendSource(
  answer: Answer,
  source: AsyncIterable<Uint8Array>,
  options: SendOptions,
): Promise<Sent> {
  const { response } = options;
  const { status } = answer;
  let sizeBytes = 0;
  response.writeHead(status, flatHeaders(answer.headers, undefined, options));
  await stream(response, async function* () {
    for await (const bytes of source) {
      sizeBytes += bytes.byteLength;
      yield bytes;
    }
  });
  return { status, sizeBytes };
}

async function sendMultipart(
  answer: Answer,
  blob: AnswerBlob,
  parts: readonly ByteRange[],
  options: SendOptions,
): Promise<Sent> {
  const { response, blobs } = options;
  const boundary = `part-${blob.sha256.slice(0, 24)}`;
  const heads = parts.map((part) =>
    Buffer.from(
      `\r\n--${boundary}\r\nContent-Type: ${blob.contentType}\r\n` +
        `Content-Range: ${contentRange(part, blob.sizeBytes)}\r\n\r\n`,
    ),
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  let sizeBytes = tail.length;
  for (const head of heads) sizeBytes += head.length;
  for (const { start, end } of parts) sizeBytes += end - start + 1;
  const headers = [
    ...answer.headers.filter(([name]) => name.toLowerCase() !== 'content-type'),
    ['Content-Type', `multipart/byteranges; boundary=${boundary}`] as const,
  ];
  const file = blobs.path(blob.sha256);
  response.writeHead(206, flatHeaders(headers, sizeBytes, options));
  await stream(response, async function* () {
    for (const [at, part] of parts.entries()) {
      yield heads[at];
      yield* createReadStream(file, part);
    }
    yield tail;
  });
  return { status: 206, sizeBytes };
}

/** Streams into the response; a visitor who leaves in the middle is no error. */
async function stream(
  response: ServerResponse,
  source: () => AsyncIterable<unknown>,
): Promise<void> {
  try {
    await pipeline(source, response);
  } catch (error) {
    const left = error instanceof Error && 'code' in error && LEFT_CODES.has(String(error.code));
    if (!left) throw error;
  }
}

const LEFT_CODES: ReadonlySet<string> = new Set([
  'ERR_STREAM_PREMATURE_CLOSE',
  'ECONNRESET',
  'EPIPE',
]);

function contentRange({ start, end }: ByteRange, sizeBytes: number): string {
  return `bytes ${start}-${end}/${sizeBytes}`;
}

function flatHeaders(
  headers: HeaderPairs,
  sizeBytes: number | undefined,
  { last }: SendOptions,
): string[] {
  const flat: string[] = [];
  for (const [name, value] of headers) {
    if (name !== NO_SNIFFING) flat.push(name, value);
  }
  flat.push(NO_SNIFFING, 'nosniff');
  if (sizeBytes !== undefined) flat.push('Content-Length', String(sizeBytes));
  if (last) flat.push('Connection', 'close');
  return flat;
}

function notModifiedHeaders(answer: Answer): HeaderPairs {
  return answer.headers.filter(([name]) => NOT_MODIFIED_HEADERS.has(name.toLowerCase()));
}

function validatorsOf(answer: Answer): {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
} {
  let etag: string | undefined;
  let lastModified: string | undefined;
  for (const [name, value] of answer.headers) {
    if (name === 'ETag') etag = value;
    else if (name === 'Last-Modified') lastModified = value;
  }
  return { etag, lastModified };
}
