/** The room's door: the template language of sites. */
export {
  DEPTH_MAX,
  LIST_MAX,
  NESTING_MAX,
  RANGE_MAX,
  SET_NAMES_MAX,
  STEPS_MAX,
  TEXT_MAX,
} from './bounds.js';
export { TemplateCache } from './cache.js';
export { checkSyntax, type SyntaxMessage } from './compiler.js';
export { isBoundError, RaisedError, TemplateFault, type TemplateErrorCode } from './errors.js';
export type { Frame, Instruction } from './frame.js';
export { escapeHtml, Html } from './html.js';
export {
  Language,
  type BlockOptions,
  type BlockPart,
  type Form,
  type Helper,
  type HelperCall,
} from './language.js';
export { PAGE_LANGUAGE, TEXT_LANGUAGE } from './languages.js';
export { Renderer, type RendererOptions } from './renderer.js';
export { Tainted, isTainted, taint, untaint } from './taint.js';
export {
  ListItem,
  type CallArguments,
  type Executable,
  type Method,
  type RenderOptions,
  type RequestData,
  type ResponseControls,
  type SearchAnswer,
  type TemplateCode,
  type TemplateWorld,
} from './world.js';
