/**
 * How the source editor looks: the tokens of the admin, so light and dark follow by themselves.
 *
 * The editor stands in a shadow root, where its rules are constructed style sheets: the strict
 * content-security policy of the admin allows those, and would not allow style elements.
 */
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const theme = EditorView.theme({
  '&': {
    color: 'var(--ink)',
    backgroundColor: 'var(--code-bg)',
    fontSize: 'var(--text-s)',
    blockSize: '100%',
    fontVariantLigatures: 'none',
  },
  '&.cm-focused': { outline: 'none' },
  '&.cm-focused::after': {
    content: '""',
    position: 'absolute',
    inset: '0',
    border: '2px solid var(--focus)',
    pointerEvents: 'none',
    zIndex: '300',
  },
  '.cm-scroller': { fontFamily: 'var(--font-code)', lineHeight: '1.5rem' },
  '.cm-content': { caretColor: 'var(--ink)', paddingBlock: 'var(--space-3)' },
  '.cm-line': { paddingInlineStart: 'var(--space-3)', paddingInlineEnd: 'var(--space-4)' },
  '.cm-cursor, .cm-dropCursor': {
    borderInlineStartColor: 'var(--ink)',
    borderInlineStartWidth: '2px',
  },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground':
    {
      background: 'var(--selection)',
    },
  '.cm-activeLine': { backgroundColor: 'var(--hover)' },
  '.cm-gutters': {
    backgroundColor: 'var(--code-bg)',
    color: 'var(--ink-3)',
    border: '0',
    fontSize: 'var(--text-xs)',
  },
  '.cm-activeLineGutter': { backgroundColor: 'var(--hover)', color: 'var(--ink)' },
  '.cm-lineNumbers .cm-gutterElement': { paddingInline: '0.9rem 0.6rem', minInlineSize: '3.2rem' },
  '.cm-edited-gutter': { inlineSize: '3px' },
  '.cm-edited-line': { backgroundColor: 'var(--change-line)', blockSize: '100%' },
  '&.cm-focused .cm-matchingBracket': {
    backgroundColor: 'var(--accent-soft)',
    outline: '1px solid var(--accent-line)',
  },
  '&.cm-focused .cm-nonmatchingBracket': {
    backgroundColor: 'var(--remove-soft)',
  },
  '.cm-selectionMatch': { backgroundColor: 'var(--accent-soft)' },
  '.cm-searchMatch': { backgroundColor: 'var(--change-mark)', outline: '0' },
  '.cm-searchMatch-selected': { outline: '2px solid var(--change-line)' },
  '.cm-specialChar': { color: 'var(--remove-ink)' },
  '.cm-foldPlaceholder': {
    backgroundColor: 'var(--sunken)',
    border: '1px solid var(--line)',
    color: 'var(--ink-2)',
  },
  '.cm-error-line': { backgroundColor: 'var(--remove-soft)' },
  '.cm-error-number': { color: 'var(--remove-ink)', fontWeight: '700' },
  '.cm-lintRange, .cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--remove-line)',
    textDecorationSkipInk: 'none',
    textUnderlineOffset: '0.25em',
  },
  '.cm-lintPoint::after, .cm-lintPoint-error::after': { borderBottomColor: 'var(--remove-line)' },
  '.cm-diagnostic': {
    fontFamily: 'var(--font-ui)',
    padding: 'var(--space-3) var(--space-4)',
    borderInlineStart: '3px solid var(--remove-line)',
    margin: '0',
  },
  '.cm-lint-marker': { inlineSize: '0.6rem', blockSize: '0.6rem', borderRadius: '50%' },
  '.cm-lint-marker-error': { content: 'normal', backgroundColor: 'var(--danger)' },
  '.cm-where': { display: 'grid', gap: 'var(--space-2)', padding: 'var(--space-3) var(--space-4)' },
  '.cm-where p': { margin: '0' },
  '.cm-where a': { color: 'var(--accent-ink)' },
  '.cm-panels': {
    backgroundColor: 'var(--canvas)',
    color: 'var(--ink)',
    fontFamily: 'var(--font-ui)',
    borderColor: 'var(--line)',
  },
  '.cm-panels.cm-panels-bottom': { borderTop: '1px solid var(--line)' },
  '.cm-panel.cm-search': { padding: 'var(--space-3) var(--space-4)', fontSize: 'var(--text-s)' },
  '.cm-panel.cm-search label': { fontSize: 'var(--text-xs)' },
  '.cm-panel.cm-search [name=close]': { fontSize: 'var(--text-l)', inlineSize: '1.5rem' },
  '.cm-textfield': {
    border: '1px solid var(--line-control)',
    borderRadius: 'var(--radius)',
    background: 'var(--raised)',
    color: 'var(--ink)',
    fontSize: 'var(--text-s)',
    padding: '0.2rem 0.5rem',
  },
  '.cm-button': {
    border: '1px solid var(--line)',
    borderRadius: 'var(--radius)',
    background: 'var(--raised)',
    backgroundImage: 'none',
    color: 'var(--ink)',
    fontSize: 'var(--text-xs)',
    padding: '0.2rem 0.6rem',
    '&:active': { backgroundImage: 'none', backgroundColor: 'var(--press)' },
  },
  '.cm-textfield:focus-visible, .cm-button:focus-visible, .cm-search :focus-visible': {
    outline: '2px solid var(--focus)',
    outlineOffset: '1px',
  },
  '.cm-tooltip': {
    border: '1px solid var(--line)',
    borderRadius: 'var(--radius)',
    backgroundColor: 'var(--raised)',
    color: 'var(--ink)',
    boxShadow: 'var(--shadow-2)',
    fontFamily: 'var(--font-ui)',
    fontSize: 'var(--text-s)',
    lineHeight: '1.4',
    maxInlineSize: 'min(34rem, 90vw)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'var(--font-ui)',
    padding: 'var(--space-2)',
    maxBlockSize: '16rem',
    minInlineSize: 'min(24rem, 80vw)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': {
    display: 'flex',
    gap: '0.5rem',
    alignItems: 'center',
    padding: '0.25rem var(--space-3)',
    borderRadius: 'var(--radius-s)',
    color: 'var(--ink)',
  },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    background: 'var(--selected)',
    color: 'var(--ink)',
    boxShadow: 'inset 2px 0 0 var(--accent)',
  },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
  '.cm-completionDetail': {
    fontStyle: 'normal',
    fontSize: 'var(--text-xs)',
    color: 'var(--ink-2)',
  },
  '.cm-origin': {
    marginInlineStart: 'auto',
    fontSize: 'var(--text-xs)',
    color: 'var(--ink-2)',
    padding: '0 0.4rem',
    borderRadius: 'var(--radius-full)',
    border: '1px solid var(--line)',
    whiteSpace: 'nowrap',
  },
  '.cm-origin--above': { border: '1px dashed var(--line-control)' },
  '.t-kw, .t-kw span': { color: 'var(--code-keyword)' },
  '.t-name, .t-name span': { color: 'var(--code-name)' },
  '.t-attr, .t-attr span': { color: 'var(--code-attr)' },
  '.t-str, .t-str span': { color: 'var(--code-string)' },
  '.t-com, .t-com span': { color: 'var(--code-comment)', fontStyle: 'italic' },
});

const highlight = HighlightStyle.define([
  { tag: [tags.tagName, tags.angleBracket, tags.className], color: 'var(--code-tag)' },
  { tag: [tags.attributeName, tags.propertyName], color: 'var(--code-attr)' },
  {
    tag: [tags.string, tags.attributeValue, tags.monospace, tags.url],
    color: 'var(--code-string)',
  },
  { tag: [tags.variableName, tags.labelName, tags.link], color: 'var(--code-name)' },
  {
    tag: [tags.keyword, tags.operatorKeyword, tags.atom, tags.number, tags.bool, tags.unit],
    color: 'var(--code-keyword)',
  },
  { tag: [tags.comment, tags.meta], color: 'var(--code-comment)', fontStyle: 'italic' },
  { tag: tags.heading, color: 'var(--code-keyword)', fontWeight: '600' },
  { tag: tags.strong, fontWeight: '700' },
  { tag: tags.emphasis, fontStyle: 'italic' },
  { tag: tags.strikethrough, textDecoration: 'line-through' },
  { tag: tags.invalid, color: 'var(--remove-ink)' },
]);

/** Everything about how the editor looks. */
export const sourceTheme: Extension = [theme, syntaxHighlighting(highlight)];
