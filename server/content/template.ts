/**
 * Templates: pages, parts of pages and layouts in the template language.
 *
 * A template is called on the object it was reached from: `/news/page` renders `page` with `/news`
 * as its context, wherever the template itself lies. Its syntax is checked when it is saved.
 */
import { checkSyntax, PAGE_LANGUAGE, type TemplateCode } from '../templates/index.js';
import type { ContentType } from './content-type.js';
import { refuseTextType } from './data.js';
import { Executable } from './executable.js';
import { renderTemplate } from './rendering.js';
import type { Work } from './work.js';

export class Template extends Executable {
  static {
    this.define('canopy.Template', { contentType: 'text/html; charset=utf-8', strict: false });
  }

  declare contentType: string;
  /** A name that finds nothing is an error. */
  declare strict: boolean;

  get type(): string {
    return 'Template';
  }
}

export const templateType: ContentType<Template> = {
  name: 'Template',
  title: 'Template',
  icon: 'template',
  description: 'A page, a layout or a part of one, with names that are acquired.',
  class: Template,
  addPermission: 'Add Templates',
  changePermission: 'Change Templates',
  executable: true,
  method: true,
  protectedFields: true,
  sourceField: 'source',
  data: 'source',
  fields: [
    { name: 'source', label: 'Source', kind: 'source', default: '' },
    {
      name: 'contentType',
      label: 'Media type',
      kind: 'text',
      help: 'What a browser is told that it gets.',
      default: 'text/html; charset=utf-8',
    },
    {
      name: 'strict',
      label: 'Strict',
      kind: 'boolean',
      help: 'A name that finds nothing is an error, instead of nothing.',
      default: false,
    },
  ],

  validate(values) {
    const { source, contentType } = values;
    const errors = [];
    if (typeof source === 'string') {
      for (const { message, line, column } of checkSyntax(source, PAGE_LANGUAGE)) {
        errors.push({ field: 'fields.source', message, line, column });
      }
    }
    const refusal = typeof contentType === 'string' ? refuseTextType(contentType) : undefined;
    if (refusal !== undefined) errors.push({ field: 'fields.contentType', message: refusal });
    return errors;
  },

  read: ({ source, contentType, strict }) => ({ source, contentType, strict }),

  apply(template, values) {
    const { source, contentType, strict } = values;
    if (typeof source === 'string') template.source = source;
    if (typeof contentType === 'string') template.contentType = contentType;
    if (typeof strict === 'boolean') template.strict = strict;
  },

  callable: templateCode,

  page(template, request, context) {
    const code = templateCode(template, request);
    return renderTemplate(request, { code, contentType: template.contentType }, context);
  },
};

/** Gives a template as the engine takes it. */
export function templateCode(template: Template, work: Work): TemplateCode {
  const { path, source, strict } = template;
  return {
    kind: 'template',
    object: template,
    key: codeKey(template, work),
    path,
    source,
    strict,
  };
}

/** Gives what the compiled source of an executable is kept by: it stands for this source for ever. */
export function codeKey(executable: Executable, { connection }: Work): string {
  const { oid, tid, path, source } = executable;
  // What is not saved yet has no revision to be known by, so its source has to do.
  const revision = connection.changed.has(executable) ? `changed:${source}` : String(tid);
  return `${oid}@${revision}@${path}`;
}
