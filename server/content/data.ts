/**
 * Data: what an object holds as a whole, as text or as bytes.
 *
 * Editors, WebDAV and FTP read and write it as a file. A source is text; a file's bytes lie in the
 * blob store under their SHA-256, and an object only names them.
 */
import mime from 'mime-types';

/** The bytes of a file, by name. */
export interface BlobReference {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** The type of bytes nobody said anything about. */
export const UNKNOWN_CONTENT_TYPE = 'application/octet-stream';

const MEDIA_TYPE =
  /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;\s*[\w!#$&^.+-]+=(?:[\w!#$&^.+-]+|"[^"\r\n]*"))*$/;

/** Says why a text is no media type; `undefined` when it is one. */
export function refuseContentType(contentType: string): string | undefined {
  return MEDIA_TYPE.test(contentType) ? undefined : 'A media type is expected, as in image/png';
}

/**
 * Says why what the server writes cannot be sent as a type; `undefined` when it can. It is written in
 * UTF-8 and in one piece, and no browser may take it for anything else: what is harmless in one
 * encoding is a script in another.
 */
export function refuseTextType(contentType: string): string | undefined {
  const refusal = refuseContentType(contentType);
  if (refusal !== undefined) return refusal;
  if (contentType.includes('"')) return 'Parameters are written without quotes here';
  if (/^multipart\//i.test(contentType)) return 'What a template gives is one piece';
  const odd = [...contentType.matchAll(/;\s*charset=([^;\s]*)/gi)].some(
    ([, charset = '']) => charset.toLowerCase() !== 'utf-8',
  );
  return odd ? 'What a template gives is sent in UTF-8' : undefined;
}

/**
 * Gives a type that `refuseTextType` lets pass, with a charset where it is of markup: no browser is
 * to guess one.
 */
export function inUtf8(contentType: string): string {
  const isGiven = /;\s*charset=/i.test(contentType);
  return isActive(contentType) && !isGiven ? `${contentType}; charset=utf-8` : contentType;
}

/** Guesses the media type of a file from its name; text is UTF-8. */
export function contentTypeOf(filename: string): string {
  return mime.contentType(mime.lookup(filename) || UNKNOWN_CONTENT_TYPE) || UNKNOWN_CONTENT_TYPE;
}

/** Gives the media type alone, in lower case, without its parameters. */
export function mediaType(contentType: string): string {
  return contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Tells whether a browser would run what is in bytes of that type: markup with scripts. */
export function isActive(contentType: string): boolean {
  const type = mediaType(contentType);
  return /^(text\/(html|xml|xsl)|application\/(xml|xhtml\+xml|.*\+xml|x-shockwave-flash)|image\/svg\+xml|multipart\/.+|message\/.+)$/.test(
    type,
  );
}
