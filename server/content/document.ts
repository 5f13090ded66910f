/**
 * Documents: texts for people, in Markdown or HTML, shown in a layout that is acquired from above.
 *
 * A document is shown as `{{#> LAYOUT}}` with its text as the partial block: the layout is called on
 * the document, within what the document's authors may do. What is stored stays as it was written;
 * what is shown is sanitized where an author may not write active content.
 */
import { acquire, type Context } from '../../acquisition/index.js';
import type { Policy } from '../security/policy.js';
import { Response } from '../publisher/response.js';
import { Html } from '../templates/index.js';
import type { ContentType } from './content-type.js';
import { Executable } from './executable.js';
import { refuseId } from './ids.js';
import { markdownToHtml } from './markdown.js';
import { renderTemplate } from './rendering.js';
import { sanitizeHtml } from './sanitize.js';
import { Template, templateCode } from './template.js';
import type { PageRequest } from './work.js';

const FORMATS = ['markdown', 'html'] as const;

export type DocumentFormat = (typeof FORMATS)[number];

export class Document extends Executable {
  static {
    this.define('canopy.Document', { format: 'markdown', layout: 'layout' });
  }

  declare format: DocumentFormat;
  /** Name of the template to be acquired; `''`: the text stands alone. */
  declare layout: string;

  get type(): string {
    return 'Document';
  }

  protected override field(name: string): unknown {
    return name === 'source' || name === 'format' || name === 'layout'
      ? this[name]
      : super.field(name);
  }
}

export const documentType: ContentType<Document> = {
  name: 'Document',
  title: 'Document',
  icon: 'document',
  description: 'A text in Markdown or HTML, shown in the layout of its surroundings.',
  class: Document,
  addPermission: 'Add Documents',
  changePermission: 'Change Documents',
  executable: true,
  sourceField: 'source',
  data: 'source',
  fields: [
    { name: 'source', label: 'Text', kind: 'source', default: '' },
    { name: 'format', label: 'Format', kind: 'choice', choices: FORMATS, default: 'markdown' },
    {
      name: 'layout',
      label: 'Layout',
      kind: 'text',
      help: 'Name of a template, acquired from above. Empty: the text stands alone.',
      default: 'layout',
    },
  ],

  validate({ layout }) {
    const refusal = typeof layout === 'string' && layout !== '' ? refuseId(layout) : undefined;
    return refusal === undefined ? [] : [{ field: 'fields.layout', message: refusal }];
  },

  read: ({ source, format, layout }) => ({ source, format, layout }),

  apply(document, values) {
    const { source, format, layout } = values;
    if (typeof source === 'string') document.source = source;
    if (typeof layout === 'string') document.layout = layout;
    document.format = FORMATS.find((known) => known === format) ?? document.format;
  },

  html: (document, field) => (field === 'source' ? htmlOf(document) : undefined),
  page: showDocument,
};

/** Gives a document's text as HTML that may be shown: sanitized, where its authors ask for it. */
export function documentHtml(document: Document, policy: Policy): string {
  const html = htmlOf(document);
  return policy.mayActive(document) ? html : sanitizeHtml(html);
}

function htmlOf({ source, format }: Document): string {
  return format === 'markdown' ? markdownToHtml(source) : source;
}

function showDocument(document: Document, request: PageRequest, context: Context): Response {
  const { policy } = request;
  const html = documentHtml(document, policy);
  const layout = document.layout === '' ? undefined : findLayout(context, document.layout);
  if (layout === undefined) return Response.html(html);
  return policy.run(document, () => {
    policy.require('View', layout);
    const { contentType } = layout;
    const code = templateCode(layout, request);
    return renderTemplate(request, { code, contentType }, context, { block: new Html(html) });
  });
}

/** A partial's name finds templates only: whatever else is called so is passed over. */
function findLayout(context: Context, name: string): Template | undefined {
  const found = acquire(context, name, { filter: (value) => value instanceof Template });
  return found?.value instanceof Template ? found.value : undefined;
}
