/**
 * Taking active content out of HTML.
 *
 * What is left shows text, pictures and links, and runs nothing: no scripts, no styles that could
 * cover the page, no forms, no frames, no addresses but those of the web and of mail. What is stored
 * stays as written; this is done to what is shown, each time. The library loads when first used.
 *
 * In what it gives, `<` and `>` stand around tags and nowhere else, attribute values included.
 */
import { createRequire } from 'node:module';
import type { Attributes, IOptions, Tag } from 'sanitize-html';

const require = createRequire(import.meta.url);
let library: ((html: string, options: IOptions) => string) | undefined;

const TAGS = [
  'address article aside footer header h1 h2 h3 h4 h5 h6 hgroup main nav section search',
  'blockquote dd div dl dt figcaption figure hr li ol p pre ul a abbr b bdi bdo br cite',
  'code data dfn em i kbd mark q rb rp rt rtc ruby s samp small span strong sub sup time',
  'u var wbr caption col colgroup table tbody td tfoot th thead tr del ins img picture',
  'source details summary html head body title',
].flatMap((line) => line.split(' '));

/** What may be linked to inside a page. */
const WITH_ID = 'h1 h2 h3 h4 h5 h6 section li p dt figure table tr'.split(' ');

const OPTIONS: IOptions = {
  allowedTags: TAGS,
  allowedAttributes: {
    '*': ['class', 'dir', 'lang', 'title', 'role', 'aria-*', 'hidden'],
    a: ['href', 'hreflang', 'rel', 'name', 'download'],
    img: ['src', 'srcset', 'sizes', 'alt', 'width', 'height', 'loading', 'decoding'],
    source: ['src', 'srcset', 'sizes', 'media', 'type', 'width', 'height'],
    ol: ['start', 'reversed', 'type'],
    li: ['value'],
    td: ['colspan', 'rowspan', 'headers'],
    th: ['colspan', 'rowspan', 'headers', 'scope', 'abbr'],
    col: ['span'],
    colgroup: ['span'],
    time: ['datetime'],
    data: ['value'],
    details: ['open'],
    blockquote: ['cite'],
    q: ['cite'],
    del: ['datetime', 'cite'],
    ins: ['datetime', 'cite'],
    html: ['lang', 'dir'],
    ...Object.fromEntries(WITH_ID.map((tag) => [tag, ['id']])),
  },
  allowedSchemes: ['http', 'https', 'mailto', 'tel'],
  allowedSchemesByTag: { img: ['http', 'https'], source: ['http', 'https'] },
  allowedSchemesAppliedToAttributes: ['href', 'src', 'cite', 'srcset'],
  allowProtocolRelative: true,
  disallowedTagsMode: 'discard',
  transformTags: { img: withPlainSrcset, source: withPlainSrcset },
  nonTextTags: ['script', 'style', 'textarea', 'option', 'noscript', 'template', 'xmp', 'iframe'],
  enforceHtmlBoundary: false,
  parser: { decodeEntities: true },
};

/** A picture's address, and a width, a height or a density. */
const CANDIDATE = /^[^\s()]*(?:\s+\d{1,6}(?:\.\d{1,3})?[wxh])?$/;

/** A list of pictures that is none is left out: the library tells the console of it, at length. */
function withPlainSrcset(tagName: string, attribs: Attributes): Tag {
  const isPlain = (attribs['srcset'] ?? '')
    .split(',')
    .every((candidate) => CANDIDATE.test(candidate.trim()));
  if (isPlain) return { tagName, attribs };
  const { srcset: _, ...others } = attribs;
  return { tagName, attribs: others };
}

/** What is lost, in words, by the elements and attributes that are taken out; the rest is `other elements`. */
const LOST_WORDS: readonly (readonly [string, RegExp])[] = [
  ['its document type', /^!doctype$/],
  ['scripts', /^(script|noscript)$|\[on.+\]$/],
  ['styles', /^style$|\[style\]$/],
  ['links and meta data of its head', /^(link|meta|base)$/],
  ['forms', /^(form|input|button|select|option|optgroup|textarea|label|fieldset|legend|output)$/],
  ['frames', /^(iframe|frame|frameset|object|embed|portal)$/],
  ['some attributes', /\[.+\]$/],
];

/** Lists what HTML loses when it is sanitized, in words. Costs some three times as much as that. */
export function lostParts(html: string): readonly string[] {
  const kept = partsOf(sanitizeHtml(html));
  const lost = [...partsOf(html)].filter(([part, count]) => count > (kept.get(part) ?? 0));
  const words = new Set(
    lost.map(([part]) => LOST_WORDS.find(([, is]) => is.test(part))?.[0] ?? 'other elements'),
  );
  const inOrder = [...LOST_WORDS.map(([word]) => word), 'other elements'];
  return inOrder.filter((word) => words.has(word));
}

/** Counts elements, as `form`, and their attributes, as `a[href]`; without empty ones, and of what stays alone. */
function partsOf(html: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const count = (part: string): void => void found.set(part, (found.get(part) ?? 0) + 1);
  if (/<!doctype\b/i.test(html)) count('!doctype');
  library ??= require('sanitize-html') as (html: string, options: IOptions) => string;
  library(html, {
    ...OPTIONS,
    allowedTags: false,
    allowedAttributes: false,
    allowVulnerableTags: true,
    transformTags: {
      '*': (tagName, attribs) => {
        count(tagName);
        if (TAGS.includes(tagName)) {
          for (const [name, value] of Object.entries(attribs)) {
            if (value !== '') count(`${tagName}[${name}]`);
          }
        }
        return { tagName, attribs };
      },
    },
  });
  return found;
}

/** Elements that do not part the words before them from those behind. */
const INLINE = new Set(
  'a abbr b bdi bdo cite code del dfn em i ins kbd mark q s samp small span strong sub sup u wbr'.split(
    ' ',
  ),
);
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

/** Gives the text of HTML as people read it, in one line. */
export function textOfHtml(html: string): string {
  library ??= require('sanitize-html') as (html: string, options: IOptions) => string;
  const parted = html.replace(/<\/?([a-z][a-z0-9]*)/gi, (tag, name: string) =>
    INLINE.has(name.toLowerCase()) ? tag : ` ${tag}`,
  );
  return library(parted, { ...OPTIONS, allowedTags: [], allowedAttributes: {}, transformTags: {} })
    .replace(/&(amp|lt|gt|quot);/g, (_, name: string) => ENTITIES[name] ?? '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Gives the HTML without what could act in a visitor's browser. Costs about a millisecond a 10 kB. */
export function sanitizeHtml(html: string): string {
  library ??= require('sanitize-html') as (html: string, options: IOptions) => string;
  return library(html, OPTIONS);
}
