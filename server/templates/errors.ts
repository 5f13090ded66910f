/**
 * What goes wrong in templates.
 *
 * A helper throws a `TemplateFault`, which knows no place. The innermost template that it leaves
 * makes a `TemplateError` of it, with the place of what was being done; outer templates let that
 * pass. Errors of other rooms that have a code (a denial, a conflict, a failed statement) pass as
 * they are, so that whoever answers the request can still tell them apart.
 */
import { TemplateError } from '../errors.js';

export type TemplateErrorCode =
  /** The source is not a template; told when it is saved. */
  | 'SRV_TEMPLATE_SYNTAX'
  /** A name that must be there finds nothing, or nothing that fits. */
  | 'SRV_TEMPLATE_NAME'
  /** A helper was given what it cannot use. */
  | 'SRV_TEMPLATE_VALUE'
  /** Past `STEPS_MAX`. */
  | 'SRV_TEMPLATE_STEPS'
  /** Past `DEPTH_MAX`: usually a template that calls itself. */
  | 'SRV_TEMPLATE_DEPTH'
  /** A text, a page or a list past its bound. */
  | 'SRV_TEMPLATE_SIZE'
  /** `{{raise}}` with a type of the author's own. */
  | 'SRV_TEMPLATE_RAISED'
  /** Something else failed inside; `cause` has it. */
  | 'SRV_TEMPLATE_FAILED';

/** A place in a source. Lines and columns are counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What `{{raise}}` throws for a type that the site does not know: the author's own. */
export class RaisedError extends TemplateError {
  /** What `{{#try types=…}}` calls it. */
  readonly type: string;

  constructor(type: string, fault: TemplateFault, place: Place) {
    super(fault.message, { ...place, code: fault.code });
    this.type = type;
  }
}

/** Where in which template. */
export interface Place extends Position {
  readonly path: string;
}

/** Gives a fault its place. */
export function placed(fault: TemplateFault, { path, line, column }: Place): TemplateError {
  const { message, code, cause } = fault;
  if (code === 'SRV_TEMPLATE_RAISED')
    return new RaisedError(fault.type, fault, { path, line, column });
  return new TemplateError(message, { path, line, column, code, cause });
}

/** Names the type of an error that came from a template. */
export function typeOfError(error: TemplateError | TemplateFault): string {
  return error instanceof TemplateError && !(error instanceof RaisedError) ? TYPE : error.type;
}

const TYPE = 'TemplateError';

/** A failure whose place is known only to the template it happens in. */
export class TemplateFault extends Error {
  readonly code: TemplateErrorCode;
  readonly type: string;

  constructor(
    code: TemplateErrorCode,
    message: string,
    options: { readonly type?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TemplateFault';
    this.code = code;
    this.type = options.type ?? TYPE;
  }
}

/** The fault of a helper that cannot use what it was given. */
export function unusable(message: string): TemplateFault {
  return new TemplateFault('SRV_TEMPLATE_VALUE', message);
}

const BOUNDS: ReadonlySet<string> = new Set<TemplateErrorCode>([
  'SRV_TEMPLATE_STEPS',
  'SRV_TEMPLATE_DEPTH',
  'SRV_TEMPLATE_SIZE',
]);

/** Tells whether a template may catch `error`: what ends a render for going too far, it may not. */
export function isBoundError(error: unknown): boolean {
  return (
    (error instanceof TemplateError || error instanceof TemplateFault) && BOUNDS.has(error.code)
  );
}
