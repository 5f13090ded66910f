/** The languages a visitor asks for, as `Accept-Language` says (RFC 9110 §12.5.4). */

/** How many of them are looked at. */
const LANGUAGES_MAX = 20;
const LANGUAGE = /^\s*([a-z]{1,8}(?:-[a-z0-9]{1,8}){0,8})\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/i;

/** Reads `de-CH,de;q=0.9,en;q=0.8` into the languages, best first. What is none is passed over. */
export function languagesIn(header: string): readonly string[] {
  return header
    .split(',', LANGUAGES_MAX)
    .map((item) => {
      const [, tag = '', quality = '1'] = LANGUAGE.exec(item) ?? [];
      return { tag, quality: Number(quality) };
    })
    .filter(({ tag, quality }) => tag !== '' && quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag);
}
