/**
 * Assets: the files that plugins bring for browsers, served at `/@assets/HASH/NAME`.
 *
 * HASH is the plugin's own, made from its files' contents, so a URL never changes its meaning and
 * browsers may keep what it gave for ever. Only files that were there when the server started are
 * found, by name and without a look at the disk, so no path can lead out of the folders.
 */
import { readdirSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { AssetFolder } from '../plugin.js';
import type { Answer } from '../publisher/response.js';

export const ASSETS_PATH = '/@assets/';
/** Compressed files are kept in memory, up to this many bytes together. */
const KEPT_BYTES_MAX = 4 * 2 ** 20;
const COMPRESSED_BYTES_MIN = 1024;

/** What browsers are told; a file of another kind is no asset. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.gif': 'image/gif',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

const compress = promisify(gzip);

interface Asset {
  readonly file: string;
  readonly contentType: string;
}

export class Assets {
  readonly #files = new Map<string, Asset>();
  readonly #compressed = new Map<string, Buffer>();
  #keptBytes = 0;

  /** Finds the files of all folders. Of two with one name, that of the first folder counts. */
  constructor(folders: readonly AssetFolder[]) {
    for (const { directory, prefix = '' } of folders) {
      for (const [name, asset] of assetsIn(directory)) {
        if (!this.#files.has(prefix + name)) this.#files.set(prefix + name, asset);
      }
    }
  }

  /**
   * Answers a request for an asset; `undefined` when there is none at that URL.
   *
   * @param urlPath as in the request line, without the query; begins with `ASSETS_PATH`
   * @param acceptEncoding the request's header of that name
   */
  async answer(urlPath: string, acceptEncoding: string): Promise<Answer | undefined> {
    const [, ...rest] = urlPath.slice(ASSETS_PATH.length).split('/');
    const asset = this.#files.get(rest.join('/'));
    if (asset === undefined) return undefined;
    const { mtimeMs, size } = await stat(asset.file);
    const version = `${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}`;
    const gzipped = /\bgzip\b/.test(acceptEncoding) && isText(asset) && size > COMPRESSED_BYTES_MIN;
    const headers = [
      ['Content-Type', asset.contentType],
      ['Cache-Control', 'public, max-age=31536000, immutable'],
      ['Vary', 'Accept-Encoding'],
      ['ETag', `"${version}${gzipped ? '-gz' : ''}"`],
    ] as const;
    if (!gzipped) return { status: 200, headers, body: await readFile(asset.file) };
    const body = await this.#gzipped(asset.file, version);
    return { status: 200, headers: [...headers, ['Content-Encoding', 'gzip']], body };
  }

  async #gzipped(file: string, version: string): Promise<Buffer> {
    const key = `${version} ${file}`;
    const kept = this.#compressed.get(key);
    if (kept !== undefined) return kept;
    const bytes = await compress(await readFile(file));
    if (this.#keptBytes + bytes.length <= KEPT_BYTES_MAX && !this.#compressed.has(key)) {
      this.#compressed.set(key, bytes);
      this.#keptBytes += bytes.length;
    }
    return bytes;
  }
}

function assetsIn(directory: string): readonly (readonly [name: string, asset: Asset])[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const contentType = CONTENT_TYPES[path.extname(entry.name)];
    if (contentType === undefined || !entry.isFile()) return [];
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(directory, file).split(path.sep).join('/');
    return [[name, { file, contentType }] as const];
  });
}

function isText({ contentType }: Asset): boolean {
  return /^text\/|json|svg/.test(contentType);
}
